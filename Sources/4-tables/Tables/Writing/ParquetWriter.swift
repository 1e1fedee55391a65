import Base
import Engine
import ObjectStore
import TableModel

/// What one write left behind.
struct WrittenRows: Sendable {
    /// None of them empty.
    var files: [WrittenFile] = []
    /// Locations of files without rows, for the caller to remove.
    var empty: [String] = []
    /// The last value that each identity column was given.
    var lastIdentities: [String: Int64] = [:]
}

/// A data file that the engine wrote, with the figures that become the log's statistics.
struct WrittenFile: Sendable {
    /// As the engine names it.
    let location: String
    let rowCount: Int64
    let byteCount: Int64
    /// By column; `nil` is null.
    let partitionValues: [String: String?]
    let columns: [WrittenColumn]
}

/// What the engine says of one leaf column of a file: texts in its own notation.
struct WrittenColumn: Sendable {
    let path: [String]
    let minimum: String?
    let maximum: String?
    let nullCount: Int64?
    let hasNaN: Bool
}

/// Writes rows as Parquet files below a folder: one `COPY` whose `RETURN_STATS` are the log's statistics.
struct ParquetWriter {
    /// Stands for null in partition folders, as Hive and Spark write it.
    static let nullPartition = "__HIVE_DEFAULT_PARTITION__"

    /// Where the engine writes; a folder that exists.
    let folder: String
    let columns: PhysicalColumns
    /// `snappy`, `zstd`, `gzip`, `lz4`, `lz4_raw`, `brotli` or `uncompressed`.
    var compression = "snappy"
    /// A file that grows past this is closed and the next begun.
    var targetFileBytes: Int64 = 512 << 20
    /// Makes names unique; file names end with a UUID of the engine's own as well.
    let prefix: String

    /// Runs the query and writes its rows.
    ///
    /// - Parameters:
    ///   - select: Gives exactly these columns, in order and of their types.
    ///   - parameters: Of the SELECT.
    ///   - connection: Runs it.
    /// - Returns: The files.
    /// - Throws: The engine's error. Files may be left then; nothing refers to them.
    func write(
        _ select: String, parameters: [EngineValue], on connection: EngineConnection
    ) throws(TarnError) -> WrittenRows {
        let result = try connection.execute(statement(select), parameters)
        var written = WrittenRows()
        while let chunk = try result.nextChunk() {
            for row in 0..<chunk.rowCount {
                let file = Self.file(chunk, row)
                if file.rowCount == 0 {
                    written.empty.append(file.location)
                } else {
                    written.files.append(file)
                }
            }
        }
        return written
    }

    /// The engine drops some non-ASCII letters from the end of a folder's name when it partitions (1.5.5); with "/."
    /// behind it the name is kept.
    private func statement(_ select: String) -> String {
        var options = [
            "FORMAT parquet", "RETURN_STATS", "COMPRESSION \(compression)", "OVERWRITE_OR_IGNORE",
            "FILENAME_PATTERN \(quoteLiteral("\(prefix)-{uuid}"))",
        ]
        if let fieldIDs = columns.fieldIDs { options.append("FIELD_IDS \(fieldIDs)") }
        let partitionColumns = columns.partitionColumns
        let source: String
        if partitionColumns.isEmpty {
            options.append("FILE_SIZE_BYTES \(targetFileBytes)")
            source = select
        } else {
            options.append("PARTITION_BY (\(partitionColumns.map(quoteIdentifier).joined(separator: ", ")))")
            source =
                "SELECT \(columns.schema.fields.map(item).joined(separator: ", ")) FROM (\(select)) AS __rows"
        }
        return "COPY (\(source)) TO \(quoteLiteral(folder + "/.")) (\(options.joined(separator: ", ")))"
    }

    private func item(_ field: SchemaField) -> String {
        let name = quoteIdentifier(field.name)
        guard columns.partitionColumns.contains(where: { $0.lowercased() == field.name.lowercased() }) else {
            return name
        }
        return "\(Self.partitionText(name, field.type)) AS \(name)"
    }

    /// SQL for the text that Delta's log keeps of a partition value (protocol, "Partition Value Serialization").
    private static func partitionText(_ name: String, _ type: DataType) -> String {
        let text: String
        switch type {
        case .string: text = "NULLIF(\(name), '')"
        case .binary: text = "NULLIF(decode(\(name)), '')"
        case .timestamp, .timestampNtz:
            let time = "CAST(\(name) AS TIMESTAMP)"
            text = """
                CASE WHEN microsecond(\(time)) % 1000000 = 0 THEN strftime(\(time), '%Y-%m-%d %H:%M:%S') \
                ELSE strftime(\(time), '%Y-%m-%d %H:%M:%S.%f') END
                """
        default: text = "CAST(\(name) AS VARCHAR)"
        }
        return "COALESCE(\(text), \(quoteLiteral(nullPartition)))"
    }

    /// A row of filename, count, file_size_bytes, footer_size_bytes, column_statistics and partition_keys.
    private static func file(_ chunk: EngineChunk, _ row: Int) -> WrittenFile {
        var partitionValues: [String: String?] = [:]
        let keys = chunk.column(5)
        if !keys.isNull(row) {
            forEachEntry(of: keys, row) { key, values, index in
                let text = values.isNull(index) ? nil : values.string(index)
                partitionValues[key] = .some(text == nullPartition ? nil : text)
            }
        }
        var columns: [WrittenColumn] = []
        let statistics = chunk.column(4)
        if !statistics.isNull(row) {
            forEachEntry(of: statistics, row) { name, values, index in
                columns.append(column(name, values, index))
            }
        }
        return WrittenFile(
            location: chunk.column(0).string(row), rowCount: whole(chunk.column(1), row),
            byteCount: whole(chunk.column(2), row), partitionValues: partitionValues, columns: columns)
    }

    private static func column(_ name: String, _ statistics: EngineColumn, _ row: Int) -> WrittenColumn {
        var facts: [String: String] = [:]
        forEachEntry(of: statistics, row) { key, values, index in
            if !values.isNull(index) { facts[key] = values.string(index) }
        }
        return WrittenColumn(
            path: unquotedPath(name), minimum: facts["min"], maximum: facts["max"],
            nullCount: facts["null_count"].flatMap { Int64($0) }, hasNaN: facts["has_nan"] == "true")
    }

    private static func forEachEntry(
        of map: EngineColumn, _ row: Int, _ body: (String, EngineColumn, Int) -> Void
    ) {
        guard let entries = map.elements, let keys = entries.member(0), let values = entries.member(1) else {
            return
        }
        for index in map.elementRange(row) { body(keys.string(index), values, index) }
    }

    private static func whole(_ column: EngineColumn, _ row: Int) -> Int64 {
        if case .integer(let value) = column.scalar(row) { return value }
        if case .decimal(let value, 0) = column.scalar(row) { return Int64(clamping: value) }
        return 0
    }

    /// `"a"."b""c"` as `["a", "b\"c"]`.
    static func unquotedPath(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var isQuoted = false
        var characters = Substring(text).unicodeScalars
        while let character = characters.popFirst() {
            if character == "\"" {
                if isQuoted, characters.first == "\"" {
                    part.unicodeScalars.append(character)
                    characters.removeFirst()
                } else {
                    isQuoted.toggle()
                }
            } else if character == ".", !isQuoted {
                parts.append(part)
                part = ""
            } else {
                part.unicodeScalars.append(character)
            }
        }
        parts.append(part)
        return parts
    }
}
