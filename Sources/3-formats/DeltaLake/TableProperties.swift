package import Base

/// The table properties that Tarn acts on, with their defaults.
///
/// Delta protocol, "Table Properties"; names and defaults as in Delta's documentation.
package struct TableProperties: Sendable {
    private let values: [String: String]

    package init(_ configuration: [String: String]) { values = configuration }

    /// Rows may be added, never changed or removed.
    ///
    /// Default false.
    package var isAppendOnly: Bool { values["delta.appendOnly"]?.lowercased() == "true" }

    /// What concurrent writers may notice of each other (`delta.isolationLevel`).
    ///
    /// Default `WriteSerializable`.
    package var isolationLevel: IsolationLevel {
        values["delta.isolationLevel"].flatMap(IsolationLevel.init(ignoringCase:)) ?? .writeSerializable
    }

    /// A checkpoint is due every so many versions.
    ///
    /// Default 100, as delta-rs has it: a hundred small commits are read faster than a checkpoint is written.
    package var checkpointInterval: Int64 {
        guard let value = number("delta.checkpointInterval"), value > 0 else { return 100 }
        return value
    }

    /// How long log files are kept before a checkpoint makes them superfluous.
    ///
    /// Default 30 days.
    package var logRetentionMilliseconds: Int64 {
        interval("delta.logRetentionDuration") ?? 30 * Self.day
    }

    /// How long a removed file stays known and on disk.
    ///
    /// Default 7 days.
    package var deletedFileRetentionMilliseconds: Int64 {
        interval("delta.deletedFileRetentionDuration") ?? 7 * Self.day
    }

    /// How long an application's transaction is remembered; `nil` is for ever, the default.
    package var setTransactionRetentionMilliseconds: Int64? {
        interval("delta.setTransactionRetentionDuration")
    }

    /// How long a feature must be off before its history may be removed with it.
    ///
    /// Default 24 hours.
    package var dropFeatureRetentionMilliseconds: Int64 {
        interval("delta.dropFeatureTruncateHistory.retentionDuration") ?? Self.day
    }

    /// Whether old log files go when a checkpoint is written.
    ///
    /// Default true.
    package var enablesExpiredLogCleanup: Bool {
        values["delta.enableExpiredLogCleanup"]?.lowercased() != "false"
    }

    /// Statistics are taken of the first so many columns; -1 is all.
    ///
    /// Default 32.
    package var indexedColumnCount: Int { number("delta.dataSkippingNumIndexedCols").map(Int.init) ?? 32 }

    /// The columns to take statistics of; takes the place of the count.
    package var statisticsColumns: [String]? {
        values["delta.dataSkippingStatsColumns"].map(Self.columnList)
    }

    private func number(_ name: String) -> Int64? {
        values[name].flatMap { Int64($0.trimmed) }
    }

    private func interval(_ name: String) -> Int64? {
        values[name].flatMap { try? Self.parseInterval($0, property: name) }
    }

    // MARK: Checking

    /// Refuses what a property cannot be, before it gets into the log.
    ///
    /// - Throws: `.invalidInput` naming the property; unknown properties pass.
    package static func check(_ configuration: [String: String]) throws(TarnError) {
        for (name, value) in configuration.sorted(by: { $0.key < $1.key }) {
            let isValid: Bool
            switch name {
            case "delta.appendOnly", "delta.enableExpiredLogCleanup", "delta.enableChangeDataFeed",
                "delta.enableDeletionVectors", "delta.enableRowTracking", "delta.enableTypeWidening",
                "delta.enableInCommitTimestamps", "delta.randomizeFilePrefixes":
                isValid = ["true", "false"].contains(value.lowercased())
            case "delta.columnMapping.mode":
                isValid = ["none", "name", "id"].contains(value.lowercased())
            case "delta.checkpointPolicy": isValid = ["classic", "v2"].contains(value.lowercased())
            case "delta.isolationLevel": isValid = IsolationLevel(ignoringCase: value) != nil
            case "delta.checkpointInterval": isValid = (Int64(value.trimmed) ?? 0) > 0
            case "delta.dataSkippingNumIndexedCols": isValid = (Int64(value.trimmed) ?? -2) >= -1
            case "delta.logRetentionDuration", "delta.deletedFileRetentionDuration",
                "delta.setTransactionRetentionDuration":
                _ = try parseInterval(value, property: name)
                isValid = true
            default: isValid = true
            }
            if !isValid {
                throw TarnError(
                    .invalidInput, "The table property \(name) cannot be '\(value)'.",
                    context: [("property", name)])
            }
        }
    }

    private static let day: Int64 = 86_400_000

    /// Milliseconds of a text such as `interval 7 days` or `interval 1 week 2 hours`.
    ///
    /// - Throws: `.invalidInput` for months and years, whose length varies, and for anything else.
    package static func parseInterval(_ text: String, property: String) throws(TarnError) -> Int64 {
        var words = text.lowercased().split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        if words.first == "interval" { words.removeFirst() }
        var total: Int64 = 0
        var isValid = !words.isEmpty && words.count % 2 == 0
        for index in stride(from: 0, to: words.count - 1, by: 2) where isValid {
            guard let count = Int64(words[index]), let unit = milliseconds(of: words[index + 1]) else {
                isValid = false
                break
            }
            let (part, tooBig) = count.multipliedReportingOverflow(by: unit)
            let (sum, overflow) = total.addingReportingOverflow(part)
            isValid = !tooBig && !overflow
            total = isValid ? sum : 0
        }
        if !isValid || total < 0 {
            throw TarnError(
                .invalidInput,
                "The table property \(property) cannot be '\(text)'. Write it like 'interval 7 days'.",
                context: [("property", property)])
        }
        return total
    }

    private static func milliseconds(of unit: String) -> Int64? {
        switch unit.hasSuffix("s") ? String(unit.dropLast()) : unit {
        case "millisecond": 1
        case "second": 1000
        case "minute": 60_000
        case "hour": 3_600_000
        case "day": day
        case "week": 7 * day
        default: nil
        }
    }

    /// `a, b.c, ``odd,name``` to its parts.
    static func columnList(_ text: String) -> [String] {
        var names: [String] = []
        var name = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "`":
                isQuoted.toggle()
                name.append(character)
            case "," where !isQuoted:
                names.append(name.trimmed)
                name = ""
            default: name.append(character)
            }
        }
        names.append(name.trimmed)
        return names.filter { !$0.isEmpty }
    }
}

extension String {
    /// Without spaces around it.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
