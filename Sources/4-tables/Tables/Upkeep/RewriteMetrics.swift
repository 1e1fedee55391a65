import Base
import DeltaLake

/// The figures of an operation that wrote files anew, by the names that Delta's history has for them.
struct RewriteMetrics {
    private let added: [Int64]
    private let removed: [Int64]
    private let vectorCount: Int

    init(_ groups: [RewrittenGroup]) {
        added = groups.flatMap(\.staged.files).map(\.byteCount).sorted()
        removed = groups.flatMap(\.group.files).map(\.byteCount)
        vectorCount = groups.flatMap(\.group.files).count { $0.deletionVector != nil }
    }

    var json: JSONObject {
        func text(_ value: some BinaryInteger) -> JSONValue { .string(String(value)) }
        return [
            "numAddedFiles": text(added.count), "numRemovedFiles": text(removed.count),
            "numAddedBytes": text(added.reduce(0, +)), "numRemovedBytes": text(removed.reduce(0, +)),
            "numDeletionVectorsRemoved": text(vectorCount), "minFileSize": text(added.first ?? 0),
            "p25FileSize": text(quantile(1)), "p50FileSize": text(quantile(2)),
            "p75FileSize": text(quantile(3)), "maxFileSize": text(added.last ?? 0),
        ]
    }

    private func quantile(_ quarter: Int) -> Int64 {
        added.isEmpty ? 0 : added[min(added.count - 1, added.count * quarter / 4)]
    }
}
