import ArgumentParser
import Base
import Catalog
import Engine
import Foundation
import Lakehouse
import Query
import Terminal

struct SQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql", abstract: "Run SQL.",
        discussion: """
            Rows go to standard output, messages to standard error. Without a statement, it prompts for them on a
            terminal, and reads them from standard input otherwise. A lakehouse that a server has open can be used at
            the same time. Where there is no lakehouse, files can be queried all the same.

            Examples:
              tarn sql "SELECT carrier, count(*) FROM flights GROUP BY carrier"
              tarn sql --format csv --output late.csv "SELECT * FROM flights WHERE arr_delay > 15"
              tarn sql -p carrier=UA 'SELECT count(*) FROM flights WHERE carrier = $carrier'
              tarn sql "SELECT * FROM flights AT (VERSION => 3)"
              tarn sql "SELECT * FROM delta_scan('/data/trips', version => 2)"
              tarn sql -f setup.sql
              tarn sql                   a prompt; \\help there tells more
            """)

    @OptionGroup var options: HomeOptions
    @Argument(help: "One or more statements, with semicolons between them.") var statement: String?
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("Read the statements from a file.", valueName: "path"))
    var file: String?
    @Option(help: "table, json (one array of objects), csv or parquet.") var format: OutputFormat?
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Write the rows to a file instead of standard output.", valueName: "path"))
    var output: String?
    @Option(
        name: [.customShort("p"), .customLong("parameter")], parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A value for $name or :name in the statement; may be repeated.", valueName: "name=value"))
    var parameters: [String] = []
    @Option(help: ArgumentHelp("Run as this user.", valueName: "name")) var user: String?

    func validate() throws {
        if statement != nil, file != nil {
            throw ValidationError("Give either a statement or -f FILE, not both.")
        }
        for parameter in parameters {
            do { _ = try ParameterText.parse(parameter) } catch { throw ValidationError(error.message) }
        }
        let prompts = statement == nil && file == nil && isatty(STDIN_FILENO) == 1
        if prompts, output != nil || format == .parquet {
            throw ValidationError("--output and --format parquet need a statement.")
        }
    }

    func run() async throws {
        let lake = try openLakehouse()
        var context = QueryContext(localFiles: user == nil)
        if let user { context.principal = try await lake.catalog.principal(named: user) }
        let runner = SQLRunner(lake: lake, context: context, parameters: try namedParameters())
        if statement == nil, file == nil, isatty(STDIN_FILENO) == 1 {
            try await Repl(runner: runner, format: format ?? .table).run()
        } else {
            let script = try script()
            do { try await runner.run(script: script, format: chosenFormat, output: output) } catch let
                failure as SQLFailure
            {
                ErrorReport(failure.error, sql: failure.statement).print()
                // What the statements before it did is still to be recorded.
                await lake.close()
                throw ExitCode(1)
            }
        }
        await lake.close()
    }

    /// The lakehouse; a passing one in memory where the default folder is not there, so that files can be queried.
    private func openLakehouse() throws -> Lakehouse {
        let (home, isDefault) = options.located
        if !home.exists, isDefault { return Lakehouse.passing(settings: try options.settings()) }
        return try options.openLakehouse()
    }

    private func namedParameters() throws -> SQLParameters {
        if parameters.isEmpty { return .none }
        var values: [String: EngineValue] = [:]
        for text in parameters {
            let (name, value) = try ParameterText.parse(text)
            values[name] = value
        }
        return .named(values)
    }

    /// A file's ending tells the format, unless one is named.
    private var chosenFormat: OutputFormat {
        if let format { return format }
        switch output.map({ URL(filePath: $0).pathExtension.lowercased() }) {
        case "json": return .json
        case "csv": return .csv
        case "parquet": return .parquet
        default: return .table
        }
    }

    private func script() throws -> String {
        if let statement { return statement }
        let data: Data?
        if let file, file != "-" {
            data = FileManager.default.contents(atPath: file)
        } else {
            data = try FileHandle.standardInput.readToEnd() ?? Data()
        }
        guard let data else {
            throw TarnError(.notFound, "Cannot read the file \(file ?? "").", context: [("file", file ?? "")])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw TarnError(.invalidInput, "The statements are not UTF-8.")
        }
        return text
    }
}
