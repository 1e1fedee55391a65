package import Base
import TableModel

/// Which files tell the changes of a version, for the change data feed.
///
/// Delta protocol, "Change Data Files" and "Add CDC File".
package enum ChangeFeed {
    package static let property = "delta.enableChangeDataFeed"
    /// The column of change files that says what became of a row.
    package static let typeColumn = "_change_type"
    package static let versionColumn = "_commit_version"
    package static let timestampColumn = "_commit_timestamp"
    /// The folder that writers put change files into.
    package static let folder = "_change_data"

    /// What became of the rows, as `_change_type` says it.
    package enum Kind: String, Hashable, Sendable {
        case insert, delete
        case updateBefore = "update_preimage"
        case updateAfter = "update_postimage"
    }

    /// One file with changed rows.
    package enum Source: Sendable {
        /// A file that names the kind of each row.
        case changes(ChangeFile)
        /// All live rows of the file came or went.
        case whole(DataFileView, Kind)
        /// The file stays; the rows that only one of its two deletion vectors has came or went.
        case difference(before: DataFileView, after: DataFileView)
    }

    /// The files with the changes of a version.
    ///
    /// Change files where the commit has any; else its data files, but for those that only move rows about
    /// (`dataChange` false).
    package static func sources(_ commit: ParsedCommit) -> [Source] {
        if !commit.changeFiles.isEmpty { return commit.changeFiles.map { .changes($0) } }
        let added = commit.addedFiles.filter(\.dataChange)
        var removed: [String: DataFileView] = [:]
        var order: [String] = []
        for file in commit.removedFiles where file.dataChange {
            removed[file.path] = file
            order.append(file.path)
        }
        var sources: [Source] = []
        for file in added {
            if let before = removed.removeValue(forKey: file.path) {
                sources.append(.difference(before: before, after: file))
            } else {
                sources.append(.whole(file, .insert))
            }
        }
        for path in order { if let file = removed[path] { sources.append(.whole(file, .delete)) } }
        return sources
    }

    /// - Throws: `.failedPrecondition` naming the version where the feed was off.
    package static func checkIsOn(_ metadata: TableMetadata, version: Int64) throws(TarnError) {
        if metadata.configuration[property]?.lowercased() == "true" { return }
        throw TarnError(
            .failedPrecondition,
            """
            The changes of version \(version) are not known: the table property \(property) was not true then. Set \
            it with ALTER TABLE ... SET TBLPROPERTIES ('\(property)' = 'true'), and ask for later versions only.
            """,
            context: [("version", "\(version)"), ("property", property)])
    }

    /// Whether the rows of a version can be given with the columns of a later one.
    ///
    /// Columns that came, went or were renamed are no hindrance; another partitioning, and a type that does not hold
    /// the old values, are.
    ///
    /// - Throws: `.failedPrecondition` naming the version and the column.
    package static func checkIsReadable(
        _ old: TableMetadata, version: Int64, as snapshot: DeltaSnapshot
    ) throws(TarnError) {
        if old == snapshot.metadata { return }
        func refused(_ what: String) -> TarnError {
            TarnError(
                .failedPrecondition,
                """
                The changes of version \(version) cannot be given with the columns of version \(snapshot.version): \
                \(what). Ask for the versions before and after that change separately.
                """,
                context: [("version", "\(version)")])
        }
        if old.partitionColumns.map({ $0.lowercased() }) != snapshot.partitionColumns.map({ $0.lowercased() })
        {
            let before = try SchemaCodec.parse(old.schemaString)
            let mode = ColumnMapping.mode(old.configuration)
            let names = old.partitionColumns.map { before[$0]?.physicalName(mode) ?? $0 }
            if names != snapshot.physicalPartitionColumns {
                throw refused("the table was partitioned otherwise")
            }
        }
        if old.schemaString == snapshot.metadata.schemaString { return }
        let before = try SchemaCodec.parse(old.schemaString)
        let (oldMode, mode) = (ColumnMapping.mode(old.configuration), snapshot.columnMapping)
        if oldMode != mode && oldMode != .none { throw refused("its columns were mapped otherwise") }
        for field in snapshot.schema.fields {
            let name = field.physicalName(mode).lowercased()
            guard let was = before.fields.first(where: { $0.physicalName(oldMode).lowercased() == name })
            else {
                continue
            }
            if !holds(field.type, was.type) {
                throw refused(
                    "the column \(field.name) was \(was.type.deltaName) and is \(field.type.deltaName)")
            }
        }
    }

    /// Whether every value of the old type is one of the new.
    private static func holds(_ new: DataType, _ old: DataType) -> Bool {
        switch (new, old) {
        case (.structure(let fields), .structure(let olds)):
            return fields.allSatisfy { field in
                guard let was = olds.first(where: { $0.name.lowercased() == field.name.lowercased() }) else {
                    return true
                }
                return holds(field.type, was.type)
            }
        case (.array(let element, _), .array(let was, _)): return holds(element, was)
        case (.map(let key, let value, _), .map(let wasKey, let wasValue, _)):
            return holds(key, wasKey) && holds(value, wasValue)
        case (_, .void), (.timestampNtz, .date): return true
        case (.short, .byte), (.integer, .byte), (.integer, .short), (.long, .byte), (.long, .short),
            (.long, .integer), (.double, .float), (.double, .byte), (.double, .short), (.double, .integer):
            return true
        case (.decimal(let precision, let scale), .decimal(let wasPrecision, let wasScale)):
            return scale >= wasScale && precision - scale >= wasPrecision - wasScale
        case (.decimal(let precision, let scale), .byte), (.decimal(let precision, let scale), .short),
            (.decimal(let precision, let scale), .integer):
            return precision - scale >= 10
        case (.decimal(let precision, let scale), .long): return precision - scale >= 20
        default: return new == old
        }
    }
}
