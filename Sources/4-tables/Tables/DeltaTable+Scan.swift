import Base
package import DeltaLake
import Engine
import ObjectStore
package import TableModel

extension DeltaTable {
    /// Up to so many files every footer is looked at where columns may differ; beyond, the engine is told the columns.
    private static let footerLimit = 512
    /// Up to so many files the statistics are asked whether all files have all columns.
    private static let evidenceLimit = 8192

    /// The SQL that reads a version, without the files that cannot hold a row that the filter wants.
    ///
    /// - Parameters:
    ///   - snapshot: The version, of this table.
    ///   - filter: Rules files out; rows are not filtered by it.
    ///   - columns: Which columns to give, in this order; `nil` is all.
    ///   - addsRowLocator: Adds `__file_index` and `__file_row`, which name a row within this scan.
    /// - Returns: The SQL, and what it will read.
    /// - Throws: `.notFound` for an unknown column, `.corruptMetadata` where a data file is missing or is no Parquet
    ///   file with the table's columns.
    package func scan(
        _ snapshot: DeltaSnapshot, matching filter: ScanFilter? = nil, columns: [String]? = nil,
        addsRowLocator: Bool = false
    ) async throws -> ScanRelation {
        let files = await Self.files(of: snapshot, matching: filter)
        let fields = try columns.map { try $0.map { try field($0, snapshot) } } ?? snapshot.schema.fields
        let scanned = try files.map { file throws(TarnError) in
            ParquetScanSQL.File(
                location: try location(of: file),
                partitionValues: Self.values(of: file, snapshot.partitionColumns))
        }
        let locations = scanned.map(\.location)
        let (form, types) = try await naming {
            try await self.form(of: files, locations, fields, snapshot)
        }
        var sql = ParquetScanSQL(
            form: form, columns: fields, partitionColumns: snapshot.partitionColumns, files: scanned,
            physicalTypes: types)
        sql.addsRowLocator = addsRowLocator
        return ScanRelation(
            sql: sql.sql, columns: fields, version: snapshot.version, fileCount: files.count,
            totalFileCount: snapshot.fileCount, byteCount: files.reduce(0) { $0 + $1.byteCount },
            locations: locations)
    }

    /// Prunes on several tasks where there is enough to do.
    private static func files(of snapshot: DeltaSnapshot, matching filter: ScanFilter?) async
        -> [DataFileView]
    {
        let all = snapshot.files.all()
        guard let filter, filter != .always else { return all }
        let pruner = FilePruner(filter, schema: snapshot.schema, partitionColumns: snapshot.partitionColumns)
        let pieceCount = min(4, all.count / 8192 + 1)
        if pieceCount == 1 { return all.filter { pruner.mayMatch($0) } }
        let size = (all.count + pieceCount - 1) / pieceCount
        return await withTaskGroup(of: (Int, [DataFileView]).self) { group in
            for piece in 0..<pieceCount {
                group.addTask {
                    let range = piece * size..<min(all.count, (piece + 1) * size)
                    return (piece, all[range].filter { pruner.mayMatch($0) })
                }
            }
            let pieces = await group.reduce(into: []) { $0.append($1) }
            return pieces.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private func field(_ name: String, _ snapshot: DeltaSnapshot) throws(TarnError) -> SchemaField {
        if let field = snapshot.schema[name] { return field }
        throw TarnError(
            .notFound,
            "Table \(self.name) has no column \(name).\(didYouMean(name, among: snapshot.schema.names))",
            context: [("column", name)])
    }

    /// Chooses how the engine learns the columns: see `ParquetScanSQL`.
    private func form(
        of files: [DataFileView], _ locations: [String], _ fields: [SchemaField], _ snapshot: DeltaSnapshot
    ) async throws -> (ParquetScanSQL.Form, [String: String]?) {
        if files.isEmpty { return (.declared, nil) }
        let data = fields.filter { field in
            !snapshot.partitionColumns.contains { $0.lowercased() == field.name.lowercased() }
        }
        do {
            let first = try await layouts.layout(of: locations, unified: false, context.engine)
            let isComplete = data.allSatisfy { first[$0.name.lowercased()] != nil }
            if files.count == 1 || isComplete && Self.allHave(data, files) { return (.plain, first) }
            if files.count > Self.footerLimit { return (.declared, nil) }
            return (.unifiedByName, try await layouts.layout(of: locations, unified: true, context.engine))
        } catch let error as TarnError where error.code != .cancelled && error.code != .failedPrecondition {
            throw TarnError(
                .corruptMetadata,
                "A data file of version \(snapshot.version) cannot be read: \(error.message)",
                context: [("version", "\(snapshot.version)")], cause: error)
        }
    }

    /// Whether the log proves that every file has these columns: a file's statistics name what it was written with.
    private static func allHave(_ fields: [SchemaField], _ files: [DataFileView]) -> Bool {
        guard files.count <= evidenceLimit, let leaves = leaves(of: fields, below: []) else { return false }
        let schema = TableSchema(fields)
        return files.allSatisfy { file in
            guard let statistics = file.statistics(schema) else { return false }
            return leaves.allSatisfy { statistics.bounds($0) != nil }
        }
    }

    /// The columns that have statistics; `nil` where a list or map, which has none, is among the fields.
    private static func leaves(of fields: [SchemaField], below path: [String]) -> [ColumnPath]? {
        var found: [ColumnPath] = []
        for field in fields {
            switch field.type {
            case .array, .map, .void: return nil
            case .structure(let members):
                guard let inner = leaves(of: members, below: path + [field.name]) else { return nil }
                found += inner
            default: found.append(ColumnPath(path + [field.name]))
            }
        }
        return found
    }

    private static func values(of file: DataFileView, _ columns: [String]) -> [String?] {
        if columns.isEmpty { return [] }
        let values = file.partitionValues
        return columns.map { column in
            let value = values.first { $0.name == column }?.value
            return value?.isEmpty == true ? nil : value
        }
    }

    /// Where the engine finds a data file.
    func location(of file: DataFileView) throws(TarnError) -> String {
        let path = file.path
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("file:") {
            let rest = path.dropFirst(5)
            let slashes = rest.prefix { $0 == "/" }.count
            return slashes >= 2 && slashes < 3 ? path : "/" + rest.dropFirst(slashes)
        }
        if let scheme = path.firstIndex(of: ":"), path[scheme...].hasPrefix("://") {
            throw TarnError(
                .unsupported,
                "A data file lies at another store (\(path[..<scheme])://), which this table's store cannot read.",
                context: [("scheme", String(path[..<scheme]))])
        }
        do { return store.engineLocation(try StorePath(path)) } catch {
            throw TarnError(
                .corruptMetadata,
                "The log names a data file \(path), which is no path below the table's folder.",
                context: [("file", path)])
        }
    }
}
