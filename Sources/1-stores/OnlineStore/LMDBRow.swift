import CLMDB

/// Single reads and writes in one transaction.
struct LMDBRow {
    let transaction: OpaquePointer
    let table: MDB_dbi

    init(_ transaction: OpaquePointer, _ table: MDB_dbi) {
        self.transaction = transaction
        self.table = table
    }

    /// LMDB's own limit, fixed when it was compiled.
    static let longestKey = 511

    /// The value of a whole key of `OnlineKeys`, or `nil`; valid until the transaction ends or writes.
    func value(
        of key: UnsafeRawBufferPointer, _ hash: LongKeyHash
    ) throws(LMDBFailure) -> UnsafeRawBufferPointer? {
        if key.count <= Self.longestKey { return try get(key) }
        var long = LongKey(key, hash: hash)
        repeat {
            guard let stored = try get(long.place) else { return nil }
            if let value = LongKey.match(stored, key: key) { return value }
        } while long.advance()
        return nil
    }

    func get(_ key: UnsafeRawBufferPointer) throws(LMDBFailure) -> UnsafeRawBufferPointer? {
        var name = MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var data = MDB_val()
        let code = mdb_get(transaction, table, &name, &data)
        if code == MDB_NOTFOUND { return nil }
        try LMDBFailure.check("read", code)
        return UnsafeRawBufferPointer(start: data.mv_data, count: data.mv_size)
    }

    func get(_ key: [UInt8]) throws(LMDBFailure) -> UnsafeRawBufferPointer? {
        var found: Result<UnsafeRawBufferPointer?, LMDBFailure> = .success(nil)
        key.withUnsafeBytes { bytes in
            do throws(LMDBFailure) { found = .success(try get(bytes)) } catch { found = .failure(error) }
        }
        return try found.get()
    }

    /// A fact: 8 bytes, little endian.
    func number(_ key: [UInt8]) throws(LMDBFailure) -> UInt64? {
        guard let bytes = try get(key) else { return nil }
        guard bytes.count == 8 else { throw LMDBFailure(operation: "read", code: MDB_CORRUPTED) }
        return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    }

    func put(_ key: [UInt8], number: UInt64) throws(LMDBFailure) {
        let code = key.withUnsafeBytes { key in
            withUnsafeBytes(of: number.littleEndian) { value in
                var name = MDB_val(key)
                var data = MDB_val(value)
                return mdb_put(transaction, table, &name, &data, 0)
            }
        }
        try LMDBFailure.check("write", code)
    }
}

extension MDB_val {
    /// LMDB never writes through the pointer that it is given.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: mv_data, count: mv_size) }
}

/// The keys of the facts about the store.
enum FactKey {
    static let format: [UInt8] = [KeyKind.facts.rawValue, UInt8(ascii: "f")]

    static let countPrefix: [UInt8] = [KeyKind.facts.rawValue, UInt8(ascii: "n")]

    static func count(of view: OnlineViewID) -> [UInt8] { countPrefix + bytes(of: view) }

    static func bytes(of view: OnlineViewID) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: view.rawValue >> UInt32($0)) }
    }
}
