internal import Base
internal import Catalog
internal import Tables

/// The table that a statement works on: one of the catalog, or, for the local owner, one by its folder.
struct TargetTable: Sendable {
    let table: DeltaTable
    /// `nil` for a table by its folder.
    let entry: TableEntry?

    /// For messages.
    var name: String { entry?.name.description ?? table.name }
    let localFolder: String
    /// As SQL names it.
    var sqlName: String {
        entry?.name.description ?? "delta.`\(localFolder.replacing("`", with: "``"))`"
    }
}

extension ObjectName {
    /// The folder in `delta.'/folder'`, with backquotes; `nil` for a name.
    var deltaPath: String? {
        guard parts.count == 2, parts[0].lowercased() == "delta", parts[1].contains("/") else { return nil }
        return parts[1]
    }
}

extension StatementCall {
    /// Opens the table of a name or a folder.
    ///
    /// - Parameters:
    ///   - name: The table.
    ///   - reading: Whether the statement leaves it as it is.
    /// - Returns: The table.
    /// - Throws: `.notFound` with near names and the place, `.permissionDenied` for a folder unless it is the local
    ///   owner who asks.
    func target(_ name: ObjectName, reading: Bool = false) async throws -> TargetTable {
        guard let path = name.deltaPath else {
            let (table, entry) = try await open(name)
            if !reading { record.writes(entry.id, entry.name.description) }
            return TargetTable(
                table: table, entry: entry, localFolder: try service.localFolder(entry.location))
        }
        try checkOwner(of: path, at: name.range)
        let folder = LocalPath.absolute(path)
        let table = try await at(name.range) { try await room.tables.table(inLocalFolder: folder) }
        if reading { record.read(nil, path, version: nil) } else { record.writes(nil, path) }
        return TargetTable(table: table, entry: nil, localFolder: folder)
    }

    func checkOwner(of path: String, at range: Range<Int>) throws {
        if context.localFiles { return }
        throw sqlError(
            .permissionDenied,
            "'\(path)' is a folder of this machine, which only the local owner may use; use a table of the catalog.",
            text, at: range.lowerBound)
    }
}
