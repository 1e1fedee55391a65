import Base
import DeltaLake
import Engine
import TableModel

/// The files in which a statement looks for rows, and relations over some of their rows.
///
/// Every relation gives the table's columns, `__file_index` (the file's place in `files`) and `__file_row`.
struct TargetRows: Sendable {
    let files: [DataFileView]
    /// All rows.
    let relation: ScanRelation
    private let run: ChangeRun

    /// The files of a version that may hold rows that a filter wants.
    static func open(_ run: ChangeRun, matching filter: ScanFilter) async throws -> TargetRows {
        let relation = try await run.table.scan(run.snapshot, matching: filter, addsRowLocator: true)
        return TargetRows(files: relation.files, relation: relation, run: run)
    }

    /// No file at all.
    static func none(_ run: ChangeRun) -> TargetRows {
        let relation = ScanRelation(
            sql: "(SELECT 1 WHERE false)", columns: [], version: run.snapshot.version, files: [],
            totalFileCount: 0, byteCount: 0, locations: [], resources: [])
        return TargetRows(files: [], relation: relation, run: run)
    }

    /// Exactly the marked rows.
    ///
    /// - Parameters:
    ///   - marked: By place in `files`; none of them is deleted in the version.
    ///   - addsRowIDs: Adds `__row_id` and `__row_commit_version`.
    /// - Returns: The relation, which must be kept until its rows are read.
    /// - Throws: As `DeltaTable.scan`.
    func only(_ marked: MarkedRows, addsRowIDs: Bool = false) async throws -> Selected {
        try await select(marked.places, addsRowIDs) { .only(marked[$0]) }
    }

    /// The other rows of the files that have marked ones.
    func without(
        _ marked: MarkedRows, in places: [Int], addsRowIDs: Bool = false
    ) async throws -> Selected {
        let deleted = try await run.table.deletedRows(of: places.map { files[$0] })
        let known = Dictionary(zip(places, deleted), uniquingKeysWith: { first, _ in first })
        return try await select(places, addsRowIDs) { place in
            if let deleted = known[place] ?? nil { return .without(deleted.union(marked[place])) }
            return marked[place].isEmpty ? .all : .without(marked[place])
        }
    }

    /// A relation as text, and what it needs to live.
    struct Selected: Sendable {
        /// A SELECT in parentheses.
        let sql: String
        let resources: [any Sendable]
    }

    private func select(
        _ places: [Int], _ addsRowIDs: Bool, _ selection: (Int) -> LiveRows.Selection
    ) async throws -> Selected {
        let chosen = places.map { files[$0] }
        let scanned = try places.map { place throws(TarnError) in
            FileScan.File(
                view: files[place], location: try run.table.location(of: files[place]),
                selection: selection(place))
        }
        let snapshot = run.snapshot
        let values = snapshot.partitionColumns.isEmpty ? [] : chosen.map(\.partitionValues)
        var items = run.table.scanColumns(snapshot.schema.fields, partitionValues: values, snapshot)
        if addsRowIDs { items += run.table.rowIDs(of: chosen, snapshot) }
        items.append(
            ScanColumn(
                name: "__file_index", type: .long,
                source: .wholePerFile(places.map { Int64($0) }, unlessIn: nil)))
        items.append(ScanColumn(name: "__file_row", type: .long, source: .rowPlace))
        let (sql, resources) = try await run.table.sql(
            of: FileScan(
                files: scanned, columns: items, mapping: snapshot.columnMapping, version: snapshot.version))
        return Selected(sql: sql, resources: resources)
    }
}

extension DataFileView {
    /// Rows that are not deleted; `nil` if the statistics do not say.
    var liveRowCount: Int64? { rowCount.map { $0 - (deletionVector?.cardinality ?? 0) } }
}
