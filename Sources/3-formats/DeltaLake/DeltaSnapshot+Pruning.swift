package import TableModel

extension DeltaSnapshot {
    /// The live files in which a row may match.
    ///
    /// Drops a file only where its partition values or statistics prove that no row of it matches; a file without
    /// statistics is kept unless its partition rules it out.
    ///
    /// - Parameter filter: Columns in any case; `nil` keeps all files. Unknown columns prove nothing.
    /// - Returns: The files, in no order that means anything.
    /// - Complexity: One pass over the statistics' text of every file.
    package func files(matching filter: ScanFilter?) -> [DataFileView] {
        guard let filter, filter != .always else { return files.all() }
        let pruner = FilePruner(filter, of: self)
        var kept: [DataFileView] = []
        files.forEach { if pruner.mayMatch($0) { kept.append($0) } }
        return kept
    }

    /// The rows of all live files together; `nil` if a file's statistics do not say.
    ///
    /// - Complexity: One pass over the statistics' text of every file.
    package var rowCount: Int64? {
        var total: Int64 = 0
        var isKnown = true
        files.forEachCurrent { block, index in
            let record = block.records[index]
            if record.isRemove || !isKnown { return }
            let rows = block.bytes.withUnsafeBufferPointer {
                StatisticsReader.rowCount(UnsafeBufferPointer(rebasing: $0[record.stats.range]))
            }
            if let rows { total &+= rows } else { isKnown = false }
        }
        return isKnown ? total : nil
    }
}

extension DataFileView {
    /// The statistics of the columns in `schema`; `nil` if the file has none.
    package func statistics(_ schema: TableSchema) -> FileStatistics? {
        stats.map { FileStatistics($0, schema: schema) }
    }

    /// The number of rows, if the statistics say.
    package var rowCount: Int64? {
        block.bytes.withUnsafeBufferPointer {
            StatisticsReader.rowCount(UnsafeBufferPointer(rebasing: $0[record.stats.range]))
        }
    }
}

/// A filter made ready for many files: its columns looked up once.
package struct FilePruner: Sendable {
    private let filter: ScanFilter
    private let reader: StatisticsReader
    private let partitions: [(name: [UInt8], type: DataType)]
    /// Where a column's bounds are found: statistics first, then partition values.
    ///
    /// Few, so looked through in order.
    private let places: [(column: ColumnPath, index: Int)]

    /// - Parameters:
    ///   - filter: Columns in any case; unknown ones prove nothing.
    ///   - snapshot: Whose files will be asked.
    package init(_ filter: ScanFilter, of snapshot: DeltaSnapshot) {
        self.init(
            filter, schema: snapshot.schema, partitionColumns: snapshot.partitionColumns,
            mapping: snapshot.columnMapping)
    }

    /// As above for a schema that is in no snapshot.
    package init(
        _ filter: ScanFilter, schema: TableSchema, partitionColumns: [String],
        mapping: ColumnMapping.Mode = .none
    ) {
        self.filter = filter
        var columns: [StatisticsColumn] = []
        var partitions: [(name: [UInt8], type: DataType)] = []
        var statisticsPlaces: [(column: ColumnPath, index: Int)] = []
        var partitionPlaces: [(column: ColumnPath, index: Int)] = []
        for wanted in filter.columns {
            guard let (path, type) = Self.resolve(wanted, in: schema.fields, mapping) else { continue }
            if wanted.parts.count == 1,
                partitionColumns.contains(where: { $0.lowercased() == wanted.parts[0].lowercased() })
            {
                partitionPlaces.append((wanted, partitions.count))
                partitions.append((Array(path[0].utf8), type))
            } else if !type.isNested {
                statisticsPlaces.append((wanted, columns.count))
                columns.append(StatisticsColumn(ColumnPath(path), type))
            }
        }
        reader = StatisticsReader(columns)
        self.partitions = partitions
        let offset = columns.count
        places = statisticsPlaces + partitionPlaces.map { ($0.column, $0.index + offset) }
    }

    /// The column's parts as the files spell them, and its type.
    private static func resolve(
        _ path: ColumnPath, in fields: [SchemaField], _ mapping: ColumnMapping.Mode
    ) -> ([String], DataType)? {
        var (fields, spelled) = (fields, [String]())
        for (index, part) in path.parts.enumerated() {
            let lowered = part.lowercased()
            guard let field = fields.first(where: { $0.name.lowercased() == lowered }) else { return nil }
            spelled.append(field.physicalName(mapping))
            if index == path.parts.count - 1 { return (spelled, field.type) }
            guard case .structure(let members) = field.type else { return nil }
            fields = members
        }
        return nil
    }

    /// `false` only where it is proven that no row of the file matches.
    package func mayMatch(_ file: DataFileView) -> Bool {
        let record = file.record
        var bounds = Array(repeating: ColumnBounds(), count: reader.columns.count + partitions.count)
        var rowCount: Int64?
        file.block.bytes.withUnsafeBufferPointer { bytes in
            if record.flags.contains(.hasStats) {
                rowCount = reader.read(
                    UnsafeBufferPointer(rebasing: bytes[record.stats.range]), into: &bounds)
            }
            if !partitions.isEmpty {
                readPartitions(UnsafeBufferPointer(rebasing: bytes[record.partitionValues.range]), &bounds)
            }
        }
        // A partition whose value is null has null in all rows, however many there are. The largest number stands
        // for "all", and for a row count that is not known: then no other column's null count can reach it.
        return filter.mayMatch(rowCount: rowCount ?? .max) { column in
            places.first { $0.column == column }.map { bounds[$0.index] }
        }
    }

    private func readPartitions(_ text: UnsafeBufferPointer<UInt8>, _ bounds: inout [ColumnBounds]) {
        var scanner = ByteScanner(text)
        if text.isEmpty { return }
        do throws(ScanFailure) {
            guard try scanner.beginObject() else { return }
            repeat {
                let name = scanner.nameText(try scanner.memberName())
                let value: String? = try scanner.takeNull() ? nil : try scanner.scalarText()
                for (index, partition) in partitions.enumerated()
                where name.utf8.elementsEqual(partition.name) {
                    bounds[reader.columns.count + index] = Self.bounds(value, partition.type)
                }
            } while try scanner.nextMember()
        } catch {
            // The commit's parser has checked the text; were it damaged, it would prove nothing.
            for index in partitions.indices { bounds[reader.columns.count + index] = ColumnBounds() }
        }
    }

    private static func bounds(_ text: String?, _ type: DataType) -> ColumnBounds {
        guard let value = PartitionValue.parse(text, type) else { return ColumnBounds() }
        if value.isNull { return ColumnBounds(nullCount: .max) }
        // Not a number equals nothing here, but rows hold it.
        if case .double(let number) = value, number.isNaN { return ColumnBounds(nullCount: 0) }
        return ColumnBounds(minimum: value, maximum: value, nullCount: 0)
    }
}

extension ScanFilter {
    /// Every column that the filter speaks of.
    package var columns: Set<ColumnPath> {
        switch self {
        case .never, .always: []
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.columns) }
        case .compare(let column, _, _), .isNull(let column), .isNotNull(let column), .isIn(let column, _):
            [column]
        }
    }
}
