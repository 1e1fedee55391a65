package import Base
import Synchronization

/// Objects in memory, for tests and throw-away catalogs; the engine cannot open them.
package final class MemoryStore: ObjectStore {
    private struct Entry {
        var bytes: [UInt8]
        var modifiedMicroseconds: Int64
    }

    private let entries = Mutex<[StorePath: Entry]>([:])
    private let time: any TimeSource

    package init(time: any TimeSource = SystemTimeSource()) { self.time = time }

    package var rootURL: String { "memory:" }

    package func get(_ path: StorePath) async throws(StorageError) -> [UInt8] {
        guard let entry = entries.withLock({ $0[path] }) else { throw .notFound(path.text) }
        return entry.bytes
    }

    package func get(_ path: StorePath, range: Range<Int64>) async throws(StorageError) -> [UInt8] {
        let bytes = try await get(path)
        return Array(bytes[clamped(range, to: bytes.count)])
    }

    package func put(_ path: StorePath, _ bytes: [UInt8], mode: PutMode) async throws(StorageError) {
        if path.isRoot { throw .invalidPath(path.text) }
        let entry = Entry(bytes: bytes, modifiedMicroseconds: time.nowMicroseconds())
        let isWritten = entries.withLock { entries in
            if mode == .ifAbsent && entries[path] != nil { return false }
            entries[path] = entry
            return true
        }
        if !isWritten { throw .alreadyExists(path.text) }
    }

    package func head(_ path: StorePath) async throws(StorageError) -> StoredObject? {
        entries.withLock { $0[path].map { Self.facts(path, $0) } }
    }

    package func list(_ folder: StorePath, after: String?) async throws(StorageError) -> [StoredObject] {
        let found = try await listRecursively(folder).filter { $0.path.parent == folder }
        guard let after else { return found }
        return found.filter { after.utf8.lexicographicallyPrecedes($0.path.name.utf8) }
    }

    package func listRecursively(_ folder: StorePath) async throws(StorageError) -> [StoredObject] {
        entries.withLock { entries in
            entries.filter { $0.key.isBelow(folder) }.map { Self.facts($0.key, $0.value) }
        }.sorted { $0.path < $1.path }
    }

    package func delete(_ path: StorePath) async throws(StorageError) {
        entries.withLock { _ = $0.removeValue(forKey: path) }
    }

    package func deleteRecursively(_ folder: StorePath) async throws(StorageError) {
        entries.withLock { entries in entries = entries.filter { !$0.key.isBelow(folder) } }
    }

    package func makeDurable(_ paths: [StorePath]) async throws(StorageError) {
        if let missing = entries.withLock({ entries in paths.first { entries[$0] == nil } }) {
            throw .notFound(missing.text)
        }
    }

    package func engineLocation(_ path: StorePath) -> String { "memory:" + path.text }

    package func ensureFolder(_ path: StorePath) async throws(StorageError) {}

    package func mapEach<T: Sendable>(
        _ paths: [StorePath], _ body: @escaping @Sendable (Int, [UInt8]) throws -> T
    ) async throws -> [T] {
        var results: [T] = []
        results.reserveCapacity(paths.count)
        for (index, path) in paths.enumerated() { results.append(try body(index, try await get(path))) }
        return results
    }

    private static func facts(_ path: StorePath, _ entry: Entry) -> StoredObject {
        StoredObject(
            path: path, byteCount: Int64(entry.bytes.count), modifiedMicroseconds: entry.modifiedMicroseconds)
    }
}

/// The part of `range` that lies in an object of `count` bytes.
func clamped(_ range: Range<Int64>, to count: Int) -> Range<Int> {
    let lower = min(max(0, range.lowerBound), Int64(count))
    let upper = min(max(lower, range.upperBound), Int64(count))
    return Int(lower)..<Int(upper)
}
