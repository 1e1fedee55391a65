package import Base

extension CatalogService {
    /// Makes a catalog with a schema `default` in it.
    ///
    /// - Parameters:
    ///   - name: See `NameRules`.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - ifNotExists: Whether a catalog of that name is taken as it is, in place of an error.
    /// - Returns: The catalog.
    /// - Throws: `.alreadyExists`, `.invalidInput`.
    @discardableResult
    package func createCatalog(
        _ name: String, comment: String? = nil, properties: [String: String] = [:], ifNotExists: Bool = false
    ) async throws(TarnError) -> CatalogEntry {
        try NameRules.check(name, of: .catalog)
        let entry = newSecurable(.catalog, name, in: CatalogRows.metastoreID, comment, properties)
        let schema = newSecurable(.schema, QualifiedName.defaultSchema, in: entry.id)
        return try await write { rows in
            if ifNotExists, let known = try rows.catalog(NameRules.key(of: name)),
                try rows.sees(known.securable)
            {
                return known
            }
            try rows.require(.createCatalog, on: rows.metastore())
            try rows.refuseTakenCatalog(name)
            try rows.insert(entry)
            try rows.insert(schema)
            return CatalogEntry(entry)
        }
    }

    package func catalog(_ name: String) async throws(TarnError) -> CatalogEntry {
        try await read { try $0.requireCatalog(name) }
    }

    /// A page of the catalogs, after the place that an earlier page gave as `next`.
    package func catalogs(
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<CatalogEntry> {
        try await read { rows in
            try rows.page(.catalog, in: CatalogRows.metastoreID, limit: limit, after: after) {
                CatalogEntry($0)
            }
        }
    }

    @discardableResult
    package func updateCatalog(
        _ name: String, _ changes: EntryChanges
    ) async throws(TarnError) -> CatalogEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireCatalog(name)
            try rows.change(old.securable, changes, at: now)
            return try rows.requireCatalog(name)
        }
    }

    @discardableResult
    package func renameCatalog(_ name: String, to newName: String) async throws(TarnError) -> CatalogEntry {
        try NameRules.check(newName, of: .catalog)
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireCatalog(name)
            try Self.refuseFirst(old, "renamed")
            try rows.refuseTakenCatalog(newName, except: old.id)
            try rows.rename(old.securable, to: newName, at: now)
            return try rows.requireCatalog(newName)
        }
    }

    /// Drops a catalog; with `cascade` all that is in it as well.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - cascade: Without it, schemas that hold tables and schemas other than an empty `default` are in the way.
    ///   - ifExists: Whether it is no error if there is none.
    /// - Returns: The tables that went with it. The files of managed ones are the caller's to remove.
    /// - Throws: `.failedPrecondition` when it is not empty, and for `main`.
    @discardableResult
    package func dropCatalog(
        _ name: String, cascade: Bool = false, ifExists: Bool = false
    ) async throws(TarnError) -> [TableEntry] {
        try await write { rows in
            guard let old = try rows.unlessAbsent(ifExists, { try rows.requireCatalog(name) }) else {
                return []
            }
            try rows.requireManagement(of: old.securable)
            try Self.refuseFirst(old, "dropped")
            var dropped: [TableEntry] = []
            let schemas = try rows.securables(.schema, in: old.id, after: "", limit: .max).map(rows.schema)
            for schema in schemas {
                let isJustMade =
                    try schema.name == QualifiedName.defaultSchema && !rows.hasChildren(schema.id)
                if !cascade && !isJustMade {
                    throw TarnError(
                        .failedPrecondition,
                        "Catalog \(QualifiedName.quotedIfNeeded(old.name)) is not empty: it holds schema \(schema.fullName). "
                            + "Drop its schemas first, or drop it with CASCADE.")
                }
                dropped += try Self.drop(schema, rows)
            }
            try rows.delete(id: old.id)
            return dropped
        }
    }

    /// Removes a schema's tables and the schema.
    static func drop(_ schema: SchemaEntry, _ rows: CatalogRows) throws -> [TableEntry] {
        let tables = try rows.securables(.table, in: schema.id, after: "", limit: .max).map {
            try rows.table($0, in: schema)
        }
        for kind in [SecurableKind.table, .volume, .registeredModel, .function] {
            for child in try rows.securables(kind, in: schema.id, after: "", limit: .max) {
                try rows.delete(id: child.id)
            }
        }
        try rows.delete(id: schema.id)
        return tables
    }

    private static func refuseFirst(_ entry: CatalogEntry, _ action: String) throws {
        if NameRules.key(of: entry.name) == QualifiedName.defaultCatalog {
            throw TarnError(
                .failedPrecondition,
                "Catalog \(entry.name) cannot be \(action): names without a catalog mean it.")
        }
    }
}
