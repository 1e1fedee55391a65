/// What a file in `_delta_log` is, by its name.
///
/// ```swift
/// LogFileName("00000000000000000007.json") == .commit(7)
/// LogFileName.checkpoint(10).text == "00000000000000000010.checkpoint.parquet"
/// ```
///
/// Delta protocol, "File Types". Temporary, staged and unknown files are `other`: readers pass them over.
package enum LogFileName: Hashable, Sendable {
    case commit(Int64)
    /// The actions of several commits in one file; both ends belong to it.
    case compacted(from: Int64, to: Int64)
    /// A whole checkpoint in one Parquet file.
    case checkpoint(Int64)
    /// One part of a checkpoint; parts count from 1.
    case checkpointPart(Int64, part: Int, of: Int)
    /// A checkpoint of the second kind: its id is a UUID, its form JSON or Parquet.
    case checkpointV2(Int64, id: String, isJSON: Bool)
    /// The version checksum, `.crc`.
    case checksum(Int64)
    case lastCheckpoint
    case other

    package init(_ name: String) {
        var name = name
        self = name.withUTF8 { Self.parse($0) }
    }

    /// The version that the file belongs to; the last one of a compacted file.
    package var version: Int64? {
        switch self {
        case .commit(let version), .checkpoint(let version), .checksum(let version): version
        case .compacted(_, let to): to
        case .checkpointPart(let version, _, _), .checkpointV2(let version, _, _): version
        case .lastCheckpoint, .other: nil
        }
    }

    package var isCheckpoint: Bool {
        switch self {
        case .checkpoint, .checkpointPart, .checkpointV2: true
        default: false
        }
    }

    /// The file's name; empty for `other`.
    package var text: String {
        switch self {
        case .commit(let version): "\(Self.digits(version)).json"
        case .compacted(let from, let to): "\(Self.digits(from)).\(Self.digits(to)).compacted.json"
        case .checkpoint(let version): "\(Self.digits(version)).checkpoint.parquet"
        case .checkpointPart(let version, let part, let count):
            "\(Self.digits(version)).checkpoint.\(Self.digits(Int64(part), width: 10))"
                + ".\(Self.digits(Int64(count), width: 10)).parquet"
        case .checkpointV2(let version, let id, let isJSON):
            "\(Self.digits(version)).checkpoint.\(id).\(isJSON ? "json" : "parquet")"
        case .checksum(let version): "\(Self.digits(version)).crc"
        case .lastCheckpoint: "_last_checkpoint"
        case .other: ""
        }
    }

    /// Lists from here to see everything of `version` and later: no such name sorts before it.
    package static func listingStart(version: Int64) -> String { digits(version) }

    private static func digits(_ value: Int64, width: Int = 20) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> LogFileName {
        func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
            range.count == text.utf8CodeUnitCount
                && range.allSatisfy { bytes[$0] == text.utf8Start[$0 - range.lowerBound] }
        }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for index in range {
                let digit = bytes[index] &- 0x30
                if digit > 9 { return nil }
                let (scaled, tooBig) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflow) = scaled.addingReportingOverflow(Int64(digit))
                if tooBig || overflow { return nil }
                value = sum
            }
            return value
        }
        let count = bytes.count
        if equals(0..<count, "_last_checkpoint") { return .lastCheckpoint }
        guard count > 20, let version = number(0..<20) else { return .other }
        let rest = 20..<count
        if equals(rest, ".json") { return .commit(version) }
        if equals(rest, ".crc") { return .checksum(version) }
        if equals(rest, ".checkpoint.parquet") { return .checkpoint(version) }
        if count == 56, bytes[20] == UInt8(ascii: "."), equals(41..<count, ".compacted.json") {
            guard let to = number(21..<41), to >= version else { return .other }
            return .compacted(from: version, to: to)
        }
        guard count > 32, equals(20..<32, ".checkpoint.") else { return .other }
        let parquet = equals(max(32, count - 8)..<count, ".parquet")
        let json = equals(max(32, count - 5)..<count, ".json")
        if parquet, count == 61, bytes[42] == UInt8(ascii: "."), let part = number(32..<42),
            let parts = number(43..<53)
        {
            guard part >= 1, part <= parts else { return .other }
            return .checkpointPart(version, part: Int(part), of: Int(parts))
        }
        guard parquet || json else { return .other }
        let id = bytes[32..<count - (json ? 5 : 8)]
        // A UUID: 36 hexadecimal digits and dashes.
        guard id.count == 36, !id.contains(UInt8(ascii: ".")) else { return .other }
        return .checkpointV2(version, id: String(decoding: id, as: UTF8.self), isJSON: json)
    }
}
