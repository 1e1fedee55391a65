internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel
internal import Tables

/// The policies of a table at a version, with the tables that their functions read.
struct PolicyWeave: Sendable {
    let fields: [SchemaField]
    let extra: [String]
    /// The functions' own tables, in the order of the templates.
    let inner: [ResolvedSource]
    let filters: [FunctionTemplate]
    /// By column; `nil` for a plain one.
    let outputs: [Output?]

    enum Output: Sendable {
        case null
        case masked(FunctionTemplate)
    }

    func around(_ scan: ResolvedSource, fullName: [String]?) -> ResolvedSource {
        ResolvedSource(
            fullName: fullName, isGoverned: true,
            around: Composite(inner: [scan] + inner) { [self] relations in sql(relations) })
    }

    private func sql(_ relations: [String]) -> String {
        var rest = relations.dropFirst()
        func filled(_ template: FunctionTemplate) -> String {
            let own = Array(rest.prefix(template.tables.count))
            rest = rest.dropFirst(template.tables.count)
            return template.sql(relations: own)
        }
        let conditions = filters.map(filled)
        let items = outputs.map { output -> String? in
            switch output {
            case .masked(let template): filled(template)
            case .null: "NULL"
            case nil: nil
            }
        }
        return PolicyWeaver.sql(
            relation: relations.first ?? "(SELECT 1)", filters: conditions, fields: fields, outputs: items,
            extra: extra)
    }
}

extension StatementCall {
    /// So many views and functions may lie one in the other.
    static let deepestNesting = 16

    /// The policies that hold on a table for the one who asks; `nil` if none does.
    ///
    /// - Parameters:
    ///   - entry: The table.
    ///   - table: The same, open.
    ///   - snapshot: The version that is read; today's policies hold for it.
    ///   - extra: Columns of the scan that are none of the table's.
    /// - Returns: What to put around the table's scan.
    /// - Throws: `.failedPrecondition` where they cannot be applied.
    func weave(
        _ entry: TableEntry, _ table: DeltaTable, _ snapshot: DeltaSnapshot, extra: [String] = []
    ) async throws -> PolicyWeave? {
        if context.principal.isSystem { return nil }
        let (policies, current) = try await policies(of: entry, table)
        if policies.isEmpty { return nil }
        let mode = snapshot.columnMapping
        let weaver = PolicyWeaver(
            policies: policies, name: entry.name,
            fields: snapshot.schema.fields.map { ($0.columnKey(mode), $0) },
            currentKeys: Set(current.map(\.key)))
        do { return try await weave(weaver, extra) } catch let error as TarnError {
            switch error.code {
            case .cancelled, .resourceExhausted: throw error
            case .failedPrecondition where error.message.hasPrefix("This version"): throw error
            default: break
            }
            // What the functions read and how is for those who may change them to know.
            throw TarnError(
                .failedPrecondition,
                "The row filter or a mask of \(entry.name) cannot be applied. Its owner has to check the functions that they call.",
                context: [("table", entry.name.description)])
        }
    }

    /// The policies with the columns that the table has now.
    func policies(
        of entry: TableEntry, _ table: DeltaTable
    ) async throws -> (policies: TablePolicies, columns: [ColumnKey]) {
        let snapshot = try await table.snapshot()
        let mode = snapshot.columnMapping
        let columns = snapshot.schema.fields.map { ColumnKey(key: $0.columnKey(mode), name: $0.name) }
        let policies = try await service.catalog.acting(as: context.principal)
            .policies(of: entry, columns: columns)
        return (policies, columns)
    }

    func weave(_ weaver: PolicyWeaver, _ extra: [String]) async throws -> PolicyWeave {
        var inner: [ResolvedSource] = []
        var filters: [FunctionTemplate] = []
        for call in try weaver.filters() { filters.append(try await template(of: call, &inner)) }
        var outputs: [PolicyWeave.Output?] = []
        for output in weaver.outputs() {
            switch output {
            case .plain: outputs.append(nil)
            case .null: outputs.append(.null)
            case .masked(let call): outputs.append(.masked(try await template(of: call, &inner)))
            }
        }
        return PolicyWeave(
            fields: weaver.fields.map(\.field), extra: extra, inner: inner, filters: filters, outputs: outputs
        )
    }

    private func template(
        of call: PolicyWeaver.Call, _ inner: inout [ResolvedSource]
    ) async throws -> FunctionTemplate {
        let function = call.function.entry
        let names = try await service.inliner.tables(of: function)
        var columns: Set<String> = []
        if !names.isEmpty {
            let scope = try nested(
                try SQLText(function.body), rights: call.function.owner, catalog: function.name.catalog,
                schema: function.name.schema)
            let sources = names.map { parts in
                QuerySource(
                    origin: .table(parts), range: 0..<0, defaultAlias: nil, needsSelect: false, travel: nil)
            }
            for (source, name) in zip(try await scope.resolve(sources), names) {
                inner.append(source.source)
                columns.formUnion(try await scope.columnNames(of: source.source))
                columns.formUnion(name.map { $0.lowercased() })
            }
        }
        return try await service.inliner.template(
            function, arguments: call.arguments, columns: columns, asker: context.principal)
    }

    /// The names of a source's columns, in lower case.
    private func columnNames(of source: ResolvedSource) async throws -> Set<String> {
        if let schema = source.schema { return Set(schema.names.map { $0.lowercased() }) }
        var names: Set<String> = []
        for leaf in source.leaves { names.formUnion(leaf.schema?.names.map { $0.lowercased() } ?? []) }
        return names.union(source.columnNames.map { $0.lowercased() })
    }

    /// The same statement inside of a view or function: its owner's privileges hold, the policies stay those of the one
    /// who asks, and names without a schema mean its own.
    func nested(
        _ text: SQLText, rights: Principal, catalog: String, schema: String
    ) throws -> StatementCall {
        if context.depth >= Self.deepestNesting {
            throw TarnError(
                .failedPrecondition,
                "Views and functions are nested deeper than \(Self.deepestNesting) levels, or in a circle.")
        }
        var inner = context
        inner.rights = rights
        inner.depth += 1
        inner.catalog = catalog
        inner.schema = schema
        inner.localFiles = false
        return StatementCall(
            service: service, room: room, text: text, parameters: .none, context: inner, opened: opened)
    }
}
