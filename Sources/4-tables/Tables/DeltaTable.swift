import Base
package import DeltaLake
package import ObjectStore
import Synchronization

/// An open Delta table: its folder, and the newest snapshot that was seen of it.
///
/// ```swift
/// let table = try await DeltaTable.open(LocalStore(root: "/data/orders"), context)
/// let now = try await table.snapshot()                    // reads only what is new since last time
/// let then = try await table.snapshot(.version(3))
/// let scan = try await table.scan(now, matching: filter)  // SQL over exactly the files that may match
/// ```
///
/// Safe to share between tasks; several processes may write the same table at once.
package final class DeltaTable: Sendable {
    /// Rooted at the table's folder.
    package let store: any ObjectStore
    /// How the caller calls the table; for messages.
    package let name: String
    let context: TableContext
    let cache = SnapshotCache()
    let layouts = FileLayoutCache()
    let appends = AppendQueue()
    let retries = RetryTurns()
    let vectors = DeletionVectorCache()
    let liveRows = LiveRowsCache()

    init(_ store: any ObjectStore, _ context: TableContext, name: String?) {
        self.store = store
        self.context = context
        self.name = name ?? store.rootURL
    }

    /// Opens a table and reads its newest snapshot.
    ///
    /// - Parameters:
    ///   - store: Rooted at the table's folder, the one that holds `_delta_log`.
    ///   - context: Engine, clock and random numbers.
    ///   - name: For messages; the store's URL if `nil`.
    /// - Returns: The open table.
    /// - Throws: `.notFound` where there is no table, `.unsupported` naming the features that Tarn lacks,
    ///   `.corruptMetadata` for a damaged log.
    package static func open(
        _ store: any ObjectStore, _ context: TableContext, name: String? = nil
    ) async throws -> DeltaTable {
        let table = DeltaTable(store, context, name: name)
        _ = try await table.snapshot()
        return table
    }

    /// Whether a Delta table is there, readable or not.
    package static func exists(_ store: any ObjectStore) async throws -> Bool {
        do {
            return try await !store.list(LogFolder.path).filter {
                LogFileName($0.path.name).version != nil
            }.isEmpty
        } catch { throw error.asTarnError(doing: "look for a table") }
    }

    /// The table at some version.
    ///
    /// The newest one is brought up to date by asking for the next commit only; older ones are read from the log and
    /// the last few are kept.
    ///
    /// - Throws: `.notFound` for a version or an instant that the log does not reach, `.corruptMetadata`,
    ///   `.unsupported`.
    package func snapshot(_ at: TimeTravel = .latest) async throws -> DeltaSnapshot {
        try await naming {
            switch at {
            case .latest: return try await refresh().snapshot
            case .version(let version):
                if let newest = try await newestIfReadable(), version == newest.version { return newest }
                if let kept = cache.older(version) { return kept }
                let loaded = try await LogReader(self).load(version: version)
                cache.keep(older: loaded.snapshot)
                return loaded.snapshot
            case .timestamp(let microseconds):
                let version = try await LogReader(self).version(atMicroseconds: microseconds)
                return try await snapshot(.version(version))
            }
        }
    }

    /// The newest snapshot that was seen, without looking for a newer one.
    package var newestKnown: DeltaSnapshot? { cache.latest?.snapshot }

    /// The newest snapshot; `nil` where the log is damaged there, which need not touch an older version.
    func newestIfReadable() async throws -> DeltaSnapshot? {
        do { return try await refresh().snapshot } catch let error as TarnError
            where error.code == .corruptMetadata || error.code == .unsupported
        {
            return nil
        }
    }

    /// The newest state, from the cache and whatever was committed since.
    func refresh() async throws -> LoadedTable {
        guard let known = cache.latest else {
            let loaded = try await LogReader(self).load(version: nil)
            return cache.keep(latest: loaded)
        }
        return cache.keep(latest: try await LogReader(self).refresh(known).state)
    }

    /// Adds the table's name to what a lower room throws.
    func naming<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as StorageError {
            throw error.asTarnError(doing: "use table \(name)", context: [("table", name)])
        } catch let error as TarnError {
            if error.context.contains(where: { $0.name == "table" }) { throw error }
            throw TarnError(
                error.code, "Table \(name): \(error.message)",
                context: [("table", name)] + error.context.map { ($0.name, $0.value) },
                isRetryable: error.isRetryable, cause: error.cause)
        }
    }
}

/// Names below a table's folder.
enum LogFolder {
    static let path: StorePath = "_delta_log"

    /// A file of the log.
    ///
    /// Names of the log's own making are always valid paths.
    static func file(_ name: String) throws(StorageError) -> StorePath { try path.appending(name) }

    /// A file beside a checkpoint of the second kind.
    static func sidecar(_ name: String) throws(StorageError) -> StorePath {
        try path.appending("_sidecars").appending(name)
    }

    static func commit(_ version: Int64) throws(StorageError) -> StorePath {
        try file(LogFileName.commit(version).text)
    }
}

/// A snapshot, and what tells whether the log on disk is still the one that it was read from.
struct LoadedTable: Sendable {
    let snapshot: DeltaSnapshot
    /// Modification time of the newest commit's file; 0 where a checkpoint stood in for it.
    let commitModifiedMicroseconds: Int64
}

/// The newest snapshot and a few older ones.
final class SnapshotCache: Sendable {
    private struct State {
        var latest: LoadedTable?
        var older: [DeltaSnapshot] = []
    }
    private let state = Mutex(State())
    private static let olderLimit = 4

    var latest: LoadedTable? { state.withLock { $0.latest } }

    /// Keeps the state unless a newer one of the same table is there already.
    @discardableResult
    func keep(latest loaded: LoadedTable) -> LoadedTable {
        state.withLock { state in
            if let old = state.latest, old.snapshot.metadata.id == loaded.snapshot.metadata.id,
                old.snapshot.version > loaded.snapshot.version
            {
                return loaded
            }
            if let old = state.latest, old.snapshot.metadata.id != loaded.snapshot.metadata.id {
                state.older.removeAll()
            }
            state.latest = loaded
            return loaded
        }
    }

    /// Forgets everything: the table on disk is another one.
    func clear() { state.withLock { $0 = State() } }

    func older(_ version: Int64) -> DeltaSnapshot? {
        state.withLock { $0.older.first { $0.version == version } }
    }

    func keep(older snapshot: DeltaSnapshot) {
        state.withLock { state in
            state.older.removeAll { $0.version == snapshot.version }
            state.older.append(snapshot)
            if state.older.count > Self.olderLimit { state.older.removeFirst() }
        }
    }
}
