import Base
import Foundation
import LakehouseTesting
import OnlineStore
import Testing

@Suite struct LMDBOnlineStoreTests {
    private let view = OnlineViewID(1)

    private func value(_ store: LMDBOnlineStore, _ key: String) throws -> [UInt8]? {
        var found: [UInt8]?
        try store.read(view: view, keys: [Array(key.utf8)]) { _, bytes in found = bytes.map { Array($0) } }
        return found
    }

    /// Random batches against a dictionary that follows the same rule.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomBatchesEqualADictionary(seed: UInt64) async throws {
        let random = SeededRandomSource(seed: seed)
        let folder = try TemporaryFolder("online")
        var store = try await LMDBOnlineStore.open(folder: folder.path, mapByteCount: 128 << 10)
        var model: [[UInt8]: [UInt8]] = [:]
        for round in 0..<30 {
            var rows = OnlineRows()
            var expected = 0
            for _ in 0..<Int(random.next() % 200) {
                let length = [1, 2, 3, 506, 507, 600][Int(random.next() % 6)]
                let key = [UInt8(random.next() % 20)] + Array(repeating: 5, count: length - 1)
                let value =
                    [UInt8(random.next() % 100)] + Array(repeating: 6, count: Int(random.next() % 3000))
                rows.append(view, key: key, value: value)
                if let old = model[key], old[0] >= value[0] { continue }
                model[key] = value
                expected += 1
            }
            let written = try await store.write(rows) { $1[0] > $0[0] }
            #expect(written == expected, "seed \(seed), round \(round)")
            if round % 10 == 9 {
                store.close()
                store = try await LMDBOnlineStore.open(folder: folder.path)
            }
            try store.checkInvariants()
            #expect(try store.count(of: view) == model.count)
            let keys = Array(model.keys)
            var same = true
            try store.read(view: view, keys: keys) { index, bytes in
                same = same && bytes.map { Array($0) } == model[keys[index]]
            }
            #expect(same, "seed \(seed), round \(round)")
        }
    }

    @Test func theMapGrowsWhileThereAreReaders() async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path, mapByteCount: 64 << 10)
        #expect(try store.mapByteCount() < 1 << 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<40 {
                    let entries = (0..<100).map {
                        (key: Array("\(round)-\($0)".utf8), value: Array(repeating: UInt8(1), count: 1000))
                    }
                    try await store.write(view: OnlineViewID(1), entries: entries) { _, _ in true }
                }
            }
            group.addTask {
                while try !Task.isCancelled && store.count(of: OnlineViewID(1)) < 4000 {
                    try store.read(view: OnlineViewID(1), keys: [Array("0-1".utf8)]) { _, _ in }
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.mapByteCount() >= 4 << 20)
        try store.checkInvariants()
    }

    /// Another process writes and lets the map grow; this one reads on and adopts the new size.
    @Test func aReaderFollowsAnotherProcess() async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path, mapByteCount: 128 << 10)
        let worker = try WorkerProcess(["online-write", folder.path, "131072", "20", "3000", "-"])
        var rounds = 0
        while let line = worker.readLine() {
            rounds += 1
            #expect(line == "\(rounds)")
            let seen = try value(store, "2999")
            #expect(seen?.count == 100)
            #expect(Int(seen?.first ?? 0) >= rounds, "a commit that was reported is seen")
        }
        #expect(worker.wait() == 0)
        #expect(rounds == 20)
        #expect(try store.count(of: view) == 3000)
        // And the other way round: this process grows the map further, then the worker starts with a small one.
        let big = (0..<3000).map {
            (key: Array("big \($0)".utf8), value: Array(repeating: UInt8(1), count: 2000))
        }
        try await store.write(view: view, entries: big) { _, _ in true }
        let second = try WorkerProcess(["online-write", folder.path, "131072", "1", "10", "-"])
        #expect(second.readLine() == "1" && second.wait() == 0)
        #expect(try value(store, "3")?.first == 1)
        try store.checkInvariants()
    }

    /// Killed at any moment, the store holds whole batches only, none that was reported is lost, and writing goes on.
    @Test func killedAtAnyMomentItHoldsWholeBatches() async throws {
        let random = SeededRandomSource(seed: 42)
        let folder = try TemporaryFolder("online")
        for _ in 0..<12 {
            let worker = try WorkerProcess(["online-write", folder.path, "131072", "200", "2000", "-"])
            var last = 0
            for _ in 0..<(1 + random.next() % 4) { last = Int(worker.readLine() ?? "") ?? last }
            for _ in 0..<(random.next() % 3000) { await Task.yield() }
            worker.kill()
            let store = try await LMDBOnlineStore.open(folder: folder.path)
            try store.checkInvariants()
            #expect(try store.count(of: view) == 2000)
            var seen = Set<Int>()
            try store.read(view: view, keys: (0..<2000).map { Array("\($0)".utf8) }) { _, bytes in
                seen.insert(bytes.flatMap { $0.first }.map { Int($0) } ?? -1)
            }
            #expect(seen.count == 1)
            #expect(seen.first ?? -1 >= last)
            try await store.write(view: view, entries: [(Array("0".utf8), [UInt8(200)])]) { _, _ in true }
            store.close()
        }
    }

    /// A limit on the size of files stands for a disk that is full.
    @Test func aFullDiskChangesNothing() async throws {
        let folder = try TemporaryFolder("online")
        let first = try WorkerProcess(["online-write", folder.path, "1048576", "1", "100", "-"])
        #expect(first.readLine() == "1" && first.wait() == 0)
        let failing = try WorkerProcess(["online-write", folder.path, "1048576", "5", "20000", "500000"])
        #expect(failing.readLine() == "failed: STORAGE")
        #expect(failing.wait() == 3)
        let store = try await LMDBOnlineStore.open(folder: folder.path)
        try store.checkInvariants()
        #expect(try store.count(of: view) == 100)
        try await store.write(view: view, entries: [([1], [1])]) { _, _ in true }
        #expect(try store.count(of: view) == 101)
    }

    @Test func aFolderIsOpenOnlyOnceInAProcess() async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path)
        await #expect { _ = try await LMDBOnlineStore.open(folder: folder.path + "/.") } throws: {
            ($0 as? TarnError)?.code == .failedPrecondition
        }
        store.close()
        store.close()
        #expect { try store.count(of: view) } throws: { ($0 as? TarnError)?.code == .failedPrecondition }
        await #expect { try await store.write(view: view, entries: [([1], [1])]) { _, _ in true } } throws: {
            ($0 as? TarnError)?.code == .failedPrecondition
        }
        let again = try await LMDBOnlineStore.open(folder: folder.path)
        #expect(try again.count(of: view) == 0)
    }

    @Test func whatIsNoStoreIsRefused() async throws {
        let folder = try TemporaryFolder("online")
        try Data(repeating: 7, count: 20_000).write(to: URL(fileURLWithPath: folder.path + "/data.mdb"))
        for _ in 0..<2 {
            await #expect { _ = try await LMDBOnlineStore.open(folder: folder.path) } throws: {
                ($0 as? TarnError)?.code == .corruptMetadata
            }
        }
    }

    @Test func keysCanBeUsedAgain() {
        var keys = OnlineKeys()
        keys.append(OnlineViewID(0x0102_0304), [9, 8])
        keys.append(OnlineViewID(5), [])
        #expect(keys.count == 2)
        #expect(keys[0].view == OnlineViewID(0x0102_0304) && Array(keys[0].key) == [9, 8])
        #expect(keys[1].view == OnlineViewID(5) && keys[1].key.isEmpty)
        keys.removeAll()
        #expect(keys.isEmpty)
    }
}
