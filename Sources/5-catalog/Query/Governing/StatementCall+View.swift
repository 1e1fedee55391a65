internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func run(_ statement: ViewStatement) async throws -> StatementResult {
        switch statement {
        case .create(let name, let orReplace, let ifNotExists, let columns, let comment, let query):
            if ifNotExists, let known = try await existing(qualified(name)) {
                return .done(.create, "View \(known.name) exists already")
            }
            return try await createView(name, query, columns, comment, orReplace: orReplace)
        case .drop(let name, let ifExists): return try await dropView(name, ifExists: ifExists)
        case .show(let scope, let pattern):
            let (parent, schema) = context.qualifiedSchema(scope?.parts ?? [])
            let entries = try await all {
                try await catalog.tables(
                    in: schema, catalog: parent, limit: CatalogService.largestPage, after: $0)
            }
            return result(
                .show,
                [
                    ("catalog_name", .string), ("schema_name", .string), ("view_name", .string),
                    ("comment", .string),
                ],
                entries.filter {
                    $0.kind == .view && pattern.map(LikePattern.init)?.matches($0.name.name) ?? true
                }.map {
                    [
                        .text($0.name.catalog), .text($0.name.schema), .text($0.name.name),
                        .text(orNull: $0.comment),
                    ]
                })
        }
    }

    private func createView(
        _ name: ObjectName, _ query: Range<Int>, _ given: [String], _ comment: String?, orReplace: Bool
    ) async throws -> StatementResult {
        let part = text.part(query)
        if part.tokens.contains(where: { $0.kind == .parameter }) {
            throw sqlError(.invalidInput, "A view takes no parameters.", text, at: query.lowerBound)
        }
        let prepared = try await prepare(query)
        let shape = try await shape(of: prepared)
        withExtendedLifetime(prepared.resources) {}
        let names = given.isEmpty ? shape.map(\.name) : given
        if names.count != shape.count {
            throw sqlError(
                .invalidInput, "The view names \(names.count) columns, but its query gives \(shape.count).",
                text, at: name.range.lowerBound)
        }
        var seen: Set<String> = []
        for column in names where !seen.insert(column.lowercased()).inserted {
            throw sqlError(
                .invalidInput, "The view has two columns named \(column).", text, at: name.range.lowerBound)
        }
        let columns = names.enumerated().map { position, name in
            CatalogColumn(name: name, position: position, typeText: "", typeName: "USER_DEFINED_TYPE")
        }
        // What it reads, under the names that lie around it in the catalog.
        let reads = Set(opened.all.keys)
        let entry = try await at(name.range) {
            try await catalog.addView(
                qualified(name), query: text.string(query), defaults: (context.catalog, context.schema),
                columns: columns, comment: comment, orReplace: orReplace)
        }
        try await service.catalog.setDependencies(of: entry.id, on: reads.sorted())
        return .done(.create, "View \(entry.name) is there")
    }

    private func dropView(_ name: ObjectName, ifExists: Bool) async throws -> StatementResult {
        let full = qualified(name)
        if let known = try await existing(full), known.kind != .view {
            throw sqlError(
                .invalidInput, "\(known.name) is a table: DROP TABLE drops it.", text,
                at: name.range.lowerBound)
        }
        let dropped = try await at(name.range) { try await catalog.dropTable(full, ifExists: ifExists) }
        guard let dropped else { return .done(.drop, "There is no view \(full)") }
        return .done(.drop, "Dropped view \(dropped.name)")
    }

    /// A view as a source: its tables are looked up with its owner's privileges, and the policies on them are those of the
    /// one who asks.
    func view(
        _ entry: TableEntry, _ source: QuerySource
    ) async throws -> (source: ResolvedSource, name: String, version: Int64?) {
        let name = entry.name.description
        if source.travel != nil {
            throw sqlError(
                .unsupported, "\(name) is a view, which has no versions.", text, at: source.range.lowerBound)
        }
        let mayKnow =
            context.principal.isAdministrator
            || entry.securable.ownerID.map {
                context.principal.groupIDs.contains($0) || context.principal.id == $0
            } ?? false
        do {
            let text = try SQLText(entry.viewQuery ?? "")
            let defaults = entry.viewDefaults
            let inner = try nested(
                text, rights: try await service.catalog.owner(of: entry.securable),
                catalog: defaults.catalog, schema: defaults.schema)
            let parsed = try await service.reader.read(text, parameters: .none, localFiles: false)
            let resolved = try await inner.resolve(parsed.sources)
            let names = try await service.catalog.columns(of: entry.id).map(\.name)
            return (Self.view(entry, parsed, resolved.map(\.source), names), name, nil)
        } catch let error as TarnError where ![.cancelled, .resourceExhausted].contains(error.code) {
            throw TarnError(
                .failedPrecondition,
                mayKnow
                    ? "View \(name) cannot be read: \(error.message)"
                    : "View \(name) cannot be read: something that it reads is gone, or closed to its owner.",
                context: [("view", name)])
        }
    }

    private static func view(
        _ entry: TableEntry, _ parsed: ParsedQuery, _ inner: [ResolvedSource], _ names: [String]
    ) -> ResolvedSource {
        let fullNames = inner.map(\.fullName)
        let rewriter = parsed.rewriter
        let columns = names.map { quoteIdentifier($0) }.joined(separator: ", ")
        let composite = Composite(inner: inner) { relations in
            let text = try? rewriter.run(relations: relations, fullNames: fullNames).text.text
            // Without a text there is nothing to read, and the engine says so.
            return "(SELECT * FROM (\(text ?? "SELECT")\n) AS __tarn_view(\(columns)))"
        }
        var source = ResolvedSource(
            fullName: [entry.name.catalog, entry.name.schema, entry.name.name],
            isGoverned: inner.contains { $0.isGoverned }, around: composite)
        source.columnNames = names
        return source
    }
}
