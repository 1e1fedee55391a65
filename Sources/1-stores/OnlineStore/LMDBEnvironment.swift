import Base
import CLMDB
import Glibc
import Synchronization

/// A call of LMDB that answered with an error number.
struct LMDBFailure: Error {
    let operation: String
    let code: Int32

    /// Throws unless the call succeeded.
    static func check(_ operation: String, _ code: Int32) throws(LMDBFailure) {
        if code != MDB_SUCCESS { throw LMDBFailure(operation: operation, code: code) }
    }

    var tarnError: TarnError {
        let reason = String(cString: mdb_strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            return TarnError(
                .resourceExhausted,
                "Cannot write to the online store: no space is left. Free some space and repeat; nothing was changed.",
                isRetryable: true, cause: self)
        case MDB_READERS_FULL:
            return TarnError(
                .resourceExhausted, "Cannot read from the online store: too many readers at once. Try again.",
                isRetryable: true, cause: self)
        case MDB_CORRUPTED, MDB_INVALID, MDB_VERSION_MISMATCH, MDB_PAGE_NOTFOUND:
            return TarnError(
                .corruptMetadata,
                "The online store is damaged (\(reason)). Remove its folder and materialise the views again.",
                cause: self)
        case EIO:
            // LMDB answers this for a write that came out short, which is how a disk fills up.
            return TarnError(
                .storage,
                "The online store failed to \(operation): \(reason). Check that the disk has space left.",
                isRetryable: true, cause: self)
        default:
            return TarnError(.storage, "The online store failed to \(operation): \(reason).", cause: self)
        }
    }
}

/// One open LMDB environment: transactions, the size of the map, and the rules for both.
///
/// LMDB asks that one process opens an environment once, that a write transaction stays on one thread, and that the
/// map is resized only while the process has no transaction. All three are kept here.
final class LMDBEnvironment: Sendable {
    nonisolated(unsafe) private let environment: OpaquePointer
    /// The one table: LMDB's unnamed database.
    let table: MDB_dbi
    private let gate = ReaderGate()
    private let idle = IdleReaders()
    /// Held during every write transaction and whenever the map is resized.
    private let writing = Mutex(())
    private let isClosed = Atomic<Bool>(false)
    private let identity: FolderIdentity

    /// Readers of all processes together; each takes 64 bytes in the lock file.
    private static let readerLimit: UInt32 = 1024
    private static let largestMap = 1 << 46

    /// Opens or makes the environment in an existing folder.
    init(folder: String, mapByteCount: Int) throws(TarnError) {
        identity = try FolderIdentity.claim(folder)
        do {
            (environment, table) = try Self.open(folder, mapByteCount: mapByteCount)
        } catch {
            identity.release()
            throw error.tarnError
        }
    }

    private static func open(
        _ folder: String, mapByteCount: Int
    ) throws(LMDBFailure) -> (OpaquePointer, MDB_dbi) {
        var created: OpaquePointer?
        try LMDBFailure.check("start", mdb_env_create(&created))
        guard let environment = created else { throw LMDBFailure(operation: "start", code: ENOMEM) }
        do throws(LMDBFailure) {
            try LMDBFailure.check("set its size", mdb_env_set_mapsize(environment, mapByteCount))
            try LMDBFailure.check("set its readers", mdb_env_set_maxreaders(environment, readerLimit))
            try LMDBFailure.check("open", mdb_env_open(environment, folder, UInt32(MDB_NOTLS), 0o644))
            // Readers that were killed would keep old pages from being used again.
            mdb_reader_check(environment, nil)
            var transaction: OpaquePointer?
            try LMDBFailure.check("open", mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction))
            var table: MDB_dbi = 0
            let code = mdb_dbi_open(transaction, nil, 0, &table)
            mdb_txn_abort(transaction)
            try LMDBFailure.check("open", code)
            return (environment, table)
        } catch {
            mdb_env_close(environment)
            throw error
        }
    }

    deinit { close() }

    /// Waits for readers and writer, then closes; later calls fail.
    func close() {
        writing.withLock { _ in
            gate.alone {
                if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
                idle.removeAll()
                mdb_env_close(environment)
                identity.release()
            }
        }
    }

    private static let closedError = TarnError(
        .failedPrecondition, "The online store is closed. Open the lakehouse again.")

    /// Runs `body` in a read transaction on this thread.
    func reading<T>(_ body: (OpaquePointer) throws(LMDBFailure) -> T) throws(TarnError) -> T {
        var hasCheckedReaders = false
        while true {
            gate.enter()
            if isClosed.load(ordering: .acquiring) {
                gate.leave()
                throw Self.closedError
            }
            let transaction: OpaquePointer
            do throws(LMDBFailure) { transaction = try beginReading() } catch {
                gate.leave()
                if error.code == MDB_MAP_RESIZED {
                    try adoptMapSize()
                } else if error.code == MDB_READERS_FULL && !hasCheckedReaders {
                    hasCheckedReaders = true
                    mdb_reader_check(environment, nil)
                } else {
                    throw error.tarnError
                }
                continue
            }
            defer {
                mdb_txn_reset(transaction)
                idle.put(transaction)
                gate.leave()
            }
            do throws(LMDBFailure) { return try body(transaction) } catch { throw error.tarnError }
        }
    }

    private func beginReading() throws(LMDBFailure) -> OpaquePointer {
        var transaction = idle.take()
        let code: Int32
        if let known = transaction {
            code = mdb_txn_renew(known)
            if code != MDB_SUCCESS { mdb_txn_abort(known) }
        } else {
            code = mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction)
        }
        try LMDBFailure.check("read", code)
        guard let transaction else { throw LMDBFailure(operation: "read", code: ENOMEM) }
        return transaction
    }

    /// Runs `body` in a write transaction and commits; durable when it returns.
    ///
    /// When the map is too small it is doubled and `body` runs again from the start.
    func writing<T>(_ body: (OpaquePointer) throws(LMDBFailure) -> T) throws(TarnError) -> T {
        while true {
            var outcome: Result<T, LMDBFailure> = .failure(
                LMDBFailure(operation: "write", code: Self.closedCode))
            writing.withLock { _ in
                if isClosed.load(ordering: .acquiring) { return }
                do throws(LMDBFailure) { outcome = .success(try writeOnce(body)) } catch {
                    outcome = .failure(error)
                }
            }
            let failure: LMDBFailure
            switch outcome {
            case .success(let result): return result
            case .failure(let error): failure = error
            }
            switch failure.code {
            case MDB_MAP_FULL: try grow()
            case MDB_MAP_RESIZED: try adoptMapSize()
            case Self.closedCode: throw Self.closedError
            default: throw failure.tarnError
            }
        }
    }

    private static let closedCode: Int32 = -1

    private func writeOnce<T>(_ body: (OpaquePointer) throws(LMDBFailure) -> T) throws(LMDBFailure) -> T {
        mdb_reader_check(environment, nil)
        var begun: OpaquePointer?
        try LMDBFailure.check("write", mdb_txn_begin(environment, nil, 0, &begun))
        guard let transaction = begun else { throw LMDBFailure(operation: "write", code: ENOMEM) }
        let result: T
        do throws(LMDBFailure) {
            result = try body(transaction)
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        // A commit that fails has undone everything.
        try LMDBFailure.check("commit", mdb_txn_commit(transaction))
        return result
    }

    private func grow() throws(TarnError) {
        var info = MDB_envinfo()
        mdb_env_info(environment, &info)
        let size = info.me_mapsize * 2
        if size > Self.largestMap {
            throw TarnError(
                .resourceExhausted, "The online store has reached its greatest size. Clear views.")
        }
        try resize(size)
    }

    /// Takes over the size that another process has given the map.
    private func adoptMapSize() throws(TarnError) { try resize(0) }

    private func resize(_ byteCount: Int) throws(TarnError) {
        let code = writing.withLock { _ in
            gate.alone {
                isClosed.load(ordering: .acquiring)
                    ? Self.closedCode : mdb_env_set_mapsize(environment, byteCount)
            }
        }
        if code == Self.closedCode { throw Self.closedError }
        do { try LMDBFailure.check("grow", code) } catch { throw error.tarnError }
    }

    /// Size of the map and bytes of the pages in use or free.
    func sizes() throws(TarnError) -> (map: Int, pages: Int) {
        try reading { _ in
            var info = MDB_envinfo()
            var facts = MDB_stat()
            mdb_env_info(environment, &info)
            mdb_env_stat(environment, &facts)
            return (info.me_mapsize, (info.me_last_pgno + 1) * Int(facts.ms_psize))
        }
    }
}
