import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

struct DeletionVectorStoreTests {
    private let many = RowBitmap(stride(from: 0, to: 5000, by: 7).map { UInt64($0) })

    private func error(_ body: () async throws -> Void) async -> TarnError? {
        do {
            try await body()
            return nil
        } catch { return error as? TarnError }
    }

    /// Written by one table object, read by another: relative, inline, and by absolute path.
    @Test func storesAndFindsVectors() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        let wanted = [many, RowBitmap([1, 9]), RowBitmap(0..<100_000)]
        let stored = try await table.writeDeletionVectors(wanted)
        #expect(Set(stored.map(\.pathOrInlineDv)).count == 1)
        #expect(stored.allSatisfy { $0.storageType == "u" })
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await again.deletedRows(by: stored + [nil]) == wanted + [nil])
        let third = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await third.deletedRows(by: [stored[1]]) == [wanted[1]])

        let small = try await table.writeDeletionVectors([RowBitmap([1])])
        #expect(small[0].storageType == "i")
        #expect(try await again.deletedRows(by: small) == [RowBitmap([1])])

        let path = try #require(DeletionVector.path(of: stored[0]))
        var absolute = stored[2]
        absolute.storageType = "p"
        for start in ["file://", ""] {
            absolute.pathOrInlineDv = "\(start)\(fixture.folder.path)/t/\(path.text)"
            #expect(try await again.deletedRows(by: [absolute]) == [wanted[2]])
        }
    }

    @Test func namesTheFileThatIsMissingOrDamaged() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        let stored = try await table.writeDeletionVectors([many, many])
        let name = try #require(DeletionVector.path(of: stored[0])).text
        let store = fixture.store("t")
        let path = try StorePath(name)
        var bytes = try await store.get(path)
        bytes[bytes.count - 10] ^= 4
        try await store.put(path, bytes, mode: .overwrite)
        let other = try await DeltaTable.open(store, fixture.context)
        #expect(try await other.deletedRows(by: [stored[0]]) == [many])
        let damage = await error { _ = try await other.deletedRows(by: [stored[1]]) }
        #expect(damage?.code == .corruptMetadata)
        #expect(damage?.message.contains(name) == true)
        #expect(damage?.message.contains("checksum") == true)

        try await store.delete(path)
        let missing = await error {
            _ = try await DeltaTable.open(store, fixture.context).deletedRows(by: stored)
        }
        #expect(missing?.code == .corruptMetadata)
        #expect(missing?.message.contains("\(name) is missing") == true)

        var unknown = stored[0]
        unknown.storageType = "q"
        let refused = await error { _ = try await other.deletedRows(by: [unknown]) }
        #expect(refused?.code == .corruptMetadata)
    }
}
