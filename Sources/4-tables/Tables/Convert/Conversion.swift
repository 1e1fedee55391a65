import Base
import DeltaLake
package import ObjectStore
package import TableModel

/// How files that are there become a Delta table.
package struct ConversionRequest: Sendable {
    /// The columns that folder names such as `year=2024` stand for, with their types, as `PARTITIONED BY` gives them.
    ///
    /// `nil`: found from the folders' names and values. Empty: the folders are not partitions.
    package var partitionColumns: [SchemaField]?
    /// Whether bounds and null counts go into the log, from the files' footers; row counts always do.
    package var collectsStatistics: Bool
    /// Table properties.
    package var properties: [String: String]
    package var tableName: String?
    package var comment: String?

    package init(
        partitionColumns: [SchemaField]? = nil, collectsStatistics: Bool = true,
        properties: [String: String] = [:], tableName: String? = nil, comment: String? = nil
    ) {
        self.partitionColumns = partitionColumns
        self.collectsStatistics = collectsStatistics
        self.properties = properties
        self.tableName = tableName
        self.comment = comment
    }
}

/// What a conversion found: all that version 0 of the table will say.
struct ConvertedTable: Sendable {
    var schema: TableSchema
    var partitionColumns: [String]
    var properties: [String: String] = [:]
    var files: [AddFile]
    /// `parquet` or `iceberg`, for the history.
    var sourceFormat: String
    /// Features that only the files need, `typeWidening` for example.
    var features: Set<String> = []
}

extension DeltaTable {
    /// Makes a Delta table of a folder of Parquet files, in place: the files stay as they are, and a log joins them.
    ///
    /// Every file below the folder counts, but for those whose name, or a folder's on the way, begins with `_` or `.`.
    /// Their columns are joined by name; a column must have one type everywhere.
    ///
    /// - Parameters:
    ///   - store: Rooted at the folder.
    ///   - context: Engine, clock and random numbers.
    ///   - request: Partition columns, statistics, properties.
    ///   - name: For messages; the store's URL if `nil`.
    /// - Returns: The open table, and its first commit.
    /// - Throws: `.alreadyExists` for a Delta table, `.notFound` where there is no Parquet file, `.schemaMismatch`
    ///   naming file and column where types differ or no Delta type fits, `.invalidInput` for folders that do not fit
    ///   the partition columns. Nothing was written then.
    package static func convert(
        parquetFolder store: any ObjectStore, _ context: TableContext,
        _ request: ConversionRequest = ConversionRequest(), name: String? = nil
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        try await convert(store, context, request, name) { table in
            try await ParquetConversion(table, request).run()
        }
    }

    /// Checks, lets `find` look at the files, and commits what it found as version 0.
    static func convert(
        _ store: any ObjectStore, _ context: TableContext, _ request: ConversionRequest, _ name: String?,
        finding find: (DeltaTable) async throws -> ConvertedTable
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        let table = DeltaTable(store, context, name: name)
        let result = try await table.naming {
            if try await exists(store) {
                throw TarnError(
                    .alreadyExists,
                    "Table \(table.name) is a Delta table already: there is a transaction log in its folder.",
                    context: [("table", table.name)])
            }
            try TableProperties.check(request.properties)
            var found = try await find(table)
            found.properties.merge(request.properties) { _, asked in asked }
            return try await table.commit(converted: found, request)
        }
        return (table, result)
    }

    private func commit(converted found: ConvertedTable, _ request: ConversionRequest) async throws
        -> CommitResult
    {
        try SchemaRules.check(found.schema, partitionColumns: found.partitionColumns)
        var asked = found.properties
        for feature in found.features { asked["delta.feature.\(feature)"] = "supported" }
        let metadata = TableMetadata(
            id: context.random.uuid(), name: request.tableName, description: request.comment,
            schemaString: SchemaCodec.text(found.schema), partitionColumns: found.partitionColumns,
            configuration: TableFeatures.storedProperties(found.properties),
            createdMilliseconds: context.time.nowMilliseconds())
        var info = commitInfo(operation: "CONVERT", readVersion: nil, .none)
        info.operationParameters = [
            "numFiles": .string(String(found.files.count)),
            "partitionedBy": .string(JSONValue.array(found.partitionColumns.map { .string($0) }).jsonText),
            "collectStats": .string(String(request.collectsStatistics)),
            "sourceFormat": .string(found.sourceFormat),
        ]
        info.operationMetrics = ["numConvertedFiles": .string(String(found.files.count))]
        var builder = CommitBuilder(
            info: info, tableProtocol: try TableFeatures.protocolForNewTable(found.schema, asked),
            metadata: metadata)
        for file in found.files { builder.add(file) }
        return try await commit(PreparedCommit(builder, reads: .wholeTable), on: nil)
    }
}
