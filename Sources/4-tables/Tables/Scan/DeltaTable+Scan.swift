import Base
package import DeltaLake
import Engine
import ObjectStore
package import TableModel

extension DeltaTable {
    /// The SQL that reads a version, without the files that cannot hold a row that the filter wants.
    ///
    /// - Parameters:
    ///   - snapshot: The version, of this table.
    ///   - filter: Rules files out; rows are not filtered by it.
    ///   - columns: Which columns to give, in this order; `nil` is all.
    ///   - addsRowLocator: Adds `__file_index` and `__file_row`, which name a row within this scan.
    ///   - addsRowIDs: Adds `__row_id` and `__row_commit_version`, null where the table does not track rows.
    /// - Returns: The SQL, and what it will read.
    /// - Throws: `.notFound` for an unknown column, `.corruptMetadata` where a data file or deletion vector is missing
    ///   or damaged.
    package func scan(
        _ snapshot: DeltaSnapshot, matching filter: ScanFilter? = nil, columns: [String]? = nil,
        addsRowLocator: Bool = false, addsRowIDs: Bool = false
    ) async throws -> ScanRelation {
        let files = await Self.files(of: snapshot, matching: filter)
        return try await scan(
            files: files, of: snapshot, columns: columns, addsRowLocator: addsRowLocator,
            addsRowIDs: addsRowIDs)
    }

    /// The SQL that reads some files of a version; `__file_index` is the place in `files`.
    ///
    /// - Parameters:
    ///   - files: Data files of that version.
    ///   - snapshot: Gives the columns.
    ///   - columns: Which columns to give, in this order; `nil` is all.
    ///   - addsRowLocator: Adds `__file_index` and `__file_row`, which name a row within this scan.
    ///   - addsRowIDs: Adds `__row_id` and `__row_commit_version`, null where the table does not track rows.
    /// - Returns: The SQL, and what it will read.
    /// - Throws: As `scan(_:matching:columns:addsRowLocator:addsRowIDs:)`.
    package func scan(
        files: [DataFileView], of snapshot: DeltaSnapshot, columns: [String]? = nil,
        addsRowLocator: Bool = false, addsRowIDs: Bool = false
    ) async throws -> ScanRelation {
        let fields = try columns.map { try $0.map { try field($0, snapshot) } } ?? snapshot.schema.fields
        let deleted = try await deletedRows(of: files)
        let scanned = try zip(files, deleted).map { file, deleted throws(TarnError) in
            FileScan.File(
                view: file, location: try location(of: file),
                selection: deleted.map { .without($0) } ?? .all)
        }
        let values = snapshot.partitionColumns.isEmpty ? [] : files.map(\.partitionValues)
        var items = scanColumns(fields, partitionValues: values, snapshot)
        if addsRowIDs { items += rowIDs(of: files, snapshot) }
        if addsRowLocator {
            items.append(ScanColumn(name: "__file_index", type: .long, source: .filePlace))
            items.append(ScanColumn(name: "__file_row", type: .long, source: .rowPlace))
        }
        let (sql, resources) = try await sql(
            of: FileScan(
                files: scanned, columns: items, mapping: snapshot.columnMapping, version: snapshot.version))
        return ScanRelation(
            sql: sql, columns: fields, version: snapshot.version, files: files,
            totalFileCount: snapshot.fileCount, byteCount: files.reduce(0) { $0 + $1.byteCount },
            locations: scanned.map(\.location), resources: resources)
    }

    /// The table's own columns: from the files, or for partition columns from the log, which has the values of each file.
    func scanColumns(
        _ fields: [SchemaField], partitionValues values: [PartitionValues], _ snapshot: DeltaSnapshot
    ) -> [ScanColumn] {
        let partitions = zip(snapshot.partitionColumns, snapshot.physicalPartitionColumns).map {
            (name: $0.lowercased(), physical: $1)
        }
        return fields.map { field in
            guard let partition = partitions.first(where: { $0.name == field.name.lowercased() }) else {
                return ScanColumn(name: field.name, type: field.type, source: .file(field))
            }
            let perFile = values.map { values -> String? in
                let value = values.first { $0.name == partition.physical }?.value
                return value?.isEmpty == true ? nil : value
            }
            return ScanColumn(name: field.name, type: field.type, source: .perFile(perFile))
        }
    }

    /// Where each row came from, as row tracking says.
    ///
    /// Delta protocol, "Row Tracking" and "Reader Requirements for Row Tracking".
    func rowIDs(of files: [DataFileView], _ snapshot: DeltaSnapshot) -> [ScanColumn] {
        let names = snapshot.configuration
        return [
            ScanColumn(
                name: "__row_id", type: .long,
                source: .rowNumber(
                    from: files.map(\.baseRowID),
                    unlessIn: names["delta.rowTracking.materializedRowIdColumnName"])),
            ScanColumn(
                name: "__row_commit_version", type: .long,
                source: .wholePerFile(
                    files.map(\.defaultRowCommitVersion),
                    unlessIn: names["delta.rowTracking.materializedRowCommitVersionColumnName"])),
        ]
    }

    /// Prunes on several tasks where there is enough to do.
    private static func files(of snapshot: DeltaSnapshot, matching filter: ScanFilter?) async
        -> [DataFileView]
    {
        let all = snapshot.files.all()
        guard let filter, filter != .always else { return all }
        let pruner = FilePruner(filter, of: snapshot)
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

    func field(_ name: String, _ snapshot: DeltaSnapshot) throws(TarnError) -> SchemaField {
        if let field = snapshot.schema[name] { return field }
        throw TarnError(
            .notFound,
            "Table \(self.name) has no column \(name).\(didYouMean(name, among: snapshot.schema.names))",
            context: [("column", name)])
    }

    /// Where the engine finds a data file.
    func location(of file: DataFileView) throws(TarnError) -> String { try location(ofPath: file.path) }

    /// Where the engine finds a file that the log names.
    ///
    /// - Parameter path: Percent-decoded; relative to the table's folder or absolute.
    /// - Returns: What `read_parquet` opens, wildcards not escaped.
    /// - Throws: `.corruptMetadata` for what is no path, `.unsupported` for another kind of store.
    func location(ofPath path: String) throws(TarnError) -> String {
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
