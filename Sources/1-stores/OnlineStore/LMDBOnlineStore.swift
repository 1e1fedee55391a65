package import Base
import CLMDB

/// Online rows in LMDB: memory-mapped, read without copies or locks, shared by processes, safe against `kill -9`.
///
/// ```swift
/// let store = try await LMDBOnlineStore.open(folder: home + "/online")
/// try await store.write(rows) { old, new in isLater(new, than: old) }
/// try store.read(keys) { index, value in ... }
/// ```
///
/// Any number of readers and one writer at a time, over all processes of the machine. Layout: docs/formats/online-store.md.
package final class LMDBOnlineStore: OnlineStore {
    let environment: LMDBEnvironment
    let longKeyHash: LongKeyHash
    /// Write transactions are bound to their thread and may wait for another process's.
    private let writer = BlockingPool(name: "tarn-online", threadCount: 1)

    private static let formatVersion: UInt64 = 1
    /// The map reserves addresses, not memory or disk.
    package static let defaultMapByteCount = 16 << 30

    /// Opens the store, and makes it first if the folder is absent or empty.
    ///
    /// - Parameters:
    ///   - folder: On a local disk; a process can have it open only once.
    ///   - mapByteCount: The size up to which the file grows without a pause; it is doubled when needed.
    ///   - longKeyHash: Tests pass one that collides.
    /// - Throws: `.unsupported` for a store of a newer format, `.corruptMetadata` for what is no such store.
    /// - Returns: The open store.
    package static func open(
        folder: String, mapByteCount: Int = defaultMapByteCount,
        longKeyHash: @escaping LongKeyHash = standardLongKeyHash
    ) async throws(TarnError) -> LMDBOnlineStore {
        try await onThread(.files) { () throws(TarnError) in
            try FolderIdentity.make(folder)
            let environment = try LMDBEnvironment(folder: folder, mapByteCount: mapByteCount)
            let store = LMDBOnlineStore(environment, longKeyHash)
            do throws(TarnError) { try store.checkFormat() } catch {
                environment.close()
                throw error
            }
            FolderIdentity.flushNames(in: folder)
            return store
        }
    }

    private init(_ environment: LMDBEnvironment, _ longKeyHash: @escaping LongKeyHash) {
        self.environment = environment
        self.longKeyHash = longKeyHash
    }

    /// Waits for running reads and writes, then closes; later calls fail.
    package func close() { environment.close() }

    package func read(_ keys: OnlineKeys, _ body: (Int, UnsafeRawBufferPointer?) -> Void) throws(TarnError) {
        if keys.isEmpty { return }
        let table = environment.table
        try environment.reading { transaction throws(LMDBFailure) in
            var failure: LMDBFailure?
            keys.bytes.withUnsafeBytes { bytes in
                for index in 0..<keys.count {
                    let key = UnsafeRawBufferPointer(rebasing: bytes[keys.range(index)])
                    do throws(LMDBFailure) {
                        let row = LMDBRow(transaction, table)
                        body(index, try row.value(of: key, longKeyHash))
                    } catch {
                        failure = error
                        return
                    }
                }
            }
            if let failure { throw failure }
        }
    }

    @discardableResult
    package func write(
        _ rows: OnlineRows,
        shouldReplace: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) async throws(TarnError) -> Int {
        if rows.isEmpty { return 0 }
        return try await Self.onThread(writer) { () throws(TarnError) in
            let batch = SortedBatch(rows)
            return try self.environment.writing { transaction throws(LMDBFailure) in
                try self.write(batch, in: transaction, shouldReplace)
            }
        }
    }

    package func count(of view: OnlineViewID) throws(TarnError) -> Int {
        let table = environment.table
        return try environment.reading { transaction throws(LMDBFailure) in
            try LMDBRow(transaction, table).number(FactKey.count(of: view)).map { Int($0) } ?? 0
        }
    }

    package func clear(_ view: OnlineViewID) async throws(TarnError) {
        try await Self.onThread(writer) { () throws(TarnError) in
            try self.environment.writing { transaction throws(LMDBFailure) in
                try self.clear(view, in: transaction)
            }
        }
    }

    package func facts() throws(TarnError) -> OnlineStoreFacts {
        let counts = try environment.reading { transaction throws(LMDBFailure) in
            try self.counts(in: transaction)
        }
        return OnlineStoreFacts(
            byteCount: Int64(try environment.sizes().pages), entryCount: counts.values.reduce(0, +))
    }

    /// Bytes of addresses that the map takes up; grows by itself.
    package func mapByteCount() throws(TarnError) -> Int { try environment.sizes().map }

    /// Refuses a newer format, and marks an empty store as one of this format.
    private func checkFormat() throws(TarnError) {
        let table = environment.table
        let known = try environment.reading { transaction throws(LMDBFailure) in
            try LMDBRow(transaction, table).number(FactKey.format)
        }
        if let known {
            if known <= Self.formatVersion { return }
            throw TarnError(
                .unsupported,
                "The online store has format \(known), this version of Tarn knows \(Self.formatVersion). Use a newer Tarn."
            )
        }
        try environment.writing { transaction throws(LMDBFailure) in
            let row = LMDBRow(transaction, table)
            // Another process may have been faster.
            if try row.number(FactKey.format) != nil { return }
            try row.put(FactKey.format, number: Self.formatVersion)
        }
    }

    private static func onThread<T: Sendable>(
        _ pool: BlockingPool, _ body: @escaping @Sendable () throws(TarnError) -> T
    ) async throws(TarnError) -> T {
        do {
            return try await pool.run { try body() }
        } catch let error as TarnError {
            throw error
        } catch {
            throw TarnError(.internal, "The online store failed in an unforeseen way.", cause: error)
        }
    }
}
