internal import Base
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

/// The rows of an INSERT, with the table's names on their columns.
struct InsertedRows: Sendable {
    let prepared: PreparedQuery
    let source: WriteSource
    /// Whether the engine has not seen the rows yet: a list of values, cast to the columns' types.
    let isUnplanned: Bool

    var facts: ScanFacts { prepared.facts }
}

/// A partition column with the value that `PARTITION (...)` gives it.
struct FixedPartition: Sendable {
    let field: SchemaField
    /// A constant, as the engine's SQL.
    let sql: String
    let value: Scalar

    var item: String { "CAST((\(sql)) AS \(field.type.sqlName)) AS \(quoteIdentifier(field.name))" }

    /// The rows of the partitions.
    static func condition(_ fixed: [FixedPartition]) -> RowCondition {
        let parts = fixed.map {
            "\(quoteIdentifier($0.field.name)) IS NOT DISTINCT FROM CAST((\($0.sql)) AS \($0.field.type.sqlName))"
        }
        let filters = fixed.map { entry -> ScanFilter in
            let path = ColumnPath(entry.field.name)
            return entry.value == .null ? .isNull(path) : .compare(path, .equal, entry.value)
        }
        return RowCondition(parts.joined(separator: " AND "), filter: .and(filters))
    }
}

extension StatementCall {
    /// Plans the query, and gives its columns the names of the table's.
    func insertedRows(
        _ statement: InsertStatement, _ snapshot: DeltaSnapshot, _ fixed: [FixedPartition], _ name: String
    ) async throws -> InsertedRows {
        let schema = snapshot.schema
        let list = statement.byName ? nil : ValuesList(text.part(statement.query))
        // The whole text is bound, so that question marks count from its start.
        var edits = TextEdits()
        var columns: [String] = []
        if let list {
            columns = try filled(statement, snapshot, fixed, count: list.rows.first?.count ?? 0, name)
            let fields = columns.map { schema[$0] ?? SchemaField($0, .string) }
            edits = try list.casts(to: fields.map(\.type), defaults: fields.map(ColumnDefault.sql)) ?? edits
        }
        edits.replace(text.extent.lowerBound..<statement.query.lowerBound, with: "")
        let prepared = try await prepare(text.extent, casts: edits)
        let isUnplanned = list?.rows.allSatisfy { $0.count == columns.count } ?? false
        var known: [String]? = isUnplanned ? columns : nil
        if !isUnplanned {
            let shape = try await shape(of: prepared)
            if !statement.byName {
                columns = try filled(statement, snapshot, fixed, count: shape.count, name)
                columns += shape.dropFirst(columns.count).map(\.name)
            } else {
                columns = shape.map(\.name)
            }
            let fits = zip(columns, shape).allSatisfy { column, found in
                schema[column].map { EngineType($0.type) == found.type } ?? false
            }
            if fits { known = columns }
        }
        record.derives(ColumnDerivation([(prepared.question, columns)]))
        // Where every row says DEFAULT, the table computes what it computes for a column that is not there.
        let left = columns.enumerated().filter { list?.isDefault(column: $0.offset) == true }.map(\.element)
        let kept = columns.filter { !left.contains($0) }
        let names = columns.map(quoteIdentifier).joined(separator: ", ")
        let items = (left.isEmpty ? ["*"] : kept.map(quoteIdentifier)) + fixed.map(\.item)
        let rows =
            statement.byName && fixed.isEmpty
            ? prepared.sql
            : "SELECT \(items.joined(separator: ", ")) FROM (\(prepared.sql)) AS __rows"
                + (statement.byName ? "" : "(\(names))")
        let source = WriteSource(
            sql: rows, parameters: prepared.parameters,
            columns: known == nil ? nil : kept + fixed.map(\.field.name))
        return InsertedRows(prepared: prepared, source: source, isUnplanned: isUnplanned)
    }

    /// The columns that the query fills, in its order.
    ///
    /// Without a list that is all of them, but for those that `PARTITION` gives a value; where the query has fewer,
    /// those that are always computed may be missing.
    private func filled(
        _ statement: InsertStatement, _ snapshot: DeltaSnapshot, _ fixed: [FixedPartition], count: Int,
        _ name: String
    ) throws -> [String] {
        let schema = snapshot.schema
        let given = Set(fixed.map { $0.field.name.lowercased() })
        let columns: [String]
        if let names = statement.columns {
            try check(names, schema, at: statement.name)
            columns = names
        } else {
            let moved = Set((statement.partition ?? []).map { $0.column.lowercased() })
            let fields = schema.fields.filter { !given.contains($0.name.lowercased()) }
            let ordered =
                fields.filter { !moved.contains($0.name.lowercased()) }
                + fields.filter { moved.contains($0.name.lowercased()) }
            let plain = ordered.filter { !$0.isAlwaysComputed }
            columns = (count == plain.count ? plain : ordered).map(\.name)
        }
        if count == columns.count || count > columns.count && evolvesSchema(statement) { return columns }
        throw sqlError(
            .schemaMismatch,
            "Table \(name) takes \(columns.count) columns here (\(columns.joined(separator: ", "))), but the query gives \(count).",
            text, at: statement.query.lowerBound)
    }

    private func check(_ names: [String], _ schema: TableSchema, at place: ObjectName) throws {
        var seen: Set<String> = []
        for name in names {
            guard schema[name] != nil else {
                throw sqlError(
                    .notFound, "There is no column \(name).\(didYouMean(name, among: schema.names))", text,
                    at: place.range.lowerBound, context: [("column_name", name)])
            }
            if !seen.insert(name.lowercased()).inserted {
                throw sqlError(
                    .invalidInput, "The column \(name) is listed twice.", text, at: place.range.lowerBound)
            }
        }
    }

    /// The values that `PARTITION (...)` gives, computed.
    func fixedPartitions(
        _ statement: InsertStatement, _ snapshot: DeltaSnapshot
    ) async throws -> [FixedPartition] {
        var fixed: [FixedPartition] = []
        for entry in statement.partition ?? [] {
            let isPartition = snapshot.partitionColumns.contains {
                $0.lowercased() == entry.column.lowercased()
            }
            guard let field = snapshot.schema[entry.column], isPartition else {
                throw sqlError(
                    .invalidInput,
                    "The table is not partitioned by \(entry.column).\(didYouMean(entry.column, among: snapshot.partitionColumns))",
                    text, at: statement.name.range.lowerBound)
            }
            guard let range = entry.value else { continue }
            var edits = TextEdits()
            edits.replace(text.extent.lowerBound..<range.lowerBound, with: "SELECT ")
            edits.replace(range.upperBound..<text.extent.upperBound, with: "")
            let parsed = try await service.reader.read(
                text, parameters: parameters, localFiles: false, casts: edits)
            guard parsed.sources.isEmpty else {
                throw sqlError(
                    .invalidInput, "A partition's value is a constant.", text, at: range.lowerBound)
            }
            let sql = try parsed.rewriter.part(range, relations: [], fullNames: [])
            let select = "SELECT CAST((\(sql)) AS \(field.type.sqlName))"
            let value = try await withoutPlace {
                try await engine.user.onSessionThread { connection -> Scalar in
                    guard let chunk = try connection.execute(select).nextChunk(), chunk.rowCount == 1 else {
                        return .null
                    }
                    return chunk.column(0).scalar(0)
                }
            }
            fixed.append(FixedPartition(field: field, sql: sql, value: value))
        }
        return fixed
    }
}

extension SchemaField {
    /// Whether a row must not give its value: `GENERATED ALWAYS`.
    var isAlwaysComputed: Bool {
        metadata["delta.generationExpression"] != nil
            || metadata["delta.identity.allowExplicitInsert"]?.bool == false
    }
}
