internal import Base
internal import DeltaLake
internal import TableModel
internal import Tables

extension StatementCall {
    func optimize(_ statement: OptimizeStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "optimise")
        let snapshot = try await target.table.snapshot()
        for column in statement.zOrder { try checkSortable(column, snapshot, at: statement.name) }
        let condition = try await partitionCondition(statement.condition, snapshot, statement.name)
        let options = optimizeOptions(statement.condition)
        let result = try await withoutPlace {
            try await target.table.optimize(
                where: condition, zOrderBy: statement.zOrder,
                full: statement.isFull, options)
        }
        return rewritten(.optimize, "Optimised", target.name, result)
    }

    func reorg(_ statement: ReorgStatement) async throws -> StatementResult {
        let target = try await target(statement.name)
        try await refuseGoverned(target, "reorganise")
        let snapshot = try await target.table.snapshot()
        let condition = try await partitionCondition(statement.condition, snapshot, statement.name)
        let options = optimizeOptions(statement.condition)
        let result = try await withoutPlace { try await target.table.purge(where: condition, options) }
        return rewritten(.reorg, "Purged", target.name, result)
    }

    private func optimizeOptions(_ condition: Range<Int>?) -> OptimizeOptions {
        var options = OptimizeOptions()
        options.userMetadata = context.setting(.userMetadata)
        if let condition {
            options.operationParameters["predicate"] = .string(
                JSONValue.array([.string(text.string(condition))]).jsonText)
        }
        return options
    }

    /// A condition that whole files meet or not: on partition columns alone.
    private func partitionCondition(
        _ range: Range<Int>?, _ snapshot: DeltaSnapshot, _ name: ObjectName
    ) async throws -> RowCondition? {
        guard let range else { return nil }
        guard let condition = try await self.condition(range, of: name) else { return nil }
        let partitions = snapshot.partitionColumns.map { $0.lowercased() }
        guard condition.filter.columns.allSatisfy({ partitions.contains($0) }), condition.filter.isWhole
        else {
            throw sqlError(
                .invalidInput,
                partitions.isEmpty
                    ? "The table has no partition columns, so a part of it cannot be chosen."
                    : "The condition has to compare partition columns (\(snapshot.partitionColumns.joined(separator: ", "))) with constants.",
                text, at: range.lowerBound)
        }
        return condition
    }

    private func checkSortable(_ column: ColumnPath, _ snapshot: DeltaSnapshot, at name: ObjectName) throws {
        let first = column.parts[0]
        guard snapshot.schema[first] != nil else {
            throw sqlError(
                .notFound, "There is no column \(first).\(didYouMean(first, among: snapshot.schema.names))",
                text,
                at: name.range.lowerBound, context: [("column_name", first)])
        }
        if snapshot.partitionColumns.contains(where: { $0.lowercased() == first.lowercased() }) {
            throw sqlError(
                .invalidInput,
                "The files are partitioned by \(first) already; ZORDER BY takes other columns.",
                text, at: name.range.lowerBound)
        }
    }

    private func rewritten(
        _ kind: StatementResult.Kind, _ verb: String, _ name: String, _ result: CommitResult
    ) -> StatementResult {
        let added = result.count("numAddedFiles") ?? 0
        let removed = result.count("numRemovedFiles") ?? 0
        return .done(
            kind, "\(verb) \(name): \(removed) files became \(added)", version: result.version,
            named: ["numFilesAdded": .int(added), "numFilesRemoved": .int(removed)], metrics: result.numbers)
    }
}

extension ScanFilter {
    /// The columns in it, in lower case.
    fileprivate var columns: Set<String> {
        switch self {
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.columns) }
        case .compare(let path, _, _), .isNull(let path), .isNotNull(let path), .isIn(let path, _):
            [path.parts.first?.lowercased() ?? ""]
        case .never, .always: []
        }
    }

    /// Whether it says something everywhere: an `always` in it stands for what was not understood.
    fileprivate var isWhole: Bool {
        switch self {
        case .and(let parts), .or(let parts): parts.allSatisfy(\.isWhole)
        case .always: false
        default: true
        }
    }
}
