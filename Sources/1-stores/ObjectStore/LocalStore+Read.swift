import Glibc

extension LocalStore {
    /// Four system calls for a file: thousands of small ones are read at the speed of the page cache.
    func readAll(_ path: StorePath) throws(StorageError) -> [UInt8] {
        let file = try openForReading(path)
        defer { close(file) }
        let size = try byteCount(of: file, path)
        return try read(file, path, from: 0, count: size)
    }

    func read(_ path: StorePath, range: Range<Int64>) throws(StorageError) -> [UInt8] {
        let file = try openForReading(path)
        defer { close(file) }
        let part = clamped(range, to: try byteCount(of: file, path))
        return try read(file, path, from: part.lowerBound, count: part.count)
    }

    private func openForReading(_ path: StorePath) throws(StorageError) -> Int32 {
        let location = location(path)
        let file = SystemCalls.retrying { Int(open(location, O_RDONLY | O_CLOEXEC)) }
        if file < 0 { throw StorageError("get", path.text, result: file) }
        return Int32(file)
    }

    private func byteCount(of file: Int32, _ path: StorePath) throws(StorageError) -> Int {
        var facts = stat()
        let result = SystemCalls.retrying { Int(fstat(file, &facts)) }
        if result < 0 { throw StorageError("get", path.text, result: result) }
        if Self.isFolder(facts) { throw .notFound(path.text) }
        return Int(facts.st_size)
    }

    /// Exactly `count` bytes, or fewer if the file was cut short meanwhile.
    private func read(
        _ file: Int32, _ path: StorePath, from offset: Int, count: Int
    ) throws(StorageError) -> [UInt8] {
        if count == 0 { return [] }
        var failure = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let step = SystemCalls.retrying {
                    pread(file, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
                }
                if step < 0 { failure = step }
                if step <= 0 { break }
                filled += step
            }
        }
        if failure < 0 { throw StorageError("get", path.text, result: failure) }
        return bytes
    }

    /// The files directly in `folder`, sorted; folders go to `subfolder`.
    func files(
        in folder: StorePath, after: String?, subfolder: (StorePath) -> Void = { _ in }
    ) throws(StorageError) -> [StoredObject] {
        guard let handle = opendir(location(folder)) else {
            let error = StorageError("list", folder.text, result: -Int(errno))
            if case .notFound = error { return [] }
            throw error
        }
        defer { closedir(handle) }
        var found: [StoredObject] = []
        while let entry = try Self.nextEntry(handle, folder) {
            let kind = Int(entry.pointee.d_type)
            // Compared as bytes, since most names are dropped here when a long log is listed from near its end.
            if let after, kind != Int(DT_DIR), strcmp(Self.nameBytes(entry), after) <= 0 { continue }
            let name = String(cString: Self.nameBytes(entry))
            if name == "." || name == ".." || name.hasPrefix(Self.temporaryPrefix) { continue }
            let path = folder.appending(nameOnDisk: name)
            if kind == Int(DT_DIR) {
                subfolder(path)
                continue
            }
            var facts = stat()
            // A file that is gone since the folder was read is no longer an object.
            if fstatat(dirfd(handle), name, &facts, 0) != 0 { continue }
            if Self.isFolder(facts) {
                // A link to a folder is not followed when walking: it could lead round in a circle.
                if kind == Int(DT_UNKNOWN) { subfolder(path) }
            } else if Self.isFile(facts) {
                found.append(StoredObject(path: path, facts))
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    /// The next entry of an open folder, valid until the next call; `nil` at the end.
    static func nextEntry(
        _ handle: OpaquePointer, _ folder: StorePath
    ) throws(StorageError) -> UnsafeMutablePointer<dirent>? {
        errno = 0
        guard let entry = readdir(handle) else {
            if errno != 0 { throw StorageError("list", folder.text, result: -Int(errno)) }
            return nil
        }
        return entry
    }

    /// The entry's name, closed by a NUL; it may be longer than the field that C declares.
    static func nameBytes(_ entry: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
        let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 19
        return UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
    }

    static func isFolder(_ facts: stat) -> Bool { facts.st_mode & S_IFMT == S_IFDIR }
    static func isFile(_ facts: stat) -> Bool { facts.st_mode & S_IFMT == S_IFREG }
}

extension StoredObject {
    init(path: StorePath, _ facts: stat) {
        let time = facts.st_mtim
        self.init(
            path: path, byteCount: Int64(facts.st_size),
            modifiedMicroseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
