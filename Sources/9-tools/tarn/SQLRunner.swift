import Base
import Engine
import Foundation
import Lakehouse
import Query
import Synchronization
import TableModel
import Terminal

/// A statement that failed, with its text: the place in the error belongs to it.
struct SQLFailure: Error {
    let error: TarnError
    let statement: String
}

/// Runs scripts for `tarn sql` and its prompt.
final class SQLRunner: Sendable {
    let lake: Lakehouse
    private let context: Mutex<QueryContext>
    private let parameters: SQLParameters

    init(lake: Lakehouse, context: QueryContext, parameters: SQLParameters) {
        self.lake = lake
        self.context = Mutex(context)
        self.parameters = parameters
    }

    /// What names without a catalog or a schema mean now; `USE` changes it.
    var currentContext: QueryContext { context.withLock { $0 } }

    /// Runs all statements; the first error ends it.
    ///
    /// - Throws: `SQLFailure` for an error of a statement.
    func run(script: String, format: OutputFormat, output: String?) async throws {
        let statements: [String]
        do { statements = try splitStatements(script) } catch let error as TarnError {
            throw SQLFailure(error: error, statement: script)
        }
        if format == .parquet {
            guard statements.count == 1 else {
                throw TarnError(.invalidInput, "--format parquet writes the rows of exactly one statement.")
            }
            return try await writeParquet(statements[0], output: output)
        }
        let width = output == nil && Terminal.output.isInteractive ? Terminal.output.columns : nil
        let printer = ResultPrinter(format: format, file: try OutputFile(path: output), maximumWidth: width)
        for statement in statements {
            let result = try await run(statement, printer: printer, showsCounts: format == .table)
            // Of a script only the rows that it selects are printed, so that its output stays one document.
            if statements.count == 1, format == .json { try printer.printMetrics(result) }
        }
        try printer.finish()
    }

    private func run(
        _ statement: String, printer: ResultPrinter, showsCounts: Bool
    ) async throws -> StatementResult {
        do {
            let result = try await lake.run(statement, parameters: parameters, context: currentContext)
            context.withLock { $0.apply(result) }
            if result.message == nil {
                let count = try await printer.print(result)
                if showsCounts { writeToStandardError("(\(count) row\(count == 1 ? "" : "s"))\n") }
            } else if let message = result.message {
                writeToStandardError(message + "\n")
            }
            return result
        } catch let error as TarnError {
            throw SQLFailure(error: error, statement: statement)
        }
    }

    /// Lets the engine write the file, then gives it its name or copies it to standard output.
    private func writeParquet(_ statement: String, output: String?) async throws {
        let folder =
            output.map { URL(filePath: $0).deletingLastPathComponent().path }
            ?? FileManager.default.temporaryDirectory.path
        let path = "\(folder)/.tarn-\(getpid()).parquet"
        defer { unlink(path) }
        let copy = "COPY (\(statement)\n) TO \(quoteLiteral(path)) (FORMAT parquet)"
        do {
            _ = try await lake.run(copy, parameters: parameters, context: currentContext)
        } catch let error as TarnError {
            throw SQLFailure(error: error, statement: copy)
        }
        if let output {
            if rename(path, output) != 0 {
                throw TarnError(.storage, "Cannot write to \(output): \(String(cString: strerror(errno))).")
            }
            return
        }
        let file = try OutputFile(path: nil)
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw TarnError(.storage, "Cannot read back the rows that were written to \(path).")
        }
        while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
            var bytes = Array(data)
            try file.write(&bytes)
        }
    }
}
