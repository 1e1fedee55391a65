import Base
import Catalog
import LakehouseTesting
import Testing

/// The catalog as the one who says which proposal becomes a version.
@Suite struct ManagedCommitTests {
    private static func commit(_ version: Int64, _ unique: String = "a") -> ManagedCommit {
        let digits = String(version)
        return ManagedCommit(
            version: version,
            fileName: String(repeating: "0", count: 20 - digits.count) + digits + ".\(unique).json",
            fileSize: 10,
            fileModifiedMilliseconds: 1, timestampMilliseconds: 1)
    }

    private static func managedTable(_ catalog: CatalogService) async throws -> TableEntry {
        let plan = try await catalog.stageTable(try QualifiedName("managed"))
        let staged = try #require(try await catalog.stagedTable(id: plan.id))
        return try await catalog.addStagedTable(
            staged, comment: nil, properties: [:], columns: [], managedVersion: 0)
    }

    @Test func oneProposalAVersionIsRatifiedAndItsRepetitionAccepted() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let entry = try await Self.managedTable(catalog)
        #expect(entry.isCatalogManaged)
        let first = try await catalog.commit(CommitProposal(commit: Self.commit(1)), to: entry.name)
        #expect(first.latestVersion == 1 && first.publishedVersion == 0)
        #expect(first.unpublished == [Self.commit(1)])
        let again = try await catalog.commit(CommitProposal(commit: Self.commit(1)), to: entry.name)
        #expect(again == first)
        await #expect(throws: TarnError.self) {
            try await catalog.commit(CommitProposal(commit: Self.commit(1, "b")), to: entry.name)
        }
        await #expect(throws: TarnError.self) {
            try await catalog.commit(CommitProposal(commit: Self.commit(3)), to: entry.name)
        }
        await #expect(throws: TarnError.self) {
            try await catalog.commit(
                CommitProposal(commit: Self.commit(2), etag: "0-0"), to: entry.name)
        }
        try await catalog.notePublished(1, of: entry.id)
        let state = try await catalog.commitState(of: entry.id)
        #expect(state?.publishedVersion == 1 && state?.unpublished == [])
        // What was published is still known when it is sent again.
        _ = try await catalog.commit(CommitProposal(commit: Self.commit(1)), to: entry.name)
    }

    @Test func tooManyCommitsWaitUntilSomeArePublished() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let entry = try await Self.managedTable(catalog)
        for version in 1...CatalogService.unpublishedLimit {
            _ = try await catalog.commit(CommitProposal(commit: Self.commit(version)), to: entry.name)
        }
        let next = CommitProposal(commit: Self.commit(CatalogService.unpublishedLimit + 1))
        let refusal = await #expect(throws: TarnError.self) { try await catalog.commit(next, to: entry.name) }
        #expect(refusal?.code == .resourceExhausted)
        try await catalog.notePublished(1, of: entry.id)
        _ = try await catalog.commit(next, to: entry.name)
    }

    @Test func aStagedTableIsNamedOnce() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let plan = try await catalog.stageTable(try QualifiedName("once"))
        #expect(try await catalog.unlisted(among: [plan.id, "other"]) == ["other"])
        _ = try await catalog.addStagedTable(
            plan, comment: nil, properties: [:], columns: [], managedVersion: nil)
        #expect(try await catalog.stagedTable(id: plan.id) == nil)
        _ = try await catalog.dropTable(plan.name)
        await #expect(throws: TarnError.self) {
            try await catalog.addStagedTable(
                plan, comment: nil, properties: [:], columns: [], managedVersion: nil)
        }
    }

    @Test(arguments: [
        "x.json", "00000000000000000001.json", "00000000000000000002.a.json", "00000000000000000001./.json",
        "00000000000000000001.a.parquet", "../00000000000000000001.a.json", "00000000000000000001.é.json",
    ])
    func aFileNameThatIsNoStagedCommitIsRefused(_ name: String) throws {
        var commit = Self.commit(1)
        commit.fileName = name
        #expect(throws: TarnError.self) { try commit.check() }
    }
}
