import Base
import DeltaLake
import ObjectStore

/// The shallow clones that read a table's files, one small file for each in `_delta_log/_tarn_clones`.
///
/// ```json
/// {"location": "/data/orders_test", "version": 12, "created": 1767225600000}
/// ```
///
/// A clone is entered before it is made, so that no vacuum can come between. One that is gone stays protected for the
/// table's retention time from the vacuum that first misses it: its disk may only be away. docs/delta.md, "Clones".
struct CloneRegistry {
    /// One clone.
    struct Entry: Sendable {
        /// The absolute path of the clone's folder.
        var location: String
        /// The version of this table that it was made from.
        var version: Int64
        var createdMilliseconds: Int64
        /// When a vacuum first found no table there.
        var missingSinceMilliseconds: Int64?
    }

    private static let folder: StorePath = "_delta_log/_tarn_clones"
    private let table: DeltaTable

    init(_ table: DeltaTable) { self.table = table }

    /// Enters a clone; durable on return.
    ///
    /// - Returns: The entry's file, to take it back if no clone comes of it.
    static func enter(_ entry: Entry, in store: any ObjectStore, _ context: TableContext) async throws
        -> StorePath
    {
        let path = try folder.appending("\(context.random.uuid()).json")
        try await store.put(path, bytes(entry), mode: .overwrite)
        return path
    }

    /// Keeps the files that clones need.
    ///
    /// - Throws: `.failedPrecondition` for a clone that is there but cannot be read.
    func keepFiles(in needed: inout NeededFiles, isDryRun: Bool) async throws {
        for object in try await table.store.list(Self.folder) where object.path.name.hasSuffix(".json") {
            guard let entry = Self.entry(try await table.store.get(object.path)) else {
                throw TarnError(
                    .corruptMetadata,
                    "The entry of a clone, \(object.path), cannot be read. Remove it if the clone is gone.",
                    context: [("file", object.path.text)])
            }
            try await keep(entry, at: object.path, in: &needed, isDryRun)
        }
    }

    private func keep(
        _ entry: Entry, at path: StorePath, in needed: inout NeededFiles, _ isDryRun: Bool
    ) async throws {
        let now = table.context.time.nowMilliseconds()
        let clone = LocalStore(root: entry.location)
        do {
            if try await DeltaTable.exists(clone) {
                let snapshot = try await DeltaTable.open(clone, table.context).snapshot()
                let retention = TableProperties(snapshot.configuration).deletedFileRetentionMilliseconds
                try needed.keep(snapshot, removedSince: now - min(retention, now), isClone: true)
                if entry.missingSinceMilliseconds != nil, !isDryRun {
                    var found = entry
                    found.missingSinceMilliseconds = nil
                    try await table.store.put(path, Self.bytes(found), mode: .overwrite)
                }
                return
            }
        } catch { throw unreadable(entry, path, error) }
        let retention = TableProperties(try await table.refresh().snapshot.configuration)
            .deletedFileRetentionMilliseconds
        if let missing = entry.missingSinceMilliseconds, now - missing > retention {
            if !isDryRun { try await table.store.delete(path) }
            return
        }
        if entry.missingSinceMilliseconds == nil, !isDryRun {
            var noticed = entry
            noticed.missingSinceMilliseconds = now
            try await table.store.put(path, Self.bytes(noticed), mode: .overwrite)
        }
        // Not made yet, dropped, or out of reach for now.
        do {
            try needed.keep(try await table.snapshot(.version(entry.version)), removedSince: nil)
        } catch { throw unreadable(entry, path, error) }
    }

    private func unreadable(_ entry: Entry, _ path: StorePath, _ error: any Error) -> TarnError {
        let reason = (error as? TarnError)?.message ?? "\(error)"
        return TarnError(
            .failedPrecondition,
            """
            A clone at \(entry.location) needs files of this table, but cannot be read, so nothing was removed. Repair \
            it; if it is gone for good, remove \(path). The reason: \(reason)
            """,
            context: [("clone", entry.location), ("file", path.text)], cause: error)
    }

    private static func bytes(_ entry: Entry) -> [UInt8] {
        var object: JSONObject = [
            "location": .string(entry.location), "version": .int(entry.version),
            "created": .int(entry.createdMilliseconds),
        ]
        object["missingSince"] = entry.missingSinceMilliseconds.map { .int($0) }
        return Array(JSONValue.object(object).jsonText.utf8)
    }

    private static func entry(_ bytes: [UInt8]) -> Entry? {
        guard let json = try? JSONValue.parse(bytes), let location = json["location"]?.string,
            let version = json["version"]?.int64
        else { return nil }
        return Entry(
            location: location, version: version, createdMilliseconds: json["created"]?.int64 ?? 0,
            missingSinceMilliseconds: json["missingSince"]?.int64)
    }
}
