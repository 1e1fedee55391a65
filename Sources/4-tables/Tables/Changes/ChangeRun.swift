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

    /// Keeps the rows of a SELECT in a temporary table of this session.
    func keep(_ select: String, as name: String) async throws {
        try await session.execute("CREATE TEMP TABLE \(name) AS \(withParameters(select))", parameters)
    }

    /// The rows of a SELECT of whole numbers that needs no parameters.
    func numbers(_ select: String) async throws -> [[Int64]] {
        try await session.run { connection in
            try connection.execute(select).allRows(limit: 10_000_000).map { row in
                row.map { if case .integer(let value) = $0 { value } else { 0 } }
            }
        }
    }
}

/// The files in which a statement looks for rows, as a relation whose rows tell their place.
struct TargetRows: Sendable {
    /// In the order of `__file_index`.
    let files: [DataFileView]
    /// A SELECT in parentheses: the table's columns, `__file_index` and `__file_row`.
    let relation: ScanRelation

    /// The files of a version that may hold rows of a filter.
    static func open(_ run: ChangeRun, matching filter: ScanFilter) async throws -> TargetRows {
        let relation = try await run.table.scan(run.snapshot, matching: filter, addsRowLocator: true)
        var byLocation: [String: DataFileView] = [:]
        for file in run.snapshot.files(matching: filter) {
            byLocation[try run.table.location(of: file)] = file
        }
        let files = relation.locations.compactMap { byLocation[$0] }
        guard files.count == relation.locations.count else {
            throw TarnError(
                .internal, "A scan of table \(run.table.name) named a file that the version lacks.")
        }
        return TargetRows(files: files, relation: relation)
    }

    /// The rows that `__tarn_marked` names, or all others, of some of the files.
    ///
    /// - Parameters:
    ///   - places: The files, by `__file_index`.
    ///   - marked: Whether to give the marked rows or those between them.
    ///   - alias: What to call the rows.
    /// - Returns: What stands behind FROM, up to and with WHERE.
    func from(files places: [Int], marked: Bool, as alias: String) -> String {
        let list = places.isEmpty ? "-1" : places.map(String.init).joined(separator: ",")
        return """
            \(relation.sql) AS \(alias) \(marked ? "SEMI" : "ANTI") JOIN \(MarkedRows.name) AS __m \
            ON (__m.f = \(alias).__file_index AND __m.r = \(alias).__file_row) \
            WHERE \(alias).__file_index IN (\(list))
            """
    }
}

/// The rows that leave their place, in the temporary table `__tarn_marked(f, r)` and counted by file.
struct MarkedRows: Sendable {
    static let name = "__tarn_marked"

    struct File: Sendable {
        /// Its place in the scan.
        let index: Int
        let file: DataFileView
        let rowCount: Int64
        /// Whether no row stays.
        let isWhole: Bool
    }
    /// Those with marked rows.
    let files: [File]

    var rowCount: Int64 { files.reduce(0) { $0 + $1.rowCount } }
    /// Places of the files of which some rows stay.
    var partial: [Int] { files.filter { !$0.isWhole }.map(\.index) }
    /// Rows that stay in them, as far as known.
    var keptRowCount: Int64 {
        files.filter { !$0.isWhole }.reduce(0) { $0 + max(0, ($1.file.liveRowCount ?? 0) - $1.rowCount) }
    }

    /// Counts the rows of `__tarn_marked`, which must name none twice.
    static func count(_ run: ChangeRun, _ target: TargetRows) async throws -> MarkedRows {
        let counts = try await run.numbers("SELECT f, count(*) FROM \(name) GROUP BY f ORDER BY f")
        return MarkedRows(
            files: counts.map { row in
                let file = target.files[Int(row[0])]
                return File(
                    index: Int(row[0]), file: file, rowCount: row[1], isWhole: file.liveRowCount == row[1])
            })
    }
}

extension DataFileView {
    /// Rows that are not deleted; `nil` if the statistics do not say.
    var liveRowCount: Int64? { rowCount.map { $0 - (deletionVector?.cardinality ?? 0) } }
}
