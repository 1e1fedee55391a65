package import OnlineStore

/// What every online store keeps to; each case wants an empty store.
package enum OnlineStoreContract {
    package typealias Case = ContractCase<any OnlineStore>

    package static var cases: [Case] { rows + longKeys + views }

    private static let a = OnlineViewID(1)
    private static let b = OnlineViewID(256)

    private static func values(
        _ store: any OnlineStore, _ view: OnlineViewID, _ keys: [[UInt8]]
    ) throws -> [[UInt8]?] {
        var found: [[UInt8]?] = []
        var positions: [Int] = []
        try store.read(view: view, keys: keys) { index, value in
            positions.append(index)
            found.append(value.map { Array($0) })
        }
        try expectEqual(positions, Array(0..<keys.count), "the order of the answers")
        return found
    }

    private static let rows: [Case] = [
        Case("what was written is read, in the order asked for, and nil for the rest") { store in
            try expectEqual(try values(store, a, [[1], [2]]), [nil, nil])
            let written = try await store.write(
                view: a, entries: [([1], [10]), ([2], []), ([], [30]), ([0, 0], [40])]
            ) { _, _ in false }
            try expectEqual(written, 4)
            try expectEqual(
                try values(store, a, [[2], [0], [1], [0, 0], [], [1], [0, 0, 0]]),
                [[], nil, [10], [40], [30], [10], nil])
            try expectEqual(try values(store, a, []), [])
        },
        Case("the caller decides whether a value gives way") { store in
            let isGreater: @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool = {
                ($1.first ?? 0) > ($0.first ?? 0)
            }
            try await store.write(view: a, entries: [([1], [5]), ([2], [5])], shouldReplace: isGreater)
            let written = try await store.write(
                view: a, entries: [([1], [4]), ([2], [6, 6, 6]), ([3], [1])], shouldReplace: isGreater)
            try expectEqual(written, 2)
            try expectEqual(try values(store, a, [[1], [2], [3]]), [[5], [6, 6, 6], [1]])
            try expectEqual(try store.count(of: a), 3)
        },
        Case("a key twice in a batch meets itself in order") { store in
            let written = try await store.write(
                view: a, entries: [([9], [1]), ([1], [1]), ([1], [3]), ([1], [2])],
                shouldReplace: { ($1.first ?? 0) > ($0.first ?? 0) })
            try expectEqual(written, 3)
            try expectEqual(try values(store, a, [[1], [9]]), [[3], [1]])
            try expectEqual(try store.count(of: a), 2)
        },
        Case("values of every size are kept, and replaced by other sizes") { store in
            let sizes = [0, 1, 100, 2000, 4095, 4096, 70_000, 1_000_000]
            for shift in 0..<sizes.count {
                let entries = sizes.indices.map { index -> (key: [UInt8], value: [UInt8]) in
                    let size = sizes[(index + shift) % sizes.count]
                    return ([UInt8(index)], Array(repeating: UInt8(shift), count: size))
                }
                try await store.write(view: a, entries: entries) { _, _ in true }
                let found = try values(store, a, entries.map(\.key))
                try expectTrue(found == entries.map(\.value), "the values after round \(shift)")
            }
            try expectEqual(try store.count(of: a), sizes.count)
        },
        Case("readers see whole batches only") { store in
            let keys = (0..<50).map { [UInt8($0)] }
            try await store.write(view: a, entries: keys.map { ($0, [0]) }) { _, _ in true }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 1...40 {
                        try await store.write(view: a, entries: keys.map { ($0, [UInt8(round)]) }) { _, _ in
                            true
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        var last: UInt8 = 0
                        while last < 40 && !Task.isCancelled {
                            let found = try values(store, a, keys)
                            try expectEqual(Set(found).count, 1, "the number of batches seen at once")
                            let now = found[0]?.first ?? 0
                            try expectTrue(now >= last, "a reader went back in time")
                            last = now
                            await Task.yield()
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
    ]

    private static let longKeys: [Case] = [
        Case("keys of every length are told apart to the last byte") { store in
            var keys: [[UInt8]] = []
            for length in [505, 506, 507, 508, 511, 512, 513, 2000, 70_000] {
                for last in 0..<3 {
                    keys.append(Array(repeating: 7, count: length - 1) + [UInt8(last)])
                }
            }
            let entries = keys.enumerated().map { (key: $0.element, value: [UInt8($0.offset)]) }
            try expectEqual(try values(store, a, keys), keys.map { _ in nil })
            try await store.write(view: a, entries: entries) { _, _ in false }
            try expectEqual(try values(store, a, keys), entries.map(\.value))
            try expectEqual(try store.count(of: a), keys.count)
            try await store.write(view: a, entries: entries.map { ($0.key, $0.value + [1]) }) { old, _ in
                (old.first ?? 0) % 2 == 0
            }
            try expectEqual(
                try values(store, a, keys), entries.map { $0.value[0] % 2 == 0 ? $0.value + [1] : $0.value })
            try expectEqual(try store.count(of: a), keys.count)
            try await store.clear(a)
            try expectEqual(try values(store, a, keys), keys.map { _ in nil })
        }
    ]

    private static let views: [Case] = [
        Case("views do not see each other's keys") { store in
            try await store.write(view: a, entries: [([1], [1]), ([2], [1])]) { _, _ in true }
            try await store.write(view: b, entries: [([1], [2])]) { _, _ in true }
            try expectEqual(try values(store, a, [[1], [2]]), [[1], [1]])
            try expectEqual(try values(store, b, [[1], [2]]), [[2], nil])
            try expectEqual(try store.count(of: a), 2)
            try expectEqual(try store.count(of: b), 1)
            try expectEqual(try store.facts().entryCount, 3)
        },
        Case("one read and one write may span views") { store in
            var rows = OnlineRows()
            rows.append(a, key: [1], value: [10])
            rows.append(b, key: [1], value: [20])
            try expectEqual(try await store.write(rows) { _, _ in true }, 2)
            var keys = OnlineKeys()
            for view in [b, a, OnlineViewID(.max), b] { keys.append(view, [1]) }
            var found: [[UInt8]?] = []
            try store.read(keys) { _, value in found.append(value.map { Array($0) }) }
            try expectEqual(found, [[20], [10], nil, [20]])
            try expectEqual(try store.count(of: OnlineViewID(.max)), 0)
        },
        Case("clearing takes one view and leaves its neighbours") { store in
            for view in [0, 1, 2, 255, 256, 257, UInt32.max] {
                let entries = (0..<500).map { (key: [UInt8($0 / 256), UInt8($0 % 256)], value: [UInt8(1)]) }
                try await store.write(view: OnlineViewID(view), entries: entries) { _, _ in true }
            }
            try await store.clear(OnlineViewID(1))
            try await store.clear(OnlineViewID(.max))
            try await store.clear(OnlineViewID(77))
            for view in [0, 1, 2, 255, 256, 257, UInt32.max] {
                let count = view == 1 || view == .max ? 0 : 500
                try expectEqual(try store.count(of: OnlineViewID(view)), count, "the rows of view \(view)")
            }
            try expectEqual(try values(store, OnlineViewID(1), [[0, 1]]), [nil])
            try expectEqual(try values(store, OnlineViewID(2), [[0, 1]]), [[1]])
            try expectEqual(try store.facts().entryCount, 2500)
            try expectTrue(try store.facts().byteCount > 0, "the size is known")
        },
    ]
}
