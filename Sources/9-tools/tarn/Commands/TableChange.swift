import ArgumentParser
import Base
import Foundation
import Lakehouse
import Query
import Synchronization
import Terminal

/// What every command takes that works on one table.
struct TableOptions: ParsableArguments {
    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "table, schema.table, catalog.schema.table, or the folder of a Delta table.")
    var table: String

    /// The table as SQL names it.
    var reference: String { TableReference.sql(table) }

    /// The lakehouse; for a table by its folder it need not be there.
    func openLakehouse() throws -> Lakehouse { try options.openLakehouse(for: table) }

    /// Runs a statement that the command made, and prints what it did.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - label: What is being done, for the line on the terminal.
    /// - Throws: What the statement throws.
    func run(_ sql: String, _ label: String) async throws {
        let lake = try openLakehouse()
        let result = try await withProgress(label) {
            try await lake.run(sql, context: QueryContext(localFiles: true))
        }
        try await printChange(result, asJSON: output.isJSON)
        await lake.close()
    }
}

extension HomeOptions {
    /// The lakehouse; a passing one for a folder where the default home is not there.
    func openLakehouse(for table: String) throws -> Lakehouse {
        let (home, isDefault) = located
        if !home.exists, isDefault, table.contains("/") { return Lakehouse.passing(settings: try settings()) }
        return try openLakehouse()
    }
}

/// Prints what a statement did: its figures as JSON or its message, or its rows where there are some.
func printChange(_ result: StatementResult, asJSON: Bool) async throws {
    guard let message = result.message else {
        let width = Terminal.output.isInteractive ? Terminal.output.columns : nil
        let printer = ResultPrinter(
            format: asJSON ? .json : .table, file: try OutputFile(path: nil), maximumWidth: width)
        _ = try await printer.print(result)
        return try printer.finish()
    }
    if asJSON { printJSON(.object(result.metrics)) } else { print(message) }
}

/// Shows on a terminal what is being done, and for how long, until it is done.
func withProgress<T: Sendable>(
    _ label: String, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    guard Terminal.error.isInteractive else { return try await work() }
    let time = SystemTimeSource()
    let started = time.nowMicroseconds()
    let ticker = Task {
        var bar = ProgressBar(label, on: .error)
        while !Task.isCancelled {
            let seconds = (time.nowMicroseconds() - started) / 1_000_000
            // What is done at once shows nothing.
            if seconds > 0 { bar.update(done: seconds, total: nil, unit: "s") }
            try? await time.wait(for: .milliseconds(250))
        }
        bar.finish()
    }
    let result: Result<T, any Error>
    do { result = .success(try await work()) } catch { result = .failure(error) }
    ticker.cancel()
    await ticker.value
    return try result.get()
}
