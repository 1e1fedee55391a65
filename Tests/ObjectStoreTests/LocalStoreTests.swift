import Base
import Foundation
import LakehouseTesting
import ObjectStore
import Testing

@Suite struct LocalStoreTests {
    @Test func filesInTheMakingAreNotListed() async throws {
        let folder = try TemporaryFolder("hidden")
        let store = LocalStore(root: folder.path)
        try await store.put("log/a", [1], mode: .ifAbsent)
        let left = folder.path + "/log/.tarn-tmp-12ab"
        #expect(FileManager.default.createFile(atPath: left, contents: Data([1])))
        #expect(try await store.list("log").map(\.path) == ["log/a"])
        #expect(try await store.listRecursively(.root).map(\.path) == ["log/a"])
        try await store.deleteRecursively("log")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/log"))
    }

    @Test func nothingIsLeftBesideTheObject() async throws {
        let folder = try TemporaryFolder("clean")
        let store = LocalStore(root: folder.path)
        for mode in PutMode.allCases { try await store.put(try StorePath("\(mode)"), [1], mode: mode) }
        _ = try? await store.put("ifAbsent", [1], mode: .ifAbsent)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "ifAbsent", "overwrite",
            ])
    }

    /// A link inside a table may point anywhere: deleting the table must not follow it.
    @Test func deletingAFolderDoesNotFollowLinks() async throws {
        let (folder, other) = (try TemporaryFolder("links"), try TemporaryFolder("other"))
        let (store, precious) = (LocalStore(root: folder.path), LocalStore(root: other.path))
        try await precious.put("precious", [1], mode: .overwrite)
        try await store.put("t/x", [1], mode: .overwrite)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/t/link", withDestinationPath: other.path)
        #expect(try await store.listRecursively("t").map(\.path) == ["t/x"])
        try await store.deleteRecursively("t")
        #expect(try await precious.get("precious") == [1])
        #expect(try await store.listRecursively(.root).isEmpty)
        await #expect(throws: StorageError.self) { try await store.deleteRecursively(.root) }
    }

    @Test func aPathBelowAFileCannotBeWritten() async throws {
        let folder = try TemporaryFolder("below")
        let store = LocalStore(root: folder.path)
        try await store.put("x", [1], mode: .overwrite)
        for mode in PutMode.allCases {
            await #expect {
                try await store.put("x/y", [1], mode: mode)
            } throws: { error in
                if case StorageError.failed = error { true } else { false }
            }
        }
        #expect(try await store.get("x") == [1])
    }

    @Test func theEngineOpensTheSameFile() async throws {
        let folder = try TemporaryFolder("engine")
        let store = LocalStore(root: folder.path + "/")
        try await store.put("a b/x%20y", [5], mode: .overwrite)
        let location = store.engineLocation("a b/x%20y")
        #expect(location == folder.path + "/a b/x%20y")
        #expect(FileManager.default.contents(atPath: location) == Data([5]))
        #expect(store.engineLocation(.root) == folder.path)
        #expect(store.rootURL == "file://" + folder.path)
    }

    @Test func errorsReachTheUserAsSentences() {
        let full = StorageError.full("t/_delta_log/1.json").asTarnError(
            doing: "commit version 1 of main.default.t", context: [("table", "main.default.t")])
        #expect(full.code == .resourceExhausted)
        #expect(full.message.hasPrefix("Cannot commit version 1 of main.default.t: no space is left"))
        #expect(full.context.map(\.name) == ["table", "path"])
        #expect(StorageError.notFound("x").asTarnError().message == "Object x does not exist.")
        #expect(!StorageError.outcomeUnknown("x").asTarnError().isRetryable)
    }

    @Test(arguments: ["/a", "a/", "a//b", "..", "a/../b", ".", "./a", "a\0b"])
    func badPathsAreRefused(_ text: String) {
        #expect(throws: StorageError.invalidPath(text)) { try StorePath(text) }
    }

    @Test func pathsAreTheirBytes() throws {
        #expect(StorePath("é") != StorePath("e\u{301}"))
        #expect(Set([StorePath("é"), StorePath("e\u{301}"), StorePath("é")]).count == 2)
        #expect(StorePath("a/b c/d").parts == ["a", "b c", "d"])
        #expect(StorePath("a/b/c").parent == "a/b")
        #expect(StorePath("a").parent.isRoot)
        #expect(try StorePath.root.appending("a").appending("b/c").name == "c")
        #expect(
            StorePath("a/b").isBelow("a") && !StorePath("ab").isBelow("a") && !StorePath("a").isBelow("a"))
        #expect(StorePath("a").isBelow(.root) && !StorePath.root.isBelow(.root))
    }
}
