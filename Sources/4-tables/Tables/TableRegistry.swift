import Base
import DeltaLake
import ObjectStore
import Synchronization

/// The tables that are open, by their location, so that each keeps one cached snapshot for all who use it.
package final class TableRegistry: Sendable {
    private struct Entry {
        let table: DeltaTable
        var lastUse: Int
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var uses = 0
    }
    private let state = Mutex(State())
    package let context: TableContext
    private let limit: Int

    /// - Parameters:
    ///   - context: For the tables that will be opened.
    ///   - limit: At most so many stay open; the least recently used goes first.
    package init(_ context: TableContext, limit: Int = 256) {
        self.context = context
        self.limit = limit
    }

    /// The table in a local folder, opened if it is not.
    ///
    /// - Parameters:
    ///   - folder: Absolute path of the folder that holds `_delta_log`.
    ///   - name: For messages.
    ///   - isCatalogManaged: Whether the caller asked the table's catalog, and has seen to it that the log holds all that
    ///     was committed.
    /// - Returns: The one open table of that folder.
    /// - Throws: As `DeltaTable.open`; `.unsupported` for a table that only its catalog may open.
    package func table(
        inLocalFolder folder: String, name: String? = nil, isCatalogManaged: Bool = false
    ) async throws -> DeltaTable {
        if let known = use(folder) {
            if !isCatalogManaged { try known.refuseCatalogManaged() }
            return known
        }
        let opened: DeltaTable
        do {
            let table = try await DeltaTable.open(LocalStore(root: folder), context, name: name)
            keep(table, folder)
            opened = table
        } catch let error as TarnError where error.code == .corruptMetadata || error.code == .unsupported {
            // An older version may be whole; whoever asks for the newest gets the error then.
            return DeltaTable(LocalStore(root: folder), context, name: name)
        }
        if !isCatalogManaged { try opened.refuseCatalogManaged() }
        return opened
    }

    /// Creates a table in a local folder and keeps it open; the context's properties for new tables join its own.
    package func create(
        inLocalFolder folder: String, _ definition: TableDefinition, source: WriteSource? = nil,
        name: String? = nil
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        var definition = definition
        definition.properties.merge(context.newTableProperties) { own, _ in own }
        let made = try await DeltaTable.create(
            LocalStore(root: folder), context, definition, source: source, name: name)
        keep(made.table, folder)
        return made
    }

    package func isOpen(localFolder folder: String) -> Bool { state.withLock { $0.entries[folder] != nil } }

    /// Forgets a table: it is dropped, or must be read anew.
    package func forget(localFolder folder: String) {
        state.withLock { $0.entries[folder] = nil }
    }

    private func use(_ key: String) -> DeltaTable? {
        state.withLock { state in
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]?.table
        }
    }

    private func keep(_ table: DeltaTable, _ key: String) {
        state.withLock { state in
            state.uses += 1
            state.entries[key] = Entry(table: table, lastUse: state.uses)
            if state.entries.count > limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
        }
    }
}

extension DeltaTable {
    /// A table that a catalog manages may have newer commits than its log shows.
    func refuseCatalogManaged() throws(TarnError) {
        guard let snapshot = cache.latest?.snapshot else { return }
        try TableFeatures.checkUsableByPath(snapshot.tableProtocol)
    }
}
