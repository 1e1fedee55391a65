package import Base
import CLMDB
import Glibc

/// Rows in the order of their keys, which lets LMDB touch each page once; equal keys keep their order.
struct SortedBatch: Sendable {
    let rows: OnlineRows
    let order: [Int]

    init(_ rows: OnlineRows) {
        self.rows = rows
        order = rows.keys.bytes.withUnsafeBytes { bytes in
            func precedes(_ a: Int, _ b: Int) -> Bool {
                let (left, right) = (bytes[rows.keys.range(a)], bytes[rows.keys.range(b)])
                let common = min(left.count, right.count)
                // A key is never empty: it has its prefix.
                if let bytes = bytes.baseAddress {
                    let result = memcmp(bytes + left.startIndex, bytes + right.startIndex, common)
                    if result != 0 { return result < 0 }
                }
                return left.count == right.count ? a < b : left.count < right.count
            }
            return (0..<rows.count).sorted(by: precedes)
        }
    }
}

extension LMDBOnlineStore {
    typealias ShouldReplace = (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool

    /// Writes a batch in `transaction` and brings the views' counts up to date.
    func write(
        _ batch: SortedBatch, in transaction: OpaquePointer, _ shouldReplace: ShouldReplace
    ) throws(LMDBFailure) -> Int {
        let table = environment.table
        var opened: OpaquePointer?
        try LMDBFailure.check("write", mdb_cursor_open(transaction, table, &opened))
        guard let cursor = opened else { throw LMDBFailure(operation: "write", code: ENOMEM) }
        var written = 0
        var added: [OnlineViewID: UInt64] = [:]
        var failure: LMDBFailure?
        batch.rows.keys.bytes.withUnsafeBytes { keys in
            batch.rows.values.withUnsafeBytes { values in
                for index in batch.order {
                    let key = UnsafeRawBufferPointer(rebasing: keys[batch.rows.keys.range(index)])
                    let value = UnsafeRawBufferPointer(rebasing: values[batch.rows.valueRange(index)])
                    do throws(LMDBFailure) {
                        switch try put(key, value, cursor, shouldReplace) {
                        case .kept: continue
                        case .replaced: written += 1
                        case .added:
                            written += 1
                            added[batch.rows.keys[index].view, default: 0] += 1
                        }
                    } catch {
                        failure = error
                        return
                    }
                }
            }
        }
        mdb_cursor_close(cursor)
        if let failure { throw failure }
        let row = LMDBRow(transaction, table)
        for (view, count) in added {
            let key = FactKey.count(of: view)
            try row.put(key, number: (try row.number(key) ?? 0) + count)
        }
        return written
    }

    private enum Outcome { case kept, replaced, added }

    private func put(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ cursor: OpaquePointer,
        _ shouldReplace: ShouldReplace
    ) throws(LMDBFailure) -> Outcome {
        if key.count <= LMDBRow.longestKey {
            return try put(place: key, stored: value, cursor) { shouldReplace($0, value) } ?? .kept
        }
        var long = LongKey(key, hash: longKeyHash)
        let stored = LongKey.value(key: key, value)
        repeat {
            let place = long.place
            var result: Result<Outcome?, LMDBFailure> = .success(nil)
            place.withUnsafeBytes { place in
                stored.withUnsafeBytes { stored in
                    do throws(LMDBFailure) {
                        let outcome = try put(place: place, stored: stored, cursor) { old in
                            LongKey.match(old, key: key).map { shouldReplace($0, value) }
                        }
                        result = .success(outcome)
                    } catch { result = .failure(error) }
                }
            }
            if let outcome = try result.get() { return outcome }
        } while long.advance()
        throw LMDBFailure(operation: "write", code: MDB_BAD_VALSIZE)
    }

    /// Writes at one place; `decide` sees what is there and answers `nil` if it belongs to another key.
    private func put(
        place: UnsafeRawBufferPointer, stored: UnsafeRawBufferPointer, _ cursor: OpaquePointer,
        _ decide: (UnsafeRawBufferPointer) -> Bool?
    ) throws(LMDBFailure) -> Outcome? {
        var name = MDB_val(place)
        var data = MDB_val(stored)
        let code = mdb_cursor_put(cursor, &name, &data, UInt32(MDB_NOOVERWRITE))
        if code != MDB_KEYEXIST {
            try LMDBFailure.check("write", code)
            return .added
        }
        guard let replaces = decide(data.bytes) else { return nil }
        if !replaces { return .kept }
        data = MDB_val(stored)
        try LMDBFailure.check("write", mdb_cursor_put(cursor, &name, &data, UInt32(MDB_CURRENT)))
        return .replaced
    }

    /// Removes all rows of a view and its count.
    func clear(_ view: OnlineViewID, in transaction: OpaquePointer) throws(LMDBFailure) {
        for kind in [KeyKind.row, .longRow] {
            let prefix = [kind.rawValue] + FactKey.bytes(of: view)
            try walk(prefix, in: transaction) { cursor, _, _ throws(LMDBFailure) in
                try LMDBFailure.check("clear", mdb_cursor_del(cursor, 0))
            }
        }
        try LMDBRow(transaction, environment.table).put(FactKey.count(of: view), number: 0)
    }

    /// How many keys each view has.
    func counts(in transaction: OpaquePointer) throws(LMDBFailure) -> [OnlineViewID: Int] {
        var counts: [OnlineViewID: Int] = [:]
        try walk(FactKey.countPrefix, in: transaction) { _, key, value throws(LMDBFailure) in
            guard key.count == 6, value.count == 8 else {
                throw LMDBFailure(operation: "read", code: MDB_CORRUPTED)
            }
            let view = key[2...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            counts[OnlineViewID(view)] = Int(UInt64(littleEndian: value.loadUnaligned(as: UInt64.self)))
        }
        return counts
    }

    /// Visits all keys that begin with `prefix`, in order.
    private func walk(
        _ prefix: [UInt8], in transaction: OpaquePointer,
        _ visit: (OpaquePointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(LMDBFailure) -> Void
    ) throws(LMDBFailure) {
        var opened: OpaquePointer?
        try LMDBFailure.check("read", mdb_cursor_open(transaction, environment.table, &opened))
        guard let cursor = opened else { throw LMDBFailure(operation: "read", code: ENOMEM) }
        defer { mdb_cursor_close(cursor) }
        var (name, data) = (MDB_val(), MDB_val())
        var code = prefix.withUnsafeBytes { bytes in
            name = MDB_val(bytes)
            return mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE)
        }
        while code == MDB_SUCCESS && name.bytes.starts(with: prefix) {
            try visit(cursor, name.bytes, data.bytes)
            code = mdb_cursor_get(cursor, &name, &data, MDB_NEXT)
        }
        if code != MDB_NOTFOUND { try LMDBFailure.check("read", code) }
    }

    /// Counts every row and compares with the counts on record; for tests.
    ///
    /// - Throws: `.corruptMetadata` if they differ or a key is malformed.
    package func checkInvariants() throws(TarnError) {
        let (recorded, found) = try environment.reading { transaction throws(LMDBFailure) in
            var found: [OnlineViewID: Int] = [:]
            for kind in [KeyKind.row, .longRow] {
                try walk([kind.rawValue], in: transaction) { _, key, value throws(LMDBFailure) in
                    guard key.count >= OnlineKeys.prefixByteCount, kind == .row || key.count == 23 else {
                        throw LMDBFailure(operation: "check", code: MDB_CORRUPTED)
                    }
                    let view = key[1..<OnlineKeys.prefixByteCount].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    found[OnlineViewID(view), default: 0] += 1
                }
            }
            return (try counts(in: transaction).filter { $0.value != 0 }, found)
        }
        if recorded != found {
            throw TarnError(.corruptMetadata, "The online store records \(recorded) but holds \(found).")
        }
    }
}
