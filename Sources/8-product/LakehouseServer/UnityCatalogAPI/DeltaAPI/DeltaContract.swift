import Base
import Catalog
import DeltaLake

/// What the first version of a table has to have whose commits the catalog puts in order.
///
/// Unity Catalog, "Managed tables specification".
enum DeltaContract {
    static let readerFeatures = ["catalogManaged", "deletionVectors", "v2Checkpoint", "vacuumProtocolCheck"]
    static let writerFeatures = readerFeatures + ["inCommitTimestamp"]
    static let tableID = "io.unitycatalog.tableId"
    static let properties = [
        "delta.checkpointPolicy": "v2", "delta.enableDeletionVectors": "true",
        "delta.enableInCommitTimestamps": "true", "delta.checkpoint.writeStatsAsStruct": "true",
        "delta.checkpoint.writeStatsAsJson": "true",
    ]
    /// A null is for the client to fill in.
    static let suggestedProperties: JSONObject = [
        "delta.columnMapping.mode": .string("name"), "delta.columnMapping.maxColumnId": .null,
        "delta.enableRowTracking": .string("true"),
        "delta.rowTracking.materializedRowIdColumnName": .null,
        "delta.rowTracking.materializedRowCommitVersionColumnName": .null,
    ]

    /// - Throws: `.invalidInput` naming the first thing that is missing.
    static func check(_ snapshot: DeltaSnapshot, id: String) throws(TarnError) {
        let listed = snapshot.tableProtocol
        for (kind, needed, found) in [
            ("reader", readerFeatures, listed.readerFeatures ?? []),
            ("writer", writerFeatures, listed.writerFeatures ?? []),
        ] {
            for feature in needed where !found.contains(feature) {
                throw TarnError(
                    .invalidInput,
                    "A managed table needs the \(kind) feature \(feature), which its first version lacks.")
            }
        }
        for (name, value) in properties.sorted(by: { $0.key < $1.key })
        where snapshot.configuration[name]?.lowercased() != value {
            throw TarnError(
                .invalidInput,
                "A managed table needs the property \(name) with the value \(value), which its first version lacks."
            )
        }
        if snapshot.configuration[tableID] != id {
            throw TarnError(
                .invalidInput, "A managed table needs the property \(tableID) with its own id, \(id).")
        }
    }
}

extension UnityCall {
    func stagingAnswer(_ plan: TablePlan) throws(TarnError) -> JSONValue {
        var required = JSONObject(
            DeltaContract.properties.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        required[DeltaContract.tableID] = .string(plan.id)
        func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        return .object([
            "table-id": .string(plan.id), "table-type": .string("MANAGED"),
            "location": .string(StorageURL.text(plan.location)),
            "storage-credentials": .array([try credentials(for: plan.location).deltaJSON("READ_WRITE")]),
            "required-protocol": .object([
                "min-reader-version": .int(3), "min-writer-version": .int(7),
                "reader-features": list(DeltaContract.readerFeatures),
                "writer-features": list(DeltaContract.writerFeatures),
            ]),
            "suggested-protocol": .object([
                "reader-features": list(["columnMapping"]),
                "writer-features": list(["columnMapping", "domainMetadata", "rowTracking"]),
            ]),
            "required-properties": .object(required),
            "suggested-properties": .object(DeltaContract.suggestedProperties),
        ])
    }
}
