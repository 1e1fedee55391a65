import Base
import DeltaLake
import Engine
import TableModel

/// One attempt at a DELETE, UPDATE or MERGE: the version that it starts from, and the session that its statements and
/// temporary tables live on.
struct ChangeRun: Sendable {
    let table: DeltaTable
    let base: LoadedTable
    let session: EngineSession
    /// Of all texts of the statement together.
    let parameters: [EngineValue]

    var snapshot: DeltaSnapshot { base.snapshot }

    /// A SELECT to which all parameters can be given, whichever of them its text names.
    ///
    /// The engine wants as many values as a statement has parameters, and the texts of one statement of the user's go
    /// into several of ours.
    func withParameters(_ select: String) -> String {
        if parameters.isEmpty { return select }
        let names = parameters.indices.map { "$\($0 + 1) AS p\($0 + 1)" }.joined(separator: ", ")
        return "WITH __parameters AS (SELECT \(names)) \(select)"
    }

    /// Keeps the rows of a SELECT in a temporary table of this session, which may go to the spill folder.
    func keep(_ select: String, as name: String) async throws {
        try await session.execute("CREATE TEMP TABLE \(name) AS \(withParameters(select))", parameters)
    }

    /// The first row of a SELECT of whole numbers; `nil` if there is none.
    func numbers(_ select: String) async throws -> [Int64]? {
        let text = withParameters(select)
        let parameters = parameters
        return try await session.run { connection in
            guard let chunk = try connection.execute(text, parameters).nextChunk() else { return nil }
            return chunk.columns.map { if case .integer(let value) = $0.scalar(0) { value } else { 0 } }
        }
    }

    /// The rows whose places a SELECT gives: a file's place in the scan, and the row's in the file.
    ///
    /// - Parameters:
    ///   - select: Two columns of type BIGINT.
    ///   - fileCount: Files of the scan.
    /// - Returns: The rows, and how often one was named again.
    /// - Throws: What the SELECT throws.
    func places(_ select: String, fileCount: Int) async throws -> (rows: MarkedRows, repeats: Int) {
        let text = withParameters(select)
        let parameters = parameters
        return try await session.run { connection in
            var rows = MarkedRows(fileCount: fileCount)
            var repeats = 0
            let result = try connection.stream(text, parameters)
            while let chunk = try result.nextChunk() {
                guard let files = chunk.column(0).int64s, let numbers = chunk.column(1).int64s else {
                    throw TarnError(.internal, "The place of a row is no number.")
                }
                repeats += rows.insert(files: files, rows: numbers)
            }
            return (rows, repeats)
        }
    }
}
