import Base
import Glibc

// What is done to very many files at once: one visit to the threads for all of them, not one for each.

extension LocalStore {
    package func walk(
        _ folder: StorePath, entering: @escaping @Sendable (StorePath) -> Bool,
        wanting: @escaping @Sendable (StorePath) -> Bool
    ) async throws(StorageError) -> [StoredObject] {
        try await blocking { () throws(StorageError) in
            var found: [StoredObject] = []
            var waiting = [folder]
            while let next = waiting.popLast() {
                try self.visit(next, wanting, &found) { if entering($0) { waiting.append($0) } }
            }
            return found
        }
    }

    /// One folder of a walk.
    ///
    /// A file's kind comes with its name on most file systems, so nothing is asked about files that are not wanted.
    private func visit(
        _ folder: StorePath, _ wanting: (StorePath) -> Bool, _ found: inout [StoredObject],
        subfolder: (StorePath) -> Void
    ) throws(StorageError) {
        guard let handle = opendir(location(folder)) else {
            let error = StorageError("list", folder.text, result: -Int(errno))
            if case .notFound = error { return }
            throw error
        }
        defer { closedir(handle) }
        while let entry = try Self.nextEntry(handle, folder) {
            let name = String(cString: Self.nameBytes(entry))
            if name == "." || name == ".." || name.hasPrefix(Self.temporaryPrefix) { continue }
            let path = folder.appending(nameOnDisk: name)
            let kind = Int(entry.pointee.d_type)
            if kind == Int(DT_DIR) {
                subfolder(path)
                continue
            }
            if kind == Int(DT_REG), !wanting(path) { continue }
            var facts = stat()
            // A file that is gone since the folder was read is no longer an object.
            if fstatat(dirfd(handle), name, &facts, 0) != 0 { continue }
            if Self.isFolder(facts) {
                // A link to a folder is not followed: it could lead round in a circle.
                if kind == Int(DT_UNKNOWN) { subfolder(path) }
            } else if Self.isFile(facts), kind == Int(DT_REG) || wanting(path) {
                found.append(StoredObject(path: path, facts))
            }
        }
    }

    package func deleteEach(_ paths: [StorePath]) async throws(StorageError) {
        try await onAllThreads(paths.count, "delete") { index in
            let location = self.location(paths[index])
            let result = self.calls.attempt(.unlink) { Int(unlink(location)) }
            // After an error, what counts is whether the object is still there.
            if result < 0 && result != -Int(ENOENT) && access(location, F_OK) == 0 {
                throw StorageError("delete", paths[index].text, result: result)
            }
        }
    }

    package func absent(among paths: [StorePath]) async throws(StorageError) -> [StorePath] {
        let isThere = try await onAllThreads(paths.count, "head") { index in
            var facts = stat()
            let result = SystemCalls.retrying { Int(stat(self.location(paths[index]), &facts)) }
            if result < 0 {
                let error = StorageError("head", paths[index].text, result: result)
                if case .notFound = error { return false }
                throw error
            }
            return Self.isFile(facts)
        }
        return zip(paths, isThere).filter { !$0.1 }.map(\.0)
    }

    package func copyIn(_ copies: [(from: String, to: StorePath)]) async throws(StorageError) {
        for folder in Set(copies.map(\.to.parent)) { try await ensureFolder(folder) }
        try await onAllThreads(copies.count, "copy") { index in
            try self.copyFile(copies[index].from, copies[index].to)
        }
        try await makeDurable(copies.map(\.to))
    }

    /// Under a passing name first, so that a copy is there whole or not at all.
    private func copyFile(_ source: String, _ path: StorePath) throws(StorageError) {
        let from = SystemCalls.retrying { Int(open(source, O_RDONLY | O_CLOEXEC)) }
        if from < 0 { throw StorageError("copy", path.text, result: from) }
        defer { close(Int32(from)) }
        let temporary =
            location(path.parent) + "/" + Self.temporaryPrefix + String(random.next(), radix: 16)
        let to = calls.attempt(.openTemporary) {
            Int(open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
        }
        if to < 0 { throw StorageError("copy", path.text, result: to) }
        defer { close(Int32(to)) }
        var result = copyBytes(Int32(from), Int32(to))
        if result >= 0 {
            result = calls.attempt(.rename) { Int(rename(temporary, location(path))) }
        }
        if result < 0 {
            _ = calls.attempt(.unlink) { Int(unlink(temporary)) }
            throw StorageError("copy", path.text, result: result)
        }
    }

    /// - Returns: The negated error number if it is negative.
    private func copyBytes(_ from: Int32, _ to: Int32) -> Int {
        let size = 1 << 20
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = SystemCalls.retrying { Glibc.read(from, buffer, size) }
            if count <= 0 { return count }
            var written = 0
            while written < count {
                let step = calls.attempt(.write) { write(to, buffer + written, count - written) }
                if step < 0 { return step }
                written += step
            }
        }
    }

    @discardableResult
    private func onAllThreads<T: Sendable>(
        _ count: Int, _ operation: String, _ body: @escaping @Sendable (Int) throws -> T
    ) async throws(StorageError) -> [T] {
        do { return try await pool.map(count: count, body) } catch let error as StorageError {
            throw error
        } catch {
            throw .failed(operation: operation, path: "", reason: "\(error)")
        }
    }
}
