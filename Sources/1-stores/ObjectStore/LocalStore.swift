package import Base
import Glibc

/// Objects as files below a folder of this machine, or of a mounted network file system.
///
/// ```swift
/// let store = LocalStore(root: "/data/lakehouse/warehouse")
/// try await store.put("orders/_delta_log/00000000000000000000.json", bytes, mode: .ifAbsent)
/// ```
///
/// Every call blocks, so all run on `BlockingPool.files`. Names that begin with `.tarn-tmp-` are files in the making:
/// no listing shows them. How writes become atomic and durable: docs/decisions/0004-local-commits-by-link.md.
package final class LocalStore: ObjectStore {
    /// The absolute path of the root, without a trailing slash.
    let root: String
    let calls: SystemCalls
    let random: any RandomSource
    let pool: BlockingPool

    static let temporaryPrefix = ".tarn-tmp-"

    /// - Parameters:
    ///   - root: An absolute path; the folder is made by the first write.
    ///   - pool: Threads for the blocking calls.
    ///   - random: For the names of temporary files.
    ///   - calls: Tests pass one that fails.
    package init(
        root: String, pool: BlockingPool = .files, random: any RandomSource = SystemRandomSource(),
        calls: SystemCalls = SystemCalls()
    ) {
        var root = Substring(root)
        while root.utf8.count > 1 && root.hasSuffix("/") { root = root.dropLast() }
        self.root = String(root)
        self.pool = pool
        self.random = random
        self.calls = calls
    }

    package var rootURL: String { "file://" + root }

    package func get(_ path: StorePath) async throws(StorageError) -> [UInt8] {
        try await blocking { () throws(StorageError) in try self.readAll(path) }
    }

    package func get(_ path: StorePath, range: Range<Int64>) async throws(StorageError) -> [UInt8] {
        try await blocking { () throws(StorageError) in try self.read(path, range: range) }
    }

    package func put(_ path: StorePath, _ bytes: [UInt8], mode: PutMode) async throws(StorageError) {
        try await blocking { () throws(StorageError) in
            if path.isRoot { throw .invalidPath(path.text) }
            switch mode {
            case .overwrite: try self.replace(path, bytes)
            case .ifAbsent: try self.create(path, bytes)
            }
        }
    }

    package func moveIntoPlace(_ temporary: StorePath, as path: StorePath) async throws(StorageError) {
        try await blocking { () throws(StorageError) in try self.move(temporary, to: path) }
    }

    package func putHint(_ path: StorePath, _ bytes: [UInt8]) async throws(StorageError) {
        try await blocking { () throws(StorageError) in try self.createUnflushed(path, bytes) }
    }

    package func head(_ path: StorePath) async throws(StorageError) -> StoredObject? {
        try await blocking { () throws(StorageError) in
            var facts = stat()
            let result = SystemCalls.retrying { Int(stat(self.location(path), &facts)) }
            if result < 0 {
                let error = StorageError("head", path.text, result: result)
                if case .notFound = error { return nil }
                throw error
            }
            return Self.isFile(facts) ? StoredObject(path: path, facts) : nil
        }
    }

    package func list(_ folder: StorePath, after: String?) async throws(StorageError) -> [StoredObject] {
        try await blocking { () throws(StorageError) in try self.files(in: folder, after: after) }
    }

    package func listRecursively(_ folder: StorePath) async throws(StorageError) -> [StoredObject] {
        try await blocking { () throws(StorageError) in
            var found: [StoredObject] = []
            var waiting = [folder]
            while let next = waiting.popLast() {
                found += try self.files(in: next, after: nil) { waiting.append($0) }
            }
            return found.sorted { $0.path < $1.path }
        }
    }

    package func delete(_ path: StorePath) async throws(StorageError) {
        try await blocking { () throws(StorageError) in
            let location = self.location(path)
            let result = self.calls.attempt(.unlink) { Int(unlink(location)) }
            // After an error, what counts is whether the object is still there.
            if result < 0 && access(location, F_OK) == 0 {
                throw StorageError("delete", path.text, result: result)
            }
        }
    }

    package func deleteRecursively(_ folder: StorePath) async throws(StorageError) {
        try await blocking { () throws(StorageError) in
            if folder.isRoot { throw .invalidPath(folder.text) }
            try self.removeTree(folder)
        }
    }

    package func makeDurable(_ paths: [StorePath]) async throws(StorageError) {
        if paths.isEmpty { return }
        do {
            _ = try await pool.map(count: paths.count) { index in
                try self.syncFile(paths[index])
            }
            // The engine may have made folders as well, so the names of all levels are written out.
            var folders = Set<StorePath>()
            for path in paths {
                var folder = path.parent
                while folders.insert(folder).inserted && !folder.isRoot { folder = folder.parent }
            }
            let all = Array(folders)
            _ = try await pool.map(count: all.count) { index in try self.syncFolder(all[index]) }
        } catch let error as StorageError {
            throw error
        } catch {
            throw .failed(operation: "sync", path: "", reason: "\(error)")
        }
    }

    package func engineLocation(_ path: StorePath) -> String { location(path) }

    package func ensureFolder(_ path: StorePath) async throws(StorageError) {
        try await blocking { () throws(StorageError) in try self.makeFolders(path) }
    }

    package func mapEach<T: Sendable>(
        _ paths: [StorePath], _ body: @escaping @Sendable (Int, [UInt8]) throws -> T
    ) async throws -> [T] {
        try await pool.map(count: paths.count) { index in
            try body(index, try self.readAll(paths[index]))
        }
    }

    /// The absolute path of an object.
    func location(_ path: StorePath) -> String { path.isRoot ? root : root + "/" + path.text }

    func blocking<T: Sendable>(
        _ body: @escaping @Sendable () throws(StorageError) -> T
    ) async throws(StorageError) -> T {
        do {
            return try await pool.run { try body() }
        } catch let error as StorageError {
            throw error
        } catch {
            throw .failed(operation: "call", path: "", reason: "\(error)")
        }
    }
}
