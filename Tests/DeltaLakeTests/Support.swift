import Base
import DeltaLake
import TableModel
import Testing

let simpleSchema = TableSchema([
    SchemaField("id", .long), SchemaField("name", .string), SchemaField("day", .date),
])

func commit(
    _ version: Int64, add: [String] = [], remove: [String] = [],
    _ change: (inout CommitBuilder) -> Void = { _ in }
) throws -> ParsedCommit {
    var builder = CommitBuilder(
        info: CommitInfo(timestampMilliseconds: 1, operation: "WRITE", isBlindAppend: remove.isEmpty))
    for path in remove {
        builder.remove(
            RemoveFile(rawPath: path, deletedMilliseconds: 1000, partitionValues: [], byteCount: 1))
    }
    for path in add { builder.add(AddFile(rawPath: path, byteCount: 1, modifiedMilliseconds: 1)) }
    change(&builder)
    return try CommitFile.parse(builder.bytes(), version: version, keepsCommitInfo: true)
}

func firstCommit(
    _ schema: TableSchema = simpleSchema, partitionColumns: [String] = [],
    configuration: [String: String] = [:],
    tableProtocol: TableProtocol = TableProtocol(), add: [String] = []
) throws -> ParsedCommit {
    try commit(0, add: add) {
        $0.tableProtocol = tableProtocol
        $0.metadata = TableMetadata(
            id: "m", schemaString: SchemaCodec.text(schema), partitionColumns: partitionColumns,
            configuration: configuration, createdMilliseconds: 1)
    }
}

func snapshot(_ commits: [ParsedCommit]) throws -> DeltaSnapshot {
    var builder = SnapshotBuilder()
    for commit in commits { try builder.apply(commit) }
    return try builder.finish(timestampMilliseconds: 5)
}

func paths(_ snapshot: DeltaSnapshot) -> Set<String> { Set(snapshot.files.all().map(\.path)) }

extension RandomSource {
    func int(_ range: Range<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }
    func pick<T>(_ items: [T]) -> T { items[int(0..<items.count)] }
}

/// Runs `body` and hands back the error that it must throw.
func failure(_ body: () throws -> Void) -> TarnError? {
    do {
        try body()
        return nil
    } catch { return error as? TarnError }
}
