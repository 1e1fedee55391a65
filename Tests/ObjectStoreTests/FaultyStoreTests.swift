import LakehouseTesting
import ObjectStore
import Testing

/// The instrument that other tests rely on does what it says.
@Suite struct FaultyStoreTests {
    private func twoPuts(_ store: FaultyStore) async -> [Bool] {
        var done: [Bool] = []
        for path: StorePath in ["a", "b"] {
            do {
                try await store.put(path, [1, 2, 3, 4], mode: .ifAbsent)
                done.append(true)
            } catch { done.append(false) }
        }
        return done
    }

    @Test(arguments: FaultyStore.Moment.allCases)
    func theFaultStrikesOnceWhereItShould(_ moment: FaultyStore.Moment) async throws {
        var visited = 0
        for n in 1... {
            let disk = MemoryStore()
            let store = FaultyStore(disk, failingCall: n, moment)
            let done = await twoPuts(store)
            guard store.fired else {
                #expect(done == [true, true])
                break
            }
            visited += 1
            #expect(done == (n == 1 ? [false, true] : [true, false]))
            let struck = try? await disk.get(n == 1 ? "a" : "b")
            let expected: [UInt8]? =
                switch moment {
                case .before: nil
                case .after: [1, 2, 3, 4]
                case .tear: [1, 2]
                }
            #expect(struck == expected)
        }
        #expect(visited == 2)
    }

    @Test func afterACrashNothingWorks() async throws {
        let disk = MemoryStore()
        let store = FaultyStore(disk, failingCall: 1, .after, crash: true)
        #expect(await twoPuts(store) == [false, false])
        #expect(try await disk.listRecursively(.root).map(\.path) == ["a"])
        await #expect(throws: StorageError.self) { try await store.get("a") }
        #expect(store.counts == [.put: 2, .get: 1])
    }

    @Test func callsAreCountedByKindAndCanBePickedByKind() async throws {
        let store = FaultyStore(MemoryStore(), failingCall: 1, error: .full("b"), kinds: [.list])
        try await store.put("a", [1], mode: .overwrite)
        _ = try await store.mapEach(["a", "a"]) { index, _ in index }
        await #expect(throws: StorageError.full("b")) { try await store.list("") }
        _ = try await store.list("")
        #expect(store.counts == [.put: 1, .get: 2, .list: 2])
        #expect(store.callCount == 5)
    }

    /// Another writer comes in between: what a delay is for.
    @Test func somethingCanHappenBeforeACall() async throws {
        let disk = MemoryStore()
        let store = FaultyStore(disk) { call in
            if call.kind == .put { try? await disk.put(call.path, [9], mode: .ifAbsent) }
        }
        await #expect(throws: StorageError.alreadyExists("a")) {
            try await store.put("a", [1], mode: .ifAbsent)
        }
    }
}
