import ArgumentParser
import Base
import Catalog
import Lakehouse
import Query

struct TagsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "List and change the tags of objects and columns, and mark what to rely on.",
        discussion: """
            Examples:
              tarn tags set sales.orders team=red
              tarn tags set sales.orders --column email pii
              tarn tags list sales.orders --json
              tarn tags mark sales.orders certified
            """,
        subcommands: [List.self, Set.self, Unset.self, Mark.self])

    struct Target: ParsableArguments {
        @Argument(help: "The name of the object.") var name: String
        @Option(help: ArgumentHelp("What it is (default table).", valueName: "kind")) var kind = "table"

        func validate() throws {
            if SecurableKind(rawValue: kind) == nil {
                let known = SecurableKind.allCases.map(\.rawValue)
                throw ValidationError(
                    "There is no kind '\(kind)'; the kinds are \(known.joined(separator: ", ")).")
            }
        }

        /// Names of tables and the like may leave out the catalog and the schema.
        func reference(_ lake: Lakehouse) async throws -> SecurableReference {
            let kind = SecurableKind(rawValue: kind) ?? .table
            guard kind.partCount == 3 else { return try SecurableReference(kind, fullName: name) }
            let full = try QualifiedName(name)
            if kind == .table {
                let query = try await lake.query
                _ = try await query.columns(of: try await lake.catalog.table(full))
            }
            return try SecurableReference(kind, parts: [full.catalog, full.schema, full.name])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tags of an object and of its columns.",
            discussion: """
                Example:
                  tarn tags list sales.orders
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var target: Target

        func run() async throws {
            let lake = try options.openLakehouse()
            let tags = try await lake.catalog.allTags(of: try await target.reference(lake))
            try printList(
                ["column", "tag", "value"], tags.map { [$0.column, $0.key, $0.value] }, asJSON: output.isJSON)
            await lake.close()
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set tags of an object or a column.",
            discussion: """
                Example:
                  tarn tags set sales.orders --column email pii class=personal
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var target: Target
        @Argument(help: ArgumentHelp("The tags.", valueName: "key=value")) var tags: [String]
        @Option(help: "A column of the table.") var column: String?

        func run() async throws {
            let lake = try options.openLakehouse()
            var values: [String: String] = [:]
            for tag in tags {
                let parts = tag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
            }
            try await lake.catalog.setTags(
                values, on: try await target.reference(lake), column: column)
            await lake.close()
        }
    }

    struct Unset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take tags of an object or a column away.",
            discussion: """
                Example:
                  tarn tags unset sales.orders team
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var target: Target
        @Argument(help: ArgumentHelp("The tags.", valueName: "key")) var tags: [String]
        @Option(help: "A column of the table.") var column: String?

        func run() async throws {
            let lake = try options.openLakehouse()
            try await lake.catalog.unsetTags(tags, on: try await target.reference(lake), column: column)
            await lake.close()
        }
    }

    struct Mark: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Mark an object as certified or deprecated, or take the mark away (none).",
            discussion: """
                Example:
                  tarn tags mark sales.orders deprecated
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var target: Target
        @Argument(help: "certified, deprecated or none.") var mark: String

        func validate() throws {
            if mark != "none", Certification(rawValue: mark) == nil {
                throw ValidationError("The mark is certified, deprecated or none, not '\(mark)'.")
            }
        }

        func run() async throws {
            let lake = try options.openLakehouse()
            try await lake.catalog.mark(
                try await target.reference(lake), as: Certification(rawValue: mark))
            await lake.close()
        }
    }
}
