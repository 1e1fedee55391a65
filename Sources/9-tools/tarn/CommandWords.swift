import ArgumentParser
import Base
import Lakehouse
import Synchronization

/// What this process was asked to do, in the words of the command line without any argument: for the audit log.
enum CommandWords {
    private static let words = Mutex("")
    private static let lake = Mutex<Lakehouse?>(nil)

    /// `tables optimize` for `tables optimize sales.orders --full`.
    static var current: String { words.withLock { $0 } }

    static func set(_ arguments: [String], root: any ParsableCommand.Type) {
        var command = root
        var found: [String] = []
        for argument in arguments {
            let next = command.configuration.subcommands.first { name(of: $0) == argument }
            guard let next else { break }
            found.append(argument)
            command = next
        }
        let text = found.joined(separator: " ")
        words.withLock { $0 = text }
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? String(describing: command).lowercased()
    }

    static func opened(_ opened: Lakehouse) { lake.withLock { $0 = opened } }

    /// Records that the command failed, if it opened a lakehouse that records; the failure itself is what is reported.
    static func recordFailure(_ code: TarnError.Code) async {
        guard let lake = lake.withLock({ $0 }) else { return }
        do { try await lake.recordCommand(outcome: code) } catch let error as TarnError {
            printWarning(error.message)
        } catch { printWarning("The failure could not be recorded.") }
    }
}
