import Glibc
import LakehouseTesting
import ObjectStore
import Testing

/// Every store keeps the same rules, local files on every kind of file system.
@Suite struct ContractTests {
    @Test(arguments: ObjectStoreContract.cases)
    func memoryKeeps(_ rule: ObjectStoreContract.Case) async throws {
        try await rule.check(MemoryStore())
    }

    @Test(arguments: ObjectStoreContract.cases)
    func localFilesKeep(_ rule: ObjectStoreContract.Case) async throws {
        let folder = try TemporaryFolder("store")
        try await rule.check(LocalStore(root: folder.path + "/made by the store"))
    }

    @Test(arguments: ObjectStoreContract.cases)
    func localFilesWithoutUnnamedOnesKeep(_ rule: ObjectStoreContract.Case) async throws {
        let folder = try TemporaryFolder("store")
        let calls = SystemCalls { $0 == .openUnnamed ? .instead(EOPNOTSUPP) : nil }
        try await rule.check(LocalStore(root: folder.path, calls: calls))
    }

    @Test(arguments: ObjectStoreContract.cases)
    func localFilesWithoutLinksKeep(_ rule: ObjectStoreContract.Case) async throws {
        let folder = try TemporaryFolder("store")
        let calls = SystemCalls { $0 == .link ? .instead(EPERM) : nil }
        try await rule.check(LocalStore(root: folder.path, calls: calls))
    }

    @Test(arguments: ObjectStoreContract.cases)
    func aFaultyStoreWithoutFaultKeeps(_ rule: ObjectStoreContract.Case) async throws {
        try await rule.check(FaultyStore(MemoryStore()))
    }
}
