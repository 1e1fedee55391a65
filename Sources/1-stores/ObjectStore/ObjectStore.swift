/// An object as a listing shows it.
package struct StoredObject: Hashable, Sendable {
    package let path: StorePath
    package let byteCount: Int64
    /// Microseconds since 1970-01-01T00:00:00Z, by the store's own clock.
    package let modifiedMicroseconds: Int64

    package init(path: StorePath, byteCount: Int64, modifiedMicroseconds: Int64) {
        self.path = path
        self.byteCount = byteCount
        self.modifiedMicroseconds = modifiedMicroseconds
    }
}

package enum PutMode: Hashable, Sendable, CaseIterable {
    /// The last writer wins; a reader sees the old bytes or the new ones, never a mixture.
    case overwrite
    /// Of all writers, on whatever host, exactly one succeeds; the others get `.alreadyExists`.
    case ifAbsent
}

/// Named bytes below a root: what tables and logs are kept in.
///
/// Every implementation passes `ObjectStoreContract` (LakehouseTesting). What callers may rely on:
/// - An object appears whole or not at all, and `put` is durable when it returns.
/// - Reads and listings see every write that returned before they began.
/// - `.failed`, `.full`, `.denied` and `.alreadyExists` from a write mean that nothing changed; only `.outcomeUnknown` leaves it open.
/// - Folders are only names: they need not be made before a `put` and do not show in listings.
package protocol ObjectStore: Sendable {
    /// The root as a URL without a trailing slash, for messages to the owner and for the engine.
    var rootURL: String { get }

    /// All bytes of an object.
    func get(_ path: StorePath) async throws(StorageError) -> [UInt8]

    /// The bytes of `range` that exist: fewer where the object ends early, none past its end.
    func get(_ path: StorePath, range: Range<Int64>) async throws(StorageError) -> [UInt8]

    /// Writes an object whole; durable when it returns.
    func put(_ path: StorePath, _ bytes: [UInt8], mode: PutMode) async throws(StorageError)

    /// Size and time of an object; `nil` when absent or when the path is a folder.
    func head(_ path: StorePath) async throws(StorageError) -> StoredObject?

    /// The objects directly in `folder`, by the bytes of their names; an absent folder has none.
    ///
    /// With `after`, only those whose names are greater than it, whether it exists or not: cheaper than dropping them.
    func list(_ folder: StorePath, after: String?) async throws(StorageError) -> [StoredObject]

    /// The objects at any depth below `folder`, by the bytes of their paths.
    func listRecursively(_ folder: StorePath) async throws(StorageError) -> [StoredObject]

    /// The objects at any depth below `folder` that are wanted, in no order that means anything.
    ///
    /// For folders of millions of objects: nothing is sorted, and size and time are only looked up of what is wanted.
    ///
    /// - Parameters:
    ///   - folder: Where to begin; an absent one has no objects.
    ///   - entering: Asked for each folder below it; what lies in one that is refused is passed over.
    ///   - wanting: Asked for each object's path.
    /// - Returns: The wanted objects.
    /// - Throws: The first failure to list a folder.
    func walk(
        _ folder: StorePath, entering: @escaping @Sendable (StorePath) -> Bool,
        wanting: @escaping @Sendable (StorePath) -> Bool
    ) async throws(StorageError) -> [StoredObject]

    /// Removes an object; an absent one is no error.
    func delete(_ path: StorePath) async throws(StorageError)

    /// Removes many objects, several at once; absent ones are no error.
    ///
    /// Not atomic: after an error some objects are gone and a repeat goes on.
    func deleteEach(_ paths: [StorePath]) async throws(StorageError)

    /// Those of the paths at which there is no object, in the given order.
    func absent(among paths: [StorePath]) async throws(StorageError) -> [StorePath]

    /// Makes durable copies of files that lie elsewhere, several at once; each appears whole or not at all.
    ///
    /// - Parameter copies: Where a file lies, as `engineLocation` of its own store tells, and the path of its copy.
    /// - Throws: `.notFound` naming the copy whose original is not there. Some copies may have been made then.
    func copyIn(_ copies: [(from: String, to: StorePath)]) async throws(StorageError)

    /// Removes everything below `folder` and the folder itself; what a dropped table leaves behind.
    ///
    /// Not atomic: after an error some objects are gone and a repeat goes on.
    func deleteRecursively(_ folder: StorePath) async throws(StorageError)

    /// Makes objects durable that the engine wrote by itself, and the names of their folders.
    func makeDurable(_ paths: [StorePath]) async throws(StorageError)

    /// Gives an object that the engine wrote its final name, in place of what had the name; durable when it returns.
    ///
    /// The temporary one is gone afterwards, also where this fails.
    func moveIntoPlace(_ temporary: StorePath, as path: StorePath) async throws(StorageError)

    /// Writes a small object that nobody depends on, if its name is free: it may be lost, or be empty, after a crash.
    func putHint(_ path: StorePath, _ bytes: [UInt8]) async throws(StorageError)

    /// What the engine opens to read or write the object: an absolute path or a URL, not quoted, wildcards not escaped.
    func engineLocation(_ path: StorePath) -> String

    /// Makes sure that the engine can write files there.
    func ensureFolder(_ path: StorePath) async throws(StorageError)

    /// Reads many objects, several at once, and maps each as it comes, so that the bytes need not be held.
    ///
    /// - Parameters:
    ///   - paths: What to read; a path may come twice.
    ///   - body: Called on several threads with the position in `paths` and the object's bytes.
    /// - Returns: The results in the order of `paths`.
    /// - Throws: The first `StorageError`, or the first error of `body`; which of several is not defined.
    func mapEach<T: Sendable>(
        _ paths: [StorePath], _ body: @escaping @Sendable (Int, [UInt8]) throws -> T
    ) async throws -> [T]
}

extension ObjectStore {
    package func moveIntoPlace(_ temporary: StorePath, as path: StorePath) async throws(StorageError) {
        do {
            try await put(path, try await get(temporary), mode: .overwrite)
        } catch {
            try? await delete(temporary)
            throw error
        }
        try await delete(temporary)
    }

    package func putHint(_ path: StorePath, _ bytes: [UInt8]) async throws(StorageError) {
        try await put(path, bytes, mode: .ifAbsent)
    }

    package func list(_ folder: StorePath) async throws(StorageError) -> [StoredObject] {
        try await list(folder, after: nil)
    }

    package func walk(
        _ folder: StorePath, entering: @escaping @Sendable (StorePath) -> Bool,
        wanting: @escaping @Sendable (StorePath) -> Bool
    ) async throws(StorageError) -> [StoredObject] {
        try await listRecursively(folder).filter { object in
            var parent = object.path.parent
            while parent != folder, !parent.isRoot {
                if !entering(parent) { return false }
                parent = parent.parent
            }
            return wanting(object.path)
        }
    }

    package func deleteEach(_ paths: [StorePath]) async throws(StorageError) {
        for path in paths { try await delete(path) }
    }

    package func absent(among paths: [StorePath]) async throws(StorageError) -> [StorePath] {
        var absent: [StorePath] = []
        for path in paths where try await head(path) == nil { absent.append(path) }
        return absent
    }

    package func copyIn(_ copies: [(from: String, to: StorePath)]) async throws(StorageError) {
        guard let first = copies.first else { return }
        throw .failed(operation: "copy", path: first.to.text, reason: "this store cannot read other places")
    }
}
