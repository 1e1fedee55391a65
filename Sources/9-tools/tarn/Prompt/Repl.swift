import Base
import Dispatch
import Foundation
import Lakehouse
import Query
import Synchronization
import Terminal

/// The prompt of `tarn sql`: statements over several lines, commands that begin with a backslash, history, completion.
final class Repl: Sendable {
    private let runner: SQLRunner
    private let names: Mutex<WordCompleter>
    private let time = SystemTimeSource()
    /// Waits for keys, which none of the other threads should do.
    private let keyboard = BlockingPool(name: "tarn-prompt", threadCount: 1)

    private struct Options {
        var format: OutputFormat
        var showsTime = false
    }
    private let options: Mutex<Options>
    private let running = Mutex<Task<Void, any Error>?>(nil)

    init(runner: SQLRunner, format: OutputFormat) {
        self.runner = runner
        options = Mutex(Options(format: format))
        names = Mutex(WordCompleter(keywords: SQLKeywords.all, names: []))
    }

    func run() async throws {
        print("tarn \(tarnVersion), \(place). \\help for help, \\q to leave.")
        fflush(nil)
        let interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupts.setEventHandler { [self] in running.withLock { $0 }?.cancel() }
        interrupts.resume()
        defer { interrupts.cancel() }
        var history = LineHistory(path: runner.lake.home?.historyFile)
        let editor = LineEditor { [self] text in names.withLock { $0.completion(for: text) } }
        refreshNames()
        var typed = ""
        while true {
            let prompt = typed.isEmpty ? "tarn> " : " ...> "
            let entries = history.entries
            let input = try await keyboard.run { editor.readLine(prompt: prompt, history: entries) }
            switch input {
            case .endOfInput: return
            case .interrupted: typed = ""
            case .line(let line):
                let word = line.trimmingCharacters(in: .whitespaces)
                if typed.isEmpty, let command = PromptCommand(word) {
                    history.add(word)
                    if command == .quit { return }
                    await interruptibly { try await self.run(command) }
                    continue
                }
                typed += typed.isEmpty ? line : "\n" + line
                if typed.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty { typed = "" }
                if !endsStatement(typed) { continue }
                let script = typed
                typed = ""
                history.add(script)
                await interruptibly { try await self.runTimed(script) }
                refreshNames()
            }
        }
    }

    private var place: String {
        runner.lake.home.map { "lakehouse \($0.path)" } ?? "no lakehouse: files only"
    }

    private func run(_ command: PromptCommand) async throws {
        switch command {
        case .quit: return
        case .help: print(PromptCommand.helpText)
        case .timing:
            let isOn = options.withLock { options in
                options.showsTime.toggle()
                return options.showsTime
            }
            print("timing is \(isOn ? "on" : "off")")
        case .format(let format):
            options.withLock { $0.format = format }
            print("format is \(format.rawValue)")
        case .describe(nil): try await runTimed("SHOW TABLES")
        case .describe(let name?): try await runTimed("DESCRIBE \(name)")
        case .unknown(let name): writeToStandardError("error: \(name) is no command. \\help lists them.\n")
        }
    }

    private func runTimed(_ script: String) async throws {
        let (format, showsTime) = options.withLock { ($0.format, $0.showsTime) }
        let started = time.nowMicroseconds()
        try await runner.run(script: script, format: format, output: nil)
        if showsTime {
            let milliseconds = Double(time.nowMicroseconds() - started) / 1000
            writeToStandardError("\(milliseconds.formatted(.number.precision(.fractionLength(1)))) ms\n")
        }
    }

    /// Control-C cancels the work instead of ending the program.
    private func interruptibly(_ work: @escaping @Sendable () async throws -> Void) async {
        let task = Task { try await work() }
        running.withLock { $0 = task }
        do { try await task.value } catch let failure as SQLFailure {
            ErrorReport(failure.error, sql: failure.statement).print()
        } catch let error as TarnError {
            ErrorReport(error).print()
        } catch {
            writeToStandardError("error: \(error)\n")
        }
        running.withLock { $0 = nil }
        fflush(nil)
    }

    /// Reads the names anew, in the background: the prompt does not wait for it.
    private func refreshNames() {
        Task {
            let found = await runner.lake.completionNames(runner.currentContext)
            names.withLock { $0 = WordCompleter(keywords: SQLKeywords.all, names: found) }
        }
    }
}
