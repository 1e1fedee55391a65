import ArgumentParser
import Base
import Lakehouse
import Query

/// `tarn grant`, `tarn revoke`, `tarn grants`: the SQL of the same words, typed in a shell.
struct GrantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give privileges on an object.",
        discussion: """
            Privileges hold for an object and for all that lies in it. A name without a kind is a table's.

            Examples:
              tarn grant SELECT on main.default.trips to alice@example.com
              tarn grant "USE CATALOG, USE SCHEMA, SELECT" on catalog main to analysts
              tarn grant ALL PRIVILEGES on schema main.sales to etl
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "privileges ON [kind] name TO principal") var words: [String]

    func run() async throws { try await GrantWords.run("GRANT", words, options, output) }
}

struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take privileges on an object away.",
        discussion: """
            What was granted on something that the object lies in stays: revoke it there.

            Example:
              tarn revoke SELECT on main.default.trips from alice@example.com
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "privileges ON [kind] name FROM principal") var words: [String]

    func run() async throws { try await GrantWords.run("REVOKE", words, options, output) }
}

struct GrantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grants", abstract: "Show who may do what.",
        discussion: """
            Examples:
              tarn grants on table main.default.trips
              tarn grants alice@example.com on table main.default.trips     # with what is inherited, and from where
              tarn grants to analysts --json
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "[principal] ON [kind] name, or TO principal") var words: [String]

    func run() async throws {
        var words = words
        if let first = words.first, !["on", "to"].contains(first.lowercased()) {
            words[0] = GrantWords.quoted(first)
        }
        if words.count == 2, words[0].lowercased() == "to" { words[1] = GrantWords.quoted(words[1]) }
        try await GrantWords.run("SHOW GRANTS " + words.joined(separator: " "), options, output)
    }
}

struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "List, make and drop users.",
        discussion: """
            Examples:
              tarn users list
              tarn users create alice@example.com
              tarn users drop alice@example.com
            """,
        subcommands: [List.self, Create.self, Drop.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the users.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        func run() async throws { try await GrantWords.run("SHOW USERS", options, output) }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The name, often a mail address.") var name: String
        @Flag(help: "Make a service principal.") var service = false
        func run() async throws {
            let kind = service ? "SERVICE PRINCIPAL" : "USER"
            try await GrantWords.run("CREATE \(kind) \(GrantWords.quoted(name))", options, output)
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop a user; what he owned is the administrators' from then on.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The name.") var name: String
        @Flag(help: "Drop a service principal.") var service = false
        func run() async throws {
            let kind = service ? "SERVICE PRINCIPAL" : "USER"
            try await GrantWords.run("DROP \(kind) \(GrantWords.quoted(name))", options, output)
        }
    }
}

struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "List, make, fill and drop groups.",
        discussion: """
            Members of the group admins may do everything; everybody is in `account users`.

            Examples:
              tarn groups create analysts
              tarn groups add analysts alice@example.com bob@example.com
              tarn groups members analysts --json
            """,
        subcommands: [List.self, Members.self, Create.self, Drop.self, Add.self, Remove.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the groups.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        func run() async throws { try await GrantWords.run("SHOW GROUPS", options, output) }
    }

    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List who is in a group.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The group.") var group: String
        func run() async throws {
            try await GrantWords.run("SHOW USERS IN GROUP \(GrantWords.quoted(group))", options, output)
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a group.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The group.") var group: String
        func run() async throws {
            try await GrantWords.run("CREATE GROUP \(GrantWords.quoted(group))", options, output)
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop a group; its members stay.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The group.") var group: String
        func run() async throws {
            try await GrantWords.run("DROP GROUP \(GrantWords.quoted(group))", options, output)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put users, groups or service principals into a group.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The group.") var group: String
        @Argument(help: "Who comes in.") var names: [String]
        func run() async throws {
            let names = names.map(GrantWords.quoted).joined(separator: ", ")
            try await GrantWords.run(
                "ALTER GROUP \(GrantWords.quoted(group)) ADD USER \(names)", options, output)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take members out of a group.")
        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The group.") var group: String
        @Argument(help: "Who goes.") var names: [String]
        func run() async throws {
            let names = names.map(GrantWords.quoted).joined(separator: ", ")
            try await GrantWords.run(
                "ALTER GROUP \(GrantWords.quoted(group)) DROP USER \(names)", options, output)
        }
    }
}

/// Words of a shell as a statement of SQL.
enum GrantWords {
    static func run(
        _ verb: String, _ words: [String], _ options: HomeOptions, _ output: JSONOption
    ) async throws {
        var words = words
        // The shell took the quotes away that a name like alice@example.com needs.
        if words.count > 1, let last = words.indices.last { words[last] = quoted(words[last]) }
        try await run(([verb] + words).joined(separator: " "), options, output)
    }

    static func run(_ sql: String, _ options: HomeOptions, _ output: JSONOption) async throws {
        let lake = try options.openLakehouse()
        try await printChange(
            try await lake.run(sql, context: QueryContext(localFiles: true)), asJSON: output.isJSON)
        await lake.close()
    }

    /// A name in backquotes, unless it has quotes of its own.
    static func quoted(_ name: String) -> String {
        if let first = name.first, "`\"'".contains(first), name.count > 1, name.last == first { return name }
        return "`" + name.replacing("`", with: "``") + "`"
    }
}
