internal import Base
internal import Glibc

/// The folder of journals: of each chain a lock and its segments, in the order of their numbers.
///
///     journal/
///       6f0c...e1.lock         held by the process that writes the chain, as long as it lives
///       6f0c...e1-000001.log   sealed, on its way into the table
///       6f0c...e1-000002.log   being written
struct JournalFolder: Sendable {
    let path: String

    struct Segment: Hashable, Sendable {
        var chain: String
        var number: Int
    }

    func file(_ segment: Segment) -> String {
        let digits = String(segment.number)
        return
            "\(path)/\(segment.chain)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).log"
    }

    func lockFile(_ chain: String) -> String { "\(path)/\(chain).lock" }

    /// Every chain that has a file here, with its segments in order.
    ///
    /// - Throws: `.storage` if the folder cannot be read; a folder that is not there holds nothing.
    func chains() throws(TarnError) -> [String: [Segment]] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [:] }
            throw AuditFailure.storage("read the journals of the audit log")
        }
        defer { closedir(folder) }
        var chains: [String: [Segment]] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".lock") { chains[String(name.dropLast(5)), default: []] += [] }
            guard name.hasSuffix(".log"), let dash = name.lastIndex(of: "-"),
                let number = Int(name[name.index(after: dash)...].dropLast(4))
            else { continue }
            let chain = String(name[..<dash])
            chains[chain, default: []].append(Segment(chain: chain, number: number))
        }
        return chains.mapValues { $0.sorted { $0.number < $1.number } }
    }

    func make() throws(TarnError) {
        var parts = ""
        for part in path.split(separator: "/") {
            parts += "/" + part
            if mkdir(parts, 0o700) != 0, errno != EEXIST, access(parts, X_OK) != 0 {
                throw AuditFailure.storage("make the folder of the audit log")
            }
        }
    }

    /// Makes the names in the folder last through a power cut.
    func sync() throws(TarnError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder < 0 { throw AuditFailure.storage("open the folder of the audit log") }
        defer { close(folder) }
        if fsync(folder) != 0 { throw AuditFailure.storage("save the folder of the audit log") }
    }

    func remove(_ segment: Segment) throws(TarnError) {
        if unlink(file(segment)) != 0, errno != ENOENT {
            throw AuditFailure.storage("remove a journal of the audit log")
        }
    }
}

/// A lock that the system lets go of when its process dies.
final class JournalLock: Sendable {
    private let file: Int32
    private let path: String

    /// - Returns: `nil` if a living process has it.
    init?(_ path: String) throws(TarnError) {
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        self.path = path
        if file < 0 { throw AuditFailure.storage("lock a journal of the audit log") }
        if flock(file, LOCK_EX | LOCK_NB) != 0 {
            close(file)
            return nil
        }
    }

    deinit { close(file) }

    func release() { flock(file, LOCK_UN) }

    /// Nothing of the chain is left in the folder.
    func removeFile() { unlink(path) }
}

enum AuditFailure {
    static func storage(_ action: String, _ code: Int32 = errno) -> TarnError {
        TarnError(
            code == ENOSPC || code == EDQUOT ? .resourceExhausted : .storage,
            "Cannot \(action): \(String(cString: strerror(code))). Changes are refused as long as they cannot be recorded.",
            isRetryable: true)
    }
}
