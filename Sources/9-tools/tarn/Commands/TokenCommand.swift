import ArgumentParser
import Base
import Catalog
import Foundation
import Identity
import Lakehouse

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke the tokens that callers of the server show.",
        discussion: """
            A token acts as its user and can do no more than he. Only a hash of it is kept: it is shown once.

            Examples:
              tarn token create --user ada --expires 30d
              tarn token create --user etl --scope sql --scope read-only --comment "nightly report"
              tarn token list --json
              tarn token revoke 1f0e0c2a-...
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, alone.",
            discussion: """
                Makes the user if there is nobody of that name.

                Example:
                  curl -H "Authorization: Bearer $(tarn token create --user ada --expires 1h)" localhost:8080/version
                """)

        @OptionGroup var options: HomeOptions
        @Option(help: ArgumentHelp("The user or service principal it acts as.", valueName: "name"))
        var user: String
        @Option(
            help: ArgumentHelp("When it ends, for example 12h or 30d; never if left out.", valueName: "time"))
        var expires: String?
        @Option(
            parsing: .singleValue,
            help: ArgumentHelp(
                "What it is for; may be repeated: \(TokenScopes.words.joined(separator: ", ")).",
                valueName: "scope"))
        var scope: [String] = []
        @Option(help: ArgumentHelp("A note for people.", valueName: "text")) var comment: String?

        func validate() throws {
            if let expires, secondCount(expires).map({ $0 > 0 }) != true {
                throw ValidationError("--expires must be a time such as 12h or 30d, not '\(expires)'.")
            }
            do { _ = try TokenScopes(words: scope) } catch { throw ValidationError(error.message) }
        }

        func run() async throws {
            let lake = try options.openLakehouse()
            let (principal, isNew) = try await lake.catalog.principalMakingUser(named: user)
            if isNew { writeToStandardError("made the user \(principal.name)\n") }
            let token = try await lake.identity.createToken(
                for: principal, lifetime: expires.flatMap(secondCount).map { .seconds($0) },
                scopes: try TokenScopes(words: scope), comment: comment)
            print(token.secret.text)
            await lake.close()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all tokens, without their secrets.",
            discussion: """
                Example:
                  tarn token list --user ada
                """)

        @OptionGroup var options: HomeOptions
        @OptionGroup var output: JSONOption
        @Option(help: ArgumentHelp("Only those of this user.", valueName: "name")) var user: String?

        func run() async throws {
            let lake = try options.openLakehouse()
            var owner: String?
            if let user { owner = try await lake.catalog.principal(named: user).id }
            let identity = try await lake.identity
            let now = lake.time.nowMicroseconds()
            var rows: [[String?]] = []
            var last = ""
            while true {
                let page = try await identity.tokens(of: owner, after: last)
                for token in page {
                    rows.append([
                        token.id, token.principalName, token.state(at: now).rawValue, token.kind.rawValue,
                        token.scopes.words.joined(separator: " "), token.comment,
                        Self.text(token.createdMicroseconds), Self.text(token.expiresMicroseconds),
                        Self.text(token.lastUsedMicroseconds),
                    ])
                }
                guard let next = page.last?.id else { break }
                last = next
            }
            try printList(
                ["id", "user", "state", "kind", "scopes", "comment", "created", "expires", "last_used"], rows,
                asJSON: output.isJSON)
            await lake.close()
        }

        private static func text(_ microseconds: Int64?) -> String? {
            microseconds.map { Date(timeIntervalSince1970: Double($0 / 1_000_000)).ISO8601Format() }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token at once.",
            discussion: """
                Example:
                  tarn token revoke 1f0e0c2a-5d9b-4c77-8a3e-0d6a5b1c9e42
                """)

        @OptionGroup var options: HomeOptions
        @Argument(help: "The token's id, as `tarn token list` shows it.") var id: String

        func run() async throws {
            let lake = try options.openLakehouse()
            let token = try await lake.identity.revokeToken(id)
            writeToStandardError("revoked a token of \(token.principalName)\n")
            await lake.close()
        }
    }
}
