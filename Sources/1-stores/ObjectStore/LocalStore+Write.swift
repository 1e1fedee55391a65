import Base
import Glibc

// How a write becomes visible at once and whole, and stays: the bytes go to a file without a (final) name, are flushed,
// get the name in one step of the file system, and the folder is flushed. Why: docs/decisions/0004-local-commits-by-link.md.

extension LocalStore {
    /// A file that has its bytes but not yet its name.
    private struct Draft {
        let file: Int32
        /// `nil` for a file without any name, which the system removes by itself after a crash.
        let temporaryName: String?
    }

    /// `put` with `.overwrite`: the new bytes take the name over in one step.
    func replace(_ path: StorePath, _ bytes: [UInt8]) throws(StorageError) {
        let draft = try makeDraft(path, bytes, named: true)
        defer { close(draft.file) }
        guard let temporary = draft.temporaryName else { return }
        let target = location(path)
        let result = calls.attempt(.rename) { Int(rename(temporary, target)) }
        if result < 0 {
            // A network file system may have lost the answer of a rename that it did.
            var (mine, there) = (stat(), stat())
            let isDone =
                fstat(draft.file, &mine) == 0 && stat(target, &there) == 0
                && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
            if !isDone {
                _ = calls.attempt(.unlink) { Int(unlink(temporary)) }
                throw StorageError("put", path.text, result: result)
            }
        }
        try flushName(path)
    }

    /// `put` with `.ifAbsent`: of all writers exactly one gives the name.
    ///
    /// `named` says that the draft needs a name, since this file system has no files without one.
    func create(_ path: StorePath, _ bytes: [UInt8], named: Bool = false) throws(StorageError) {
        let target = location(path)
        // Spares the loser of a race two flushes; the answer "absent" decides nothing.
        if access(target, F_OK) == 0 { throw .alreadyExists(path.text) }
        let draft = try makeDraft(path, bytes, named: named)
        defer { discard(draft) }
        let result = calls.attempt(.link) {
            if let temporary = draft.temporaryName { return Int(link(temporary, target)) }
            return Int(linkat(AT_FDCWD, "/proc/self/fd/\(draft.file)", AT_FDCWD, target, AT_SYMLINK_FOLLOW))
        }
        switch Int32(-result) {
        case _ where result >= 0:
            break
        case EPERM, EOPNOTSUPP, ENOSYS, EXDEV, EMLINK, ENOENT:
            // Without a name: /proc is not there, or refuses. With one: no hard links here.
            if draft.temporaryName == nil { return try create(path, bytes, named: true) }
            try createWithoutLinks(path, bytes)
        default:
            try settle(draft, path, result)
        }
        try flushName(path)
    }

    /// Finds out whether a link that answered with an error was made.
    ///
    /// A network file system repeats a call whose answer was lost, and the repeat then says "exists". The count of the file's names tells.
    private func settle(_ draft: Draft, _ path: StorePath, _ result: Int) throws(StorageError) {
        var facts = stat()
        if SystemCalls.retrying({ Int(fstat(draft.file, &facts)) }) < 0 { throw .outcomeUnknown(path.text) }
        let namesBefore: UInt = draft.temporaryName == nil ? 0 : 1
        if UInt(facts.st_nlink) > namesBefore { return }
        throw StorageError("put", path.text, result: result)
    }

    /// For file systems without hard links: the file is made under its final name, which exactly one writer can do.
    ///
    /// A reader may see it short, and a crash may leave it so: the last resort.
    private func createWithoutLinks(_ path: StorePath, _ bytes: [UInt8]) throws(StorageError) {
        let target = location(path)
        let file = calls.attempt(.openTarget) {
            Int(open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
        }
        if file < 0 {
            // An answer lost on the way may have made the file; "exists" is taken for somebody else's.
            if file != -Int(EEXIST) && access(target, F_OK) == 0 { throw .outcomeUnknown(path.text) }
            throw StorageError("put", path.text, result: file)
        }
        defer { close(Int32(file)) }
        do {
            try fill(Int32(file), path, bytes)
        } catch {
            if calls.attempt(.unlink, { Int(unlink(target)) }) < 0 { throw .outcomeUnknown(path.text) }
            throw error
        }
    }

    /// Writes and flushes the bytes; makes the folder if it is not there.
    private func makeDraft(_ path: StorePath, _ bytes: [UInt8], named: Bool) throws(StorageError) -> Draft {
        var draft = openDraft(path, named: named)
        if draft.file == -ENOENT {
            try makeFolders(path.parent)
            draft = openDraft(path, named: named)
        }
        if draft.file == -ENOENT || draft.file == -ENOTDIR {
            throw .failed(
                operation: "put", path: path.text, reason: "its folder is not a folder, or vanished")
        }
        if draft.file < 0 { throw StorageError("put", path.text, result: Int(draft.file)) }
        do {
            try fill(draft.file, path, bytes)
        } catch {
            discard(draft)
            throw error
        }
        return draft
    }

    /// - Returns: A draft whose `file` is a negated error number if none could be opened.
    private func openDraft(_ path: StorePath, named: Bool) -> Draft {
        let folder = location(path.parent)
        if !named {
            let file = calls.attempt(.openUnnamed) {
                Int(open(folder, Self.unnamedFile | O_WRONLY | O_CLOEXEC, 0o666))
            }
            // Kernels and file systems without unnamed files say so in these words.
            let isUnsupported = [EOPNOTSUPP, EISDIR, EINVAL].contains(Int32(-file))
            if !isUnsupported { return Draft(file: Int32(file), temporaryName: nil) }
        }
        let name = folder + "/" + Self.temporaryPrefix + String(random.next(), radix: 16)
        let file = calls.attempt(.openTemporary) {
            Int(open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
        }
        return Draft(file: Int32(file), temporaryName: name)
    }

    /// `O_TMPFILE`, a macro that Swift does not see: `__O_TMPFILE | O_DIRECTORY`.
    private static let unnamedFile: Int32 = 0o20000000 | O_DIRECTORY

    private func discard(_ draft: Draft) {
        close(draft.file)
        // What stays behind if this fails has a name that no listing shows.
        if let name = draft.temporaryName { _ = calls.attempt(.unlink) { Int(unlink(name)) } }
    }

    private func fill(_ file: Int32, _ path: StorePath, _ bytes: [UInt8]) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            let step = bytes.withUnsafeBytes { buffer in
                calls.attempt(.write) {
                    write(file, buffer.baseAddress.map { $0 + written }, bytes.count - written)
                }
            }
            if step < 0 { throw StorageError("put", path.text, result: step) }
            written += step
        }
        let result = calls.attempt(.sync) { Int(fsync(file)) }
        if result < 0 { throw StorageError("put", path.text, result: result) }
    }

    /// After this the name outlives a power cut.
    ///
    /// If it fails, the name is there but may not stay.
    private func flushName(_ path: StorePath) throws(StorageError) {
        do { try syncFolder(path.parent) } catch { throw .outcomeUnknown(path.text) }
    }

    func syncFile(_ path: StorePath) throws(StorageError) {
        let location = location(path)
        let file = calls.attempt(.openTarget) { Int(open(location, O_RDONLY | O_CLOEXEC)) }
        if file < 0 { throw StorageError("sync", path.text, result: file) }
        defer { close(Int32(file)) }
        let result = calls.attempt(.sync) { Int(fsync(Int32(file))) }
        if result < 0 { throw StorageError("sync", path.text, result: result) }
    }

    func syncFolder(_ folder: StorePath) throws(StorageError) {
        try syncFolder(at: location(folder), folder)
    }

    private func syncFolder(at location: String, _ folder: StorePath) throws(StorageError) {
        let file = calls.attempt(.openFolder) { Int(open(location, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) }
        if file < 0 { throw StorageError("sync", folder.text, result: file) }
        defer { close(Int32(file)) }
        let result = calls.attempt(.syncFolder) { Int(fsync(Int32(file))) }
        // Some network file systems flush names by themselves and refuse to flush a folder.
        if result < 0 && result != -Int(EINVAL) { throw StorageError("sync", folder.text, result: result) }
    }

    /// Makes the folder and those above it, the root's included, and makes their names durable.
    func makeFolders(_ folder: StorePath) throws(StorageError) {
        var missing: [String] = []
        var location = location(folder)
        while true {
            let result = calls.attempt(.makeFolder) { Int(mkdir(location, 0o777)) }
            if result >= 0 || result == -Int(EEXIST) { break }
            if result != -Int(ENOENT) || location == "/" {
                throw StorageError("make folder", folder.text, result: result)
            }
            missing.append(location)
            location = Self.parent(of: location)
        }
        try syncFolder(at: Self.parent(of: location), folder)
        for next in missing.reversed() {
            let result = calls.attempt(.makeFolder) { Int(mkdir(next, 0o777)) }
            if result < 0 && result != -Int(EEXIST) {
                throw StorageError("make folder", folder.text, result: result)
            }
            try syncFolder(at: Self.parent(of: next), folder)
        }
    }

    private static func parent(of location: String) -> String {
        guard let slash = location.utf8.lastIndex(of: UInt8(ascii: "/")), slash > location.startIndex else {
            return "/"
        }
        return String(location[..<slash])
    }

    /// Removes a folder with all that is in it, hidden and temporary files too; links are removed, not followed.
    func removeTree(_ folder: StorePath) throws(StorageError) {
        guard let handle = opendir(location(folder)) else {
            let error = StorageError("delete", folder.text, result: -Int(errno))
            if case .notFound = error { return }
            throw error
        }
        var names: [(name: String, kind: Int)] = []
        do {
            defer { closedir(handle) }
            while let entry = try Self.nextEntry(handle, folder) {
                let name = String(cString: Self.nameBytes(entry))
                if name != "." && name != ".." { names.append((name, Int(entry.pointee.d_type))) }
            }
        }
        for (name, kind) in names {
            let path = folder.appending(nameOnDisk: name)
            var facts = stat()
            let isFolder: Bool
            if kind == Int(DT_UNKNOWN) {
                isFolder = lstat(location(path), &facts) == 0 && Self.isFolder(facts)
            } else {
                isFolder = kind == Int(DT_DIR)
            }
            if isFolder {
                try removeTree(path)
            } else {
                let result = calls.attempt(.unlink) { Int(unlink(location(path))) }
                if result < 0 && result != -Int(ENOENT) {
                    throw StorageError("delete", path.text, result: result)
                }
            }
        }
        let result = calls.attempt(.unlink) { Int(rmdir(location(folder))) }
        if result < 0 && result != -Int(ENOENT) { throw StorageError("delete", folder.text, result: result) }
    }
}
