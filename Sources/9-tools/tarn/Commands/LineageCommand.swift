import ArgumentParser
import Base
import Catalog
import Lakehouse
import Lineage

struct LineageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Show what data comes from, what it goes to, and what would break.",
        discussion: """
            Recorded from every statement, training set and materialisation, and from OpenLineage's events.

            Examples:
              tarn lineage upstream totals
              tarn lineage downstream orders.price --json
              tarn lineage impact orders.price
            """,
        subcommands: [Upstream.self, Downstream.self, Impact.self])

    struct Question: ParsableArguments {
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Option(help: ArgumentHelp("Ask as this user.", valueName: "name")) var user: String?
        @Argument(
            help: "A table, table.column, feature_view/NAME, feature_service/NAME or dataset:NAMESPACE:NAME.")
        var name: String

        func ask(
            _ body: (LineageQuestions, LineageQuestions.Subject, LineageService) async throws -> Void
        ) async throws {
            let lake = try options.openLakehouse()
            let catalog = try await lake.catalog
            let lineage = try await lake.lineage
            var questions = LineageQuestions(lineage, catalog: catalog)
            if let user {
                questions = LineageQuestions(
                    lineage, catalog: catalog, as: try await catalog.principal(named: user))
            }
            try await body(questions, try await questions.subject(name), lineage)
            await lake.close()
        }

        func follow(_ direction: LineageDirection, depth: Int?) async throws {
            try await ask { questions, subject, _ in
                if subject.column != nil {
                    let rows = try await questions.columns(of: subject, direction, depth: depth)
                    return try printList(
                        ["from", "from_column", "to", "to_column"], rows, asJSON: output.isJSON)
                }
                guard let graph = try await questions.graph(of: subject, direction, depth: depth) else {
                    return
                }
                if output.isJSON {
                    print(LineageTree.json(graph).jsonText)
                } else {
                    for line in LineageTree.lines(graph, direction) { print(line) }
                }
            }
        }
    }

    struct Upstream: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a table or a column is made from.",
            discussion: """
                Example:
                  tarn lineage upstream main.sales.totals --depth 2
                """)

        @OptionGroup var question: Question
        @Option(help: ArgumentHelp("How many steps; all if left out.", valueName: "n")) var depth: Int?

        func validate() throws { try checkDepth(depth) }
        func run() async throws { try await question.follow(.upstream, depth: depth) }
    }

    struct Downstream: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is made from a table or a column.",
            discussion: """
                Example:
                  tarn lineage downstream main.sales.orders --json
                """)

        @OptionGroup var question: Question
        @Option(help: ArgumentHelp("How many steps; all if left out.", valueName: "n")) var depth: Int?

        func validate() throws { try checkDepth(depth) }
        func run() async throws { try await question.follow(.downstream, depth: depth) }
    }

    struct Impact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What breaks when a table or a column is dropped.",
            discussion: """
                The column `because` says how: value (a column is made from it), rows (it decides which rows there are),
                unknown (the table is made from it, and the columns are not known).

                Example:
                  tarn lineage impact main.sales.orders.price
                """)

        @OptionGroup var question: Question

        func run() async throws {
            try await question.ask { questions, subject, _ in
                let rows = try await questions.impact(of: subject).map { item -> [String?] in
                    [
                        item.kind, item.name, item.columns.joined(separator: ", "), item.certainty.rawValue,
                        String(item.depth),
                    ]
                }
                try printList(
                    ["kind", "name", "columns", "because", "steps"], rows, asJSON: question.output.isJSON)
            }
        }
    }
}

private func checkDepth(_ depth: Int?) throws {
    if let depth, depth < 1 { throw ValidationError("--depth must be a number from 1 on.") }
}
