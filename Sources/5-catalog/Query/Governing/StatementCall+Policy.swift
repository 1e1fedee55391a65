internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func run(_ statement: PolicyStatement) async throws -> StatementResult {
        switch statement {
        case .create(let statement): return try await createPolicy(statement)
        case .drop(let name, let scope, let ifExists):
            let dropped = try await at(scope.name.range) {
                try await catalog.dropPolicy(name, on: reference(scope), ifExists: ifExists)
            }
            return .done(.drop, dropped ? "Dropped policy \(name)" : "There is no policy \(name)")
        case .show(let scope): return try await showPolicies(on: scope)
        }
    }

    private func reference(_ scope: PolicyScope) throws -> SecurableReference {
        switch scope.kind {
        case .catalog: return try SecurableReference(.catalog, parts: scope.name.parts)
        case .schema:
            let (catalog, schema) = context.qualifiedSchema(scope.name.parts)
            return try SecurableReference(.schema, parts: [catalog, schema])
        default: return SecurableReference(table: qualified(scope.name))
        }
    }

    private func createPolicy(_ statement: CreatePolicyStatement) async throws -> StatementResult {
        let policy = TagPolicy(
            name: statement.name, kind: statement.kind, comment: statement.comment, to: statement.to,
            except: statement.except, tables: statement.tables, matches: statement.matches,
            onColumn: statement.onColumn,
            arguments: statement.arguments.map { argument in
                switch argument {
                case .column(let alias): .alias(alias)
                case .constant(let sql): .constant(sql)
                }
            })
        let function = try await at(statement.function.range) {
            try await catalog.function(qualified(statement.function), requiring: .execute)
        }
        // What it reads and whether it can be inlined does not depend on the tables that it will be used for.
        _ = try await service.inliner.tables(of: function)
        try await at(statement.scope.name.range) {
            try await catalog.createPolicy(
                policy, on: reference(statement.scope), function.name, orReplace: statement.orReplace)
        }
        return .done(.create, "Policy \(statement.name) holds")
    }

    private func showPolicies(on scope: PolicyScope) async throws -> StatementResult {
        let reference = try reference(scope)
        let columns: [(name: String, type: DataType)] = [
            ("policy_name", .string), ("kind", .string), ("defined_on", .string), ("column", .string),
            ("function", .string), ("to", .string), ("except", .string), ("condition", .string),
        ]
        var rows: [[FixedValue]] = []
        if scope.kind == .table {
            for (key, policy) in try await at(
                scope.name.range,
                {
                    try await catalog.ownPolicies(of: qualified(scope.name))
                })
            {
                rows.append([
                    .null, .text(key.isEmpty ? "row_filter" : "column_mask"), .text(reference.fullName),
                    .text(orNull: key.isEmpty ? nil : key), .text(policy.function.entry.name.description),
                    .text(Principal.everybody), .null, .null,
                ])
            }
        }
        for entry in try await at(scope.name.range, { try await catalog.policies(on: reference) }) {
            let matches = entry.policy.matches.map { "\($0.condition.sql) AS \($0.alias)" }
            rows.append([
                .text(entry.policy.name), .text(entry.policy.kind.rawValue), .text(entry.scope),
                .text(orNull: entry.policy.onColumn), .text(entry.function.description),
                .text(entry.to.joined(separator: ", ")),
                .text(orNull: entry.except.isEmpty ? nil : entry.except.joined(separator: ", ")),
                .text(matches.joined(separator: ", ")),
            ])
        }
        return result(.show, columns, rows)
    }

    // MARK: On one table

    func setRowFilter(_ clause: PolicyClause?, on target: TargetTable) async throws {
        let entry = try governable(target)
        guard let clause else { return try await catalog.dropRowFilter(on: entry.name) }
        let policy = try await policy(clause, of: target, column: nil)
        try await check(TablePolicies(rowFilters: [policy]), on: target)
        try await catalog.setRowFilter(on: entry.name, policy.function.entry.name, policy.arguments)
    }

    func setMask(_ clause: PolicyClause?, on path: ColumnPath, of target: TargetTable) async throws {
        let entry = try governable(target)
        let column = try await column(path, of: target, mayBeGone: clause == nil)
        guard let clause else { return try await catalog.dropMask(on: entry.name, column: column) }
        let policy = try await policy(clause, of: target, column: column)
        try await check(TablePolicies(masks: [column.key: policy]), on: target)
        try await catalog.setMask(
            on: entry.name, column: column, policy.function.entry.name, policy.arguments)
    }

    private func governable(_ target: TargetTable) throws -> TableEntry {
        if let entry = target.entry { return entry }
        throw TarnError(.unsupported, "Policies are put on tables of the catalog, not on folders.")
    }

    private func keys(of target: TargetTable) async throws -> [ColumnKey] {
        let snapshot = try await target.table.snapshot()
        let mode = snapshot.columnMapping
        return snapshot.schema.fields.map { ColumnKey(key: $0.columnKey(mode), name: $0.name) }
    }

    private func column(
        _ path: ColumnPath, of target: TargetTable, mayBeGone: Bool = false
    ) async throws -> ColumnKey {
        guard path.parts.count == 1 else {
            throw TarnError(
                .unsupported,
                "A mask covers a whole column: put it on \(path.parts[0]), not on a member of it.")
        }
        let columns = try await keys(of: target)
        if let found = columns.first(where: { $0.name.lowercased() == path.parts[0].lowercased() }) {
            return found
        }
        // The mask of a column that is gone is dropped by the key that SHOW POLICIES tells.
        if mayBeGone { return ColumnKey(key: path.parts[0], name: path.parts[0]) }
        throw TarnError(
            .notFound,
            "There is no column \(path.parts[0]).\(didYouMean(path.parts[0], among: columns.map(\.name)))",
            context: [("column_name", path.parts[0])])
    }

    private func policy(
        _ clause: PolicyClause, of target: TargetTable, column: ColumnKey?
    ) async throws -> Policy {
        let function = try await at(clause.function.range) {
            try await catalog.function(qualified(clause.function), requiring: .execute)
        }
        var arguments: [Policy.Argument] = column.map { [.column($0.key)] } ?? []
        for argument in clause.arguments {
            switch argument {
            case .constant(let sql): arguments.append(.constant(sql))
            case .column(let name):
                arguments.append(.column(try await self.column(ColumnPath([name]), of: target).key))
            }
        }
        let owner = try await service.catalog.owner(of: function.securable)
        return Policy(function: PolicyFunction(entry: function, owner: owner), arguments: arguments)
    }

    /// Binds the table with a policy put around it: what is wrong with the function or its types comes out now.
    private func check(_ policies: TablePolicies, on target: TargetTable) async throws {
        let snapshot = try await target.table.snapshot()
        let entry = try governable(target)
        let mode = snapshot.columnMapping
        let weaver = PolicyWeaver(
            policies: policies, name: entry.name,
            fields: snapshot.schema.fields.map { ($0.columnKey(mode), $0) },
            currentKeys: Set(snapshot.schema.fields.map { $0.columnKey(mode) }))
        let weave = try await weave(weaver, [])
        let items = snapshot.schema.fields.map {
            "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))"
        }
        let empty = ResolvedSource(fullName: nil, schema: snapshot.schema, fileCount: 0) { _ in
            SourceRelation(
                sql: "(SELECT \(items.joined(separator: ", ")) WHERE false)", filesScanned: 0, filesPruned: 0)
        }
        let source = weave.around(empty, fullName: nil)
        var relations: [String] = []
        var resources: [any Sendable] = []
        for leaf in source.leaves {
            let relation = try await leaf.relation(nil)
            relations.append(relation.sql)
            resources += relation.resources
        }
        let sql = "SELECT * FROM \([source].sql(over: relations)[0])"
        try await withoutPlace {
            try await engine.user.onSessionThread { _ = try $0.prepare(sql) }
        }
        withExtendedLifetime(resources) {}
    }

    /// The clauses of CREATE TABLE, once the table is there.
    func setPolicies(of statement: CreateTableStatement, _ target: TargetTable) async throws {
        for (column, mask) in statement.masks {
            try await setMask(mask, on: ColumnPath([column]), of: target)
        }
        if let filter = statement.rowFilter { try await setRowFilter(filter, on: target) }
    }
}
