import Base
import DeltaLake
import Engine
import Synchronization
import TableModel

/// A set of data files, not all of them of one version, and what is wanted of them.
struct FileScan {
    struct File {
        /// `nil` for a file that is no data file of a version: one of the change data feed.
        var view: DataFileView?
        let location: String
        var selection: LiveRows.Selection = .all
    }

    var files: [File]
    var columns: [ScanColumn]
    let mapping: ColumnMapping.Mode
    /// For messages.
    let version: Int64

    /// The columns of the schema that are read from the files.
    var fields: [SchemaField] { columns.compactMap(\.schemaField) }
}

extension DeltaTable {
    /// Up to so many files every footer is looked at where columns may differ; beyond, the engine is told the columns.
    private static let footerLimit = 512
    /// Up to so many files the statistics are asked whether all files have all columns.
    private static let evidenceLimit = 8192
    /// With more layouts than this the engine is told the columns.
    private static let layoutLimit = 24

    /// The SQL of a scan, and what must live until it is planned.
    ///
    /// - Throws: `.corruptMetadata` where a file is missing or is no Parquet file, `.unsupported`.
    func sql(of scan: FileScan) async throws -> (sql: String, resources: [any Sendable]) {
        try await naming {
            let groups = try await groups(of: scan)
            let sql = try ParquetScanSQL(
                columns: scan.columns, locations: scan.files.map(\.location), mapping: scan.mapping,
                groups: groups
            ).sql()
            return (sql, groups.compactMap(\.live))
        }
    }

    private func groups(of scan: FileScan) async throws -> [ParquetScanSQL.Group] {
        if scan.files.isEmpty { return [] }
        let all = Array(scan.files.indices)
        guard let layouts = try await layouts(of: scan) else { return [group(all, nil, scan)] }
        var order: [ObjectIdentifier] = []
        var places: [ObjectIdentifier: [Int]] = [:]
        for (place, layout) in layouts.enumerated() {
            let id = ObjectIdentifier(layout)
            if places[id] == nil { order.append(id) }
            places[id, default: []].append(place)
        }
        if order.count > Self.layoutLimit, !Self.mustBeLookedAt(scan) { return [group(all, nil, scan)] }
        return order.compactMap { id in
            places[id].map { group($0, layouts[$0[0]], scan) }
        }
    }

    private func group(_ places: [Int], _ layout: FileLayout?, _ scan: FileScan) -> ParquetScanSQL.Group {
        let selections = places.map { scan.files[$0].selection }
        let live = selections.allSatisfy { $0 == .all } ? nil : liveRows.rows(selections, context.engine)
        return ParquetScanSQL.Group(places: places, layout: layout, live: live)
    }

    /// What each file has; `nil` where there are too many files to look at.
    private func layouts(of scan: FileScan) async throws -> [FileLayout]? {
        let locations = scan.files.map(\.location)
        do {
            let first = try await layouts.layout(of: locations[0], context.engine)
            if locations.count == 1 { return [first] }
            if Self.mayStandForAll(first, scan) { return locations.map { _ in first } }
            if locations.count > Self.footerLimit, !Self.mustBeLookedAt(scan) { return nil }
            return try await layouts.layouts(of: locations, context.engine)
        } catch let error as TarnError where error.code != .cancelled && error.code != .failedPrecondition {
            throw TarnError(
                .corruptMetadata,
                "A data file of version \(scan.version) cannot be read: \(error.message)",
                context: [("version", "\(scan.version)")], cause: error)
        }
    }

    /// Whether a declaration cannot say how the files hold a column.
    private static func mustBeLookedAt(_ scan: FileScan) -> Bool {
        scan.fields.contains { $0.type.contains { $0 == .variant } }
    }

    /// Whether the log proves that every file has all columns, and the first file shows how.
    ///
    /// Where types were widened the first must have the newest ones: the engine casts other files' values to them.
    private static func mayStandForAll(_ first: FileLayout, _ scan: FileScan) -> Bool {
        let fields = scan.fields
        guard scan.files.count <= evidenceLimit, !scan.columns.contains(where: { $0.physicalExtra != nil })
        else { return false }
        let expression = ColumnExpression(mapping: scan.mapping)
        let widened = fields.contains { $0.wasWidened }
        for field in fields {
            guard let node = first.column(field, scan.mapping) else { return false }
            if widened && !expression.isExact(field, node) { return false }
        }
        // Names in files may differ from the physical ones where ids decide.
        if scan.mapping == .id && first.hasFieldIDs { return false }
        let schema = TableSchema(fields.map(expression.physical))
        guard let leaves = leaves(of: schema.fields, below: []) else { return false }
        return scan.files.allSatisfy { file in
            guard let statistics = file.view?.statistics(schema) else { return false }
            return leaves.allSatisfy { statistics.bounds($0) != nil }
        }
    }

    /// The columns that have statistics; `nil` where a list or map, which has none, is among the fields.
    private static func leaves(of fields: [SchemaField], below path: [String]) -> [ColumnPath]? {
        var found: [ColumnPath] = []
        for field in fields {
            switch field.type {
            case .array, .map, .void, .variant: return nil
            case .structure(let members):
                guard let inner = leaves(of: members, below: path + [field.name]) else { return nil }
                found += inner
            default: found.append(ColumnPath(path + [field.name]))
            }
        }
        return found
    }
}

extension DataType {
    /// Whether the type or one within it is as asked.
    func contains(_ test: (DataType) -> Bool) -> Bool {
        if test(self) { return true }
        switch self {
        case .structure(let fields): return fields.contains { $0.type.contains(test) }
        case .array(let element, _): return element.contains(test)
        case .map(let key, let value, _): return key.contains(test) || value.contains(test)
        default: return false
        }
    }
}

extension SchemaField {
    /// Whether older files may have narrower types here or in a member.
    fileprivate var wasWidened: Bool {
        if metadata.names.contains("delta.typeChanges") { return true }
        func inner(_ type: DataType) -> Bool {
            switch type {
            case .structure(let fields): fields.contains { $0.wasWidened }
            case .array(let element, _): inner(element)
            case .map(let key, let value, _): inner(key) || inner(value)
            default: false
            }
        }
        return inner(type)
    }
}

/// The live rows of the last scans, so that a scan of the same files need not make them known again, and a statement
/// planned a little later still finds them.
final class LiveRowsCache: Sendable {
    private let recent = Mutex<[LiveRows]>([])
    private static let limit = 32

    func rows(_ files: [LiveRows.Selection], _ engine: Engine) -> LiveRows {
        recent.withLock { recent in
            if let index = recent.firstIndex(where: { $0.files == files }) {
                let rows = recent.remove(at: index)
                recent.append(rows)
                return rows
            }
            let rows = engine.liveRows(files)
            recent.append(rows)
            if recent.count > Self.limit { recent.removeFirst() }
            return rows
        }
    }
}
