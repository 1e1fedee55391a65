import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import TableModel
import Tables

/// A table whose files and log a test writes by itself, as another writer might have.
struct HandMadeTable {
    let fixture: TableFixture
    let name: String
    let store: LocalStore
    private(set) var version: Int64 = 0

    /// - Parameters:
    ///   - fixture: Its engine and folder.
    ///   - name: The folder's name.
    ///   - schema: As the log has it.
    ///   - partitionColumns: By logical name.
    ///   - properties: Of the table.
    ///   - features: Reader features, listed for writers too.
    ///   - writerFeatures: Features that only writers must know.
    /// - Throws: If the log cannot be written.
    init(
        _ fixture: TableFixture, _ name: String, _ schema: TableSchema, partitionColumns: [String] = [],
        properties: [String: String] = [:], features: [String] = [], writerFeatures: [String] = []
    ) async throws {
        self.fixture = fixture
        self.name = name
        store = fixture.store(name)
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1000, operation: "CREATE TABLE"))
        builder.tableProtocol = TableProtocol(
            minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features,
            writerFeatures: features + writerFeatures)
        builder.metadata = TableMetadata(
            id: name, schemaString: SchemaCodec.text(schema), partitionColumns: partitionColumns,
            configuration: properties, createdMilliseconds: 1)
        try await put(builder)
    }

    private func put(_ builder: CommitBuilder) async throws {
        let digits = String(version)
        let file = String(repeating: "0", count: 20 - digits.count) + digits + ".json"
        try await store.put(StorePath("_delta_log/\(file)"), builder.bytes(), mode: .ifAbsent)
    }

    /// Writes the next version.
    mutating func commit(_ change: (inout CommitBuilder) -> Void) async throws {
        version += 1
        var builder = CommitBuilder(
            info: CommitInfo(timestampMilliseconds: 1000 + version * 1000, operation: "WRITE"))
        change(&builder)
        try await put(builder)
    }

    /// Writes a Parquet file with the rows of a query, and gives its action.
    ///
    /// - Parameters:
    ///   - file: Its name, or path below the table's folder.
    ///   - sql: The rows.
    ///   - options: More options of COPY, for example `FIELD_IDS`.
    ///   - partition: The partition values.
    ///   - stats: The statistics' JSON text.
    /// - Returns: What adds the file to the table.
    /// - Throws: If it cannot be written.
    func file(
        _ file: String, _ sql: String, options: String = "", partition: PartitionValues = [],
        stats: String? = nil
    ) async throws -> AddFile {
        let path = try StorePath(file)
        if !path.parent.isRoot { try await store.ensureFolder(path.parent) }
        let location = store.engineLocation(path)
        let more = options.isEmpty ? "" : ", \(options)"
        _ = try await fixture.engine.onSessionThread {
            try $0.execute("COPY (\(sql)) TO '\(location)' (FORMAT parquet\(more))").changedRowCount
        }
        return AddFile(
            rawPath: file, partitionValues: partition, byteCount: 1000, modifiedMilliseconds: 1000,
            stats: stats.map { Array($0.utf8) })
    }

    func open() async throws -> DeltaTable { try await DeltaTable.open(store, fixture.context, name: name) }
}

/// A field with the ids and names of column mapping.
func mapped(_ name: String, _ type: DataType, id: Int, physical: String) -> SchemaField {
    SchemaField(
        name, type,
        metadata: [
            "delta.columnMapping.id": .int(id), "delta.columnMapping.physicalName": .string(physical),
        ])
}
