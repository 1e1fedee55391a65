import Base
import Engine
import Foundation
import LakehouseTesting
import Query
import Testing

@Suite("SQL cases")
struct SQLCaseTests {
    struct Case: Sendable {
        let line: Int
        let sql: String
        let verb: String
        let argument: String
        let lines: [String]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("SQLCases")

    @Test(
        "Every statement does what its file says",
        arguments: [
            "basics", "versions", "types", "pruning", "errors", "show", "files", "delete", "merge", "vacuum",
            "alter", "optimize",
            "restore", "replace", "changes", "features", "functions", "system", "objects", "tags",
        ])
    func file(_ name: String) async throws {
        let script = try String(
            contentsOf: Self.folder.appendingPathComponent(name + ".sql"), encoding: .utf8)
        let lake = try await TestLake()
        let cases = Self.cases(script.replacing("${DIR}", with: lake.folder.path))
        #expect(cases.count > 5)
        var context = QueryContext(localFiles: true)
        for item in cases { await run(item, in: lake, &context, "\(name).sql:\(item.line)") }
    }

    /// A case ends at an empty line after its expectation.
    static func cases(_ script: String) -> [Case] {
        var found: [Case] = []
        var sql: [String] = []
        var start = 0
        var expectation: (verb: String, argument: String, lines: [String])?
        for (number, line) in (script + "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if let open = expectation {
                if line.isEmpty {
                    found.append(
                        Case(
                            line: start, sql: sql.joined(separator: "\n"), verb: open.verb,
                            argument: open.argument,
                            lines: open.lines))
                    expectation = nil
                    sql = []
                } else {
                    expectation?.lines.append(String(line))
                }
            } else if line.hasPrefix("---- ") {
                let words = line.dropFirst(5).split(separator: " ", maxSplits: 1)
                expectation = (String(words[0]), words.count > 1 ? String(words[1]) : "", [])
            } else if !line.hasPrefix("#"), !line.isEmpty {
                if sql.isEmpty { start = number + 1 }
                sql.append(String(line))
            }
        }
        return found
    }

    private func run(_ item: Case, in lake: TestLake, _ context: inout QueryContext, _ place: String) async {
        let comment = Comment(rawValue: "\(place): \(item.sql)")
        do {
            let result = try await lake.query.run(item.sql, context: context)
            context.apply(result)
            let rows = try await result.jsonRows().map { JSONValue.array($0).jsonText }
            switch item.verb {
            case "ok": break
            case "rows": #expect(rows == item.lines, comment)
            case "sorted": #expect(rows.sorted() == item.lines.sorted(), comment)
            case "columns":
                let columns = result.columns.map { "\($0.name) \($0.type.name)" }.joined(separator: ", ")
                #expect(columns == item.lines.joined(), comment)
            case "message":
                #expect(result.message?.contains(item.argument) == true, "\(place): \(result.message ?? "")")
            case "metrics":
                let wanted = try JSONValue.parse(item.argument).object?.members ?? []
                for (name, value) in wanted {
                    #expect(
                        result.metrics[name] == value,
                        "\(place): \(JSONValue.object(result.metrics).jsonText)")
                }
            case "files":
                let facts = result.facts
                #expect(
                    "\(facts.filesScanned) of \(facts.filesScanned + facts.filesPruned)" == item.argument,
                    comment)
                #expect(rows.sorted() == item.lines.sorted(), comment)
            default: Issue.record("\(place): it should fail with \(item.argument)")
            }
        } catch let error as TarnError {
            let words = item.argument.split(separator: " ", maxSplits: 1).map(String.init)
            let isExpected =
                item.verb == "error" && words.first == error.code.rawValue
                && (words.count < 2 || error.message.contains(words[1]))
            #expect(isExpected, "\(place): \(item.sql)\n\(error)")
        } catch {
            Issue.record("\(place): \(error) is no TarnError")
        }
    }
}
