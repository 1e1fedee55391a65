package import Base
import Foundation
package import Logging

/// Writes log messages to standard error: a line for people, or a JSON object a line for machines.
///
/// Each message is one write, so that lines of several processes do not mix.
package struct StandardErrorLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String
    private let writesJSON: Bool
    private let time: any TimeSource
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - label: Who logs.
    ///   - level: Messages below it are dropped.
    ///   - writesJSON: JSON instead of text.
    ///   - time: Stamps the messages.
    ///   - write: Takes a line with its line feed.
    package init(
        label: String, level: Logger.Level, writesJSON: Bool, time: any TimeSource = SystemTimeSource(),
        write: @escaping @Sendable ([UInt8]) -> Void = StandardErrorLog.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.writesJSON = writesJSON
        self.time = time
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let stamp = Self.timestamp(time.nowMilliseconds())
        var line: [UInt8]
        if writesJSON {
            var object: JSONObject = [
                "time": .string(stamp), "level": .string(event.level.rawValue), "source": .string(label),
                "message": .string("\(event.message)"),
            ]
            for (key, value) in all { object[key] = .string("\(value)") }
            line = JSONValue.object(object).jsonBytes
        } else {
            let facts = all.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
            let level = event.level.rawValue.uppercased()
            line = Array("\(stamp) \(level) \(event.message)\(facts)".replacing("\n", with: "\\n").utf8)
        }
        line.append(0x0A)
        write(line)
    }

    private static func quoted(_ value: String) -> String {
        value.contains { $0 == " " || $0 == "\"" || $0.isNewline }
            ? JSONValue.string(value).jsonText : value
    }

    /// `2026-11-24T12:00:00.123Z`.
    private static func timestamp(_ milliseconds: Int64) -> String {
        let whole = Date(timeIntervalSince1970: Double(milliseconds / 1000)).ISO8601Format()
        return whole.dropLast() + "." + String(1000 + milliseconds % 1000).dropFirst() + "Z"
    }

    @Sendable package static func writeToStandardError(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Foundation.write(
                    STDERR_FILENO, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                if count < 0, errno != EINTR { return }
                sent += max(0, count)
            }
        }
    }
}
