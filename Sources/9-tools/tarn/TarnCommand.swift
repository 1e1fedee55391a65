import ArgumentParser
import Base
import Foundation
import Lakehouse

@main
struct TarnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tarn",
        abstract: "An open lakehouse for AI: tables, SQL, features and an HTTP server in one program.",
        discussion: """
            A lakehouse lives in a folder, its home: --home DIR, else the variable TARN_HOME, else ./lakehouse.

            Start here:
              tarn init
              tarn sql "CREATE TABLE trips AS SELECT * FROM 'trips.csv'"
              tarn sql "SELECT count(*) FROM trips"
              tarn serve

            Exit status: 0 for success, 1 for an error, 2 for wrong usage.
            Completion for your shell: tarn --generate-completion-script bash (zsh, fish)
            """,
        version: "tarn \(tarnVersion)",
        subcommands: [
            InitCommand.self, SQLCommand.self, TablesCommand.self, CatalogCommand.self,
            SearchCommand.self, TagsCommand.self, LineageCommand.self, FeaturesCommand.self,
            ServeCommand.self, TokenCommand.self, GrantCommand.self, RevokeCommand.self,
            GrantsCommand.self, UsersCommand.self, GroupsCommand.self, AuditCommand.self,
            MetastoreCommand.self, SettingsCommand.self,
        ])

    static func main() async {
        do {
            CommandWords.set(Array(CommandLine.arguments.dropFirst()), root: Self.self)
            var command = try parseAsRoot(CommandLineWords.prepared(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            leave(0)
        } catch let error as TarnError {
            await CommandWords.recordFailure(error.code)
            ErrorReport(error).print()
            leave(1)
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                print(fullMessage(for: error))
                leave(0)
            }
            if let code = error as? ExitCode { leave(code.rawValue) }
            // ArgumentParser ends with 64 (EX_USAGE) by default; scripts know wrong usage by 2.
            let message = fullMessage(for: error)
            if !message.isEmpty { writeToStandardError(message + "\n") }
            leave(code == .validationFailure ? 2 : 1)
        }
    }

    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        // What was committed is on disk. Taking the engine apart piece by piece would only cost time.
        _exit(status)
    }
}
