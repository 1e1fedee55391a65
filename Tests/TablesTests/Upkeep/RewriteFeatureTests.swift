import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

/// Rewrites of tables with features that change what a file holds.
@Suite struct RewriteFeatureTests {
    private let deletionVectors = ["delta.enableDeletionVectors": "true"]

    private func table(
        _ fixture: TableFixture, _ properties: [String: String], partitioned: Bool = false
    ) async throws -> DeltaTable {
        let table = try await fixture.create(
            "t", as: "SELECT i AS n, 'x' || i AS s, i % 2 AS p FROM range(1000) r(i)",
            partitionedBy: partitioned ? ["p"] : [], properties: properties)
        try await table.write(
            WriteSource(sql: "SELECT i AS n, 'y' || i AS s, i % 2 AS p FROM range(1000, 2000) r(i)"))
        return table
    }

    @Test(arguments: ["optimize", "zorder", "purge"])
    func deletedRowsAreGoneAfterwards(_ operation: String) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, deletionVectors)
        try await table.delete(where: RowCondition("n % 10 = 3"))
        let vectors = try await table.snapshot().files.all().count { $0.deletionVector != nil }
        #expect(vectors == 2)
        let before = try await fixture.rows(table)
        #expect(before.count == 1800)
        switch operation {
        case "optimize": try await table.optimize()
        case "zorder": try await table.optimize(zOrderBy: ["s", "n"])
        default: try await table.purge()
        }
        let files = try await table.snapshot().files.all()
        #expect(files.allSatisfy { $0.deletionVector == nil })
        #expect(files.reduce(0) { $0 + ($1.rowCount ?? 0) } == 1800)
        #expect(try await fixture.rows(table) == before)
        #expect(try await table.purge().wasAlreadyCommitted)
        // The vectors' files are needed by older versions, and go with them.
        let context = TableContext(
            engine: fixture.engine,
            time: ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 8 * 86_400_000_000))
        let later = try await DeltaTable.open(fixture.store("t"), context)
        try await later.vacuum()
        let left = try await later.store.list(.root).map(\.path.name)
        #expect(!left.contains { $0.hasPrefix("deletion_vector") } && left.count == files.count)
        #expect(try await fixture.rows(later) == before)
    }

    @Test func aFileWithFewDeletedRowsIsLeftToPurge() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, deletionVectors)
        var options = OptimizeOptions()
        options.targetFileBytes = 1000
        try await table.delete(where: RowCondition("n = 5"))
        #expect(try await table.optimize(options).wasAlreadyCommitted)
        #expect(try await table.purge().metrics["numRemovedFiles"]?.string == "1")
    }

    /// A delete of rows in a file that is being rewritten wins; the rewrite of that file is given up.
    @Test func aDeleteDuringARewriteIsNotLost() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, deletionVectors, partitioned: true)
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let store = FaultyStore(
            fixture.store("t"),
            onCall: { call in
                guard call.kind == .put, call.path.name.hasSuffix("00002.json") else { return }
                _ = try? await other.delete(
                    where: RowCondition("n = 10", filter: .compare("p", .equal, .integer(0))))
            })
        try await DeltaTable.open(store, fixture.context).optimize()
        let sum = "SELECT count(*), count(*) FILTER (n = 10) FROM {t}"
        #expect(try await fixture.rows(table, .latest, sum) == ["1999|0"])
        #expect(try await table.snapshot().fileCount == 3)
    }

    @Test(arguments: ["name", "id"])
    func columnMappingIsKept(_ mode: String) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, ["delta.columnMapping.mode": mode], partitioned: true)
        try await table.renameColumn(ColumnPath("s"), to: "label")
        try await table.dropColumns([ColumnPath("n")])
        let before = try await fixture.rows(table)
        try await table.purge()
        #expect(try await fixture.rows(table) == before)
        #expect(try await table.purge().wasAlreadyCommitted)
        try await table.optimize(zOrderBy: ["label"])
        #expect(try await fixture.rows(table) == before)
        let bounded = try await table.snapshot().files(
            matching: .compare("label", .equal, .string("z")))
        #expect(bounded.isEmpty)
    }

    @Test func rowIDsAreKept() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, ["delta.enableRowTracking": "true"])
        let before = try await ids(table, fixture)
        #expect(Set(before).count == 2000)
        try await table.optimize(zOrderBy: ["s", "n"])
        #expect(try await ids(table, fixture) == before)
        try await table.write(WriteSource(sql: "SELECT 5000 AS n, 'z' AS s, 1 AS p"))
        let more = try await ids(table, fixture)
        try await table.optimize()
        #expect(try await ids(table, fixture) == more)
        #expect(Set(more).isSuperset(of: before) && more.count == 2001)
        // Ids survive what restores and clones do with files, too.
        let clone = try await table.clone(to: fixture.store("c"), CloneOptions(.shallow)).table
        #expect(try await ids(clone, fixture) == more)
        try await table.restore(to: .version(1))
        #expect(try await ids(table, fixture) == before)
    }

    private func ids(_ table: DeltaTable, _ fixture: TableFixture) async throws -> [String] {
        let scan = try await table.scan(try await table.snapshot(), addsRowIDs: true)
        let sql = "SELECT n, __row_id, __row_commit_version FROM \(scan.sql) ORDER BY ALL"
        return try await fixture.rows(table, .latest, sql)
    }

    @Test(arguments: [CloneOptions.Kind.shallow, .deep])
    func clonesOfTablesWithDeletedRows(_ kind: CloneOptions.Kind) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, deletionVectors)
        try await table.delete(where: RowCondition("n % 10 = 3"))
        let before = try await fixture.rows(table)
        let clone = try await table.clone(to: fixture.store("c"), CloneOptions(kind)).table
        let second = try await clone.clone(to: fixture.store("d"), CloneOptions(.deep)).table
        try await clone.delete(where: RowCondition("n % 10 = 4"))
        #expect(try await fixture.rows(clone).count == 1600)
        #expect(try await fixture.rows(table) == before)
        #expect(try await fixture.rows(second) == before)
        for object in try await table.store.listRecursively(.root) {
            try await table.store.delete(object.path)
        }
        let fresh = try await DeltaTable.open(fixture.store("d"), fixture.context)
        #expect(try await fixture.rows(fresh) == before)
    }

    @Test func aRestoreBringsDeletedRowsBack() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, deletionVectors)
        let before = try await fixture.rows(table)
        try await table.delete(where: RowCondition("n % 10 = 3"))
        let without = try await fixture.rows(table)
        try await table.restore(to: .version(1))
        #expect(try await fixture.rows(table) == before)
        try await table.restore(to: .version(2))
        #expect(try await fixture.rows(table) == without)
    }
}
