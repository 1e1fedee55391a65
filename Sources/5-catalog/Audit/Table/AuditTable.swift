internal import Base
internal import DeltaLake
internal import Engine
internal import Foundation
internal import ObjectStore
internal import Tables
internal import TableModel

/// The Delta table that lines end up in.
///
/// `delta.appendOnly` makes every Delta writer refuse to change or delete its rows. Each batch's commit carries
/// `txn {appId: "tarn-audit/<chain>", version: <last sequence>}`, so that a batch is never written twice.
struct AuditTable: Sendable {
    /// Rooted at the table's folder.
    let store: any ObjectStore
    let context: TableContext

    static func application(_ chain: String) -> String { "tarn-audit/" + chain }

    /// The open table; `nil` if nothing was ever moved into it.
    func open() async throws -> DeltaTable? {
        guard try await DeltaTable.exists(store) else { return nil }
        return try await DeltaTable.open(store, context, name: "system.audit")
    }

    func openOrCreate() async throws -> DeltaTable {
        if let table = try await open() { return table }
        let definition = TableDefinition(
            schema: AuditColumns.schema, partitionColumns: [AuditColumns.partition],
            properties: [
                "delta.appendOnly": "true",
                // Batches come every minute; without it a day had a thousand files.
                "delta.autoOptimize.autoCompact": "true",
            ], name: "audit", comment: "Who did what; a chain of hashes. See tarn audit verify.")
        do {
            return try await DeltaTable.create(store, context, definition, name: "system.audit").table
        } catch let error as TarnError where error.code == .alreadyExists || error.code == .conflict {
            // Another process was faster.
            guard let table = try await open() else { throw error }
            return table
        }
    }

    /// Adds a chain's next lines, unless they are there.
    func append(_ lines: [AuditLine], chain: String, to table: DeltaTable) async throws {
        guard let last = lines.last else { return }
        let source = AuditColumns.source(lines)
        let names = AuditColumns.names.map(quoteIdentifier).joined(separator: ", ")
        let options = WriteOptions(
            mode: .append,
            transaction: SetTransaction(appID: Self.application(chain), version: last.sequence))
        try await table.write(
            WriteSource(sql: "SELECT \(names) FROM \(source.sql)", columns: AuditColumns.names), options)
        withExtendedLifetime(source) {}
    }
}
