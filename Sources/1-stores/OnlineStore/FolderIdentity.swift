import Base
import Glibc
import Synchronization

/// Which folder it is, whatever its path; a process may open each only once.
struct FolderIdentity: Hashable {
    let device: UInt
    let number: UInt

    private static let taken = Mutex<Set<FolderIdentity>>([])

    /// Makes the folder and those above it where they are missing.
    static func make(_ folder: String) throws(TarnError) {
        var end = folder.utf8.startIndex
        while end < folder.utf8.endIndex {
            let next = folder.utf8.index(after: end)
            end = folder.utf8[next...].firstIndex(of: UInt8(ascii: "/")) ?? folder.utf8.endIndex
            let level = String(folder[..<end])
            if mkdir(level, 0o777) == 0 {
                flushNames(in: level + "/..")
            } else if errno != EEXIST {
                throw TarnError(
                    .storage,
                    "Cannot make the folder of the online store: \(String(cString: strerror(errno))). "
                        + "Check the home folder's permissions.")
            }
        }
    }

    /// Makes the names in a folder durable: LMDB flushes its files, but not that they are there.
    static func flushNames(in folder: String) {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if file < 0 { return }
        fsync(file)
        close(file)
    }

    /// Takes the folder for this process, or refuses if it is taken.
    static func claim(_ folder: String) throws(TarnError) -> FolderIdentity {
        var facts = stat()
        if stat(folder, &facts) != 0 {
            throw TarnError(
                .storage, "Cannot open the folder of the online store: \(String(cString: strerror(errno))).")
        }
        let identity = FolderIdentity(device: UInt(facts.st_dev), number: UInt(facts.st_ino))
        if !taken.withLock({ $0.insert(identity).inserted }) {
            throw TarnError(
                .failedPrecondition,
                "The online store is open already in this process. Use the one that is open, or close it first."
            )
        }
        return identity
    }

    func release() { Self.taken.withLock { _ = $0.remove(self) } }
}
