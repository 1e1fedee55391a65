import LakehouseTesting
import OnlineStore
import Testing

@Suite struct OnlineStoreContractTests {
    @Test(arguments: OnlineStoreContract.cases)
    func lmdbKeeps(_ rule: OnlineStoreContract.Case) async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path + "/made/by it")
        try await rule.check(store)
        try store.checkInvariants()
    }

    /// The map starts with hardly any room, so that it has to grow on the way.
    @Test(arguments: OnlineStoreContract.cases)
    func aGrowingMapKeeps(_ rule: OnlineStoreContract.Case) async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path, mapByteCount: 64 << 10)
        try await rule.check(store)
        try store.checkInvariants()
    }

    /// All long keys have one hash: only the whole key in the value tells them apart.
    @Test(arguments: OnlineStoreContract.cases)
    func collidingHashesKeep(_ rule: OnlineStoreContract.Case) async throws {
        let folder = try TemporaryFolder("online")
        let store = try await LMDBOnlineStore.open(folder: folder.path) { _ in (1, 2) }
        try await rule.check(store)
        try store.checkInvariants()
    }
}
