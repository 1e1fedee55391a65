import ArgumentParser
import Audit
import Base
import Foundation
import Lakehouse
import TableModel

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look at what was done, and check that nobody altered the record.",
        discussion: """
            Events are recorded where callers must show who they are, or with the setting audit.mode = on. The same
            can be asked by SQL: SELECT * FROM system.audit.

            Examples:
              tarn audit verify
              tarn audit tail
              tarn audit search --user ann@example.com --action DELETE --since 2026-01-01
            """,
        subcommands: [
            AuditVerifyCommand.self, AuditTailCommand.self, AuditSearchCommand.self, AuditFlushCommand.self,
            AuditBenchCommand.self,
        ])
}

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Find any line that was removed, changed, doubled or reordered.",
        discussion: """
            Reads every line, of the table and of journals, and follows each chain of hashes. Exit status 1 if anything
            is wrong. Keep the output of --json elsewhere: with --heads it later shows that not even one who could
            rewrite everything has done so.

            Examples:
              tarn audit verify
              tarn audit verify --json > heads-of-today.json
              tarn audit verify --heads heads-of-last-month.json
              tarn audit verify --from 2026-06-01
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Option(help: ArgumentHelp("Only lines from this time on (UTC).", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("An earlier report whose heads must still be there.", valueName: "file"))
    var heads: String?

    func run() async throws {
        let anchors = try heads.map { path in
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw TarnError(.notFound, "There is no file \(path).")
            }
            guard let report = try? JSONValue.parse(bytes) else {
                throw TarnError(.invalidInput, "\(path) holds no JSON.")
            }
            return try AuditAnchor.all(inReport: report)
        }
        let start = try from.map { try AuditTimes.microseconds($0) }
        let lake = try options.openLakehouse()
        let report = try await lake.audit.verify(from: start, anchors: anchors ?? [])
        await lake.close()
        if output.isJSON {
            printJSON(report.json)
        } else {
            for finding in report.findings {
                print("\(finding.problem.rawValue): \(finding.message)")
            }
            let journals =
                report.journalLineCount > 0 ? ", \(report.journalLineCount) of them in journals" : ""
            print(
                "\(report.isWhole ? "whole" : "ALTERED"): \(report.lineCount) lines of \(report.chainCount) chains\(journals)"
            )
        }
        if !report.isWhole { throw ExitCode(1) }
    }
}

/// Times as people write them.
enum AuditTimes {
    static func microseconds(_ text: String) throws -> Int64 {
        if let micros = CalendarText.microseconds(text) { return micros }
        throw TarnError(
            .invalidInput, "'\(text)' is no time; write 2026-01-31 or '2026-01-31 12:00:00'.")
    }
}

private let listColumns = [
    "time", "principal", "action", "object_name", "outcome", "door", "client_address", "details",
]

extension AsyncParsableCommand {
    fileprivate func printEvents(
        _ options: HomeOptions, where conditions: [String], limit: Int, asJSON: Bool
    ) async throws {
        let lake = try options.openLakehouse()
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let newest = "SELECT * FROM system.audit\(filter) ORDER BY time DESC, sequence DESC LIMIT \(limit)"
        let rows = try await lake.unrecordedRows(
            "SELECT \(listColumns.joined(separator: ", ")) FROM (\(newest)) ORDER BY time, sequence")
        await lake.close()
        try printList(
            listColumns,
            rows.map { row in
                listColumns.map { row[$0].flatMap { $0.isNull ? nil : $0.string ?? $0.jsonText } }
            },
            asJSON: asJSON)
    }
}

struct AuditTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest events.",
        discussion: """
            Example:
              tarn audit tail -n 50
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Option(name: [.customShort("n"), .long], help: "So many at most.") var limit = 20

    func run() async throws {
        try await printEvents(options, where: [], limit: max(0, limit), asJSON: output.isJSON)
    }
}

struct AuditSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Show the events that meet all conditions.",
        discussion: """
            Examples:
              tarn audit search --user ann@example.com --since 2026-06-01
              tarn audit search --object main.sales.orders --action DELETE
              tarn audit search --outcome PERMISSION_DENIED --json
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Option(help: ArgumentHelp("Who did it.", valueName: "name")) var user: String?
    @Option(help: ArgumentHelp("To what: a full name, or a part of it.", valueName: "name"))
    var object: String?
    @Option(help: ArgumentHelp("What: SELECT, getTable, ...", valueName: "action")) var action: String?
    @Option(help: ArgumentHelp("OK, or the code of an error.", valueName: "code")) var outcome: String?
    @Option(help: ArgumentHelp("From this time on (UTC).", valueName: "time")) var since: String?
    @Option(help: "So many at most, the newest.") var limit = 1_000

    func run() async throws {
        var conditions: [String] = []
        if let user { conditions.append("lower(principal) = lower(\(quoteLiteral(user)))") }
        if let object { conditions.append("contains(lower(object_name), lower(\(quoteLiteral(object))))") }
        if let action { conditions.append("lower(action) = lower(\(quoteLiteral(action)))") }
        if let outcome { conditions.append("upper(outcome) = upper(\(quoteLiteral(outcome)))") }
        if let since {
            let start = try AuditTimes.microseconds(since)
            conditions.append("time >= make_timestamptz(\(start))")
            conditions.append("date >= make_timestamptz(\(start))::DATE - 1")
        }
        try await printEvents(options, where: conditions, limit: max(0, limit), asJSON: output.isJSON)
    }
}

struct AuditFlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Move the journals of ended processes into the table now.",
        discussion: """
            A server does so by itself.

            Example:
              tarn audit flush
            """)

    @OptionGroup var options: HomeOptions

    func run() async throws {
        let lake = try options.openLakehouse()
        try await lake.audit.flush()
        await lake.close()
    }
}

/// Records made-up events at a rate, for benchmarks/audit.py.
struct AuditBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Record made-up events at a rate.", shouldDisplay: false)

    @OptionGroup var options: HomeOptions
    @Option(help: "Events a second.") var rate = 20_000
    @Option(help: "Seconds.") var seconds = 5

    func run() async throws {
        let lake = Lakehouse(
            home: try options.existingHome(), settings: try options.settings(), purpose: .server,
            warn: printWarning)
        let report = try await lake.benchAudit(rate: max(1, rate), seconds: max(1, seconds))
        await lake.close()
        let after = try options.openLakehouse()
        let whole = try await after.audit.verify()
        var json = report
        json["verified"] = .bool(whole.isWhole)
        json["lines"] = .int(whole.lineCount)
        print(JSONValue.object(json).jsonText)
    }
}
