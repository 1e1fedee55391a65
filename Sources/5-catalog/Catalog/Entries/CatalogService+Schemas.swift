package import Base

extension CatalogService {
    /// Makes a schema.
    ///
    /// - Parameters:
    ///   - name: See `NameRules`.
    ///   - catalog: The catalog to make it in.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - ifNotExists: Whether a schema of that name is taken as it is, in place of an error.
    /// - Returns: The schema.
    /// - Throws: `.notFound` without the catalog, `.alreadyExists`, `.invalidInput`.
    @discardableResult
    package func createSchema(
        _ name: String, in catalog: String = QualifiedName.defaultCatalog, comment: String? = nil,
        properties: [String: String] = [:], ifNotExists: Bool = false
    ) async throws(TarnError) -> SchemaEntry {
        try NameRules.check(name, of: .schema)
        return try await write { rows in
            let parent = try rows.requireCatalog(catalog)
            if ifNotExists, let known = try rows.schema(NameRules.key(of: name), in: parent.id),
                try rows.sees(known.securable)
            {
                return known
            }
            try rows.require([.useCatalog, .createSchema], on: parent.securable)
            try rows.refuseTakenSchema(name, in: parent.id)
            let entry = self.newSecurable(.schema, name, in: parent.id, comment, properties)
            try rows.insert(entry)
            return SchemaEntry(entry, catalog: parent.name)
        }
    }

    package func schema(
        _ name: String, in catalog: String = QualifiedName.defaultCatalog
    ) async throws(TarnError) -> SchemaEntry {
        try await read { try $0.requireSchema(name, in: catalog) }
    }

    /// A page of a catalog's schemas, after the place that an earlier page gave as `next`.
    package func schemas(
        in catalog: String = QualifiedName.defaultCatalog, limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<SchemaEntry> {
        try await read { rows in
            let parent = try rows.requireCatalog(catalog)
            return try rows.page(.schema, in: parent.id, limit: limit, after: after) {
                SchemaEntry($0, catalog: parent.name)
            }
        }
    }

    @discardableResult
    package func updateSchema(
        _ name: String, in catalog: String = QualifiedName.defaultCatalog, _ changes: EntryChanges
    ) async throws(TarnError) -> SchemaEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireSchema(name, in: catalog)
            try rows.change(old.securable, changes, at: now)
            return try rows.requireSchema(name, in: catalog)
        }
    }

    @discardableResult
    package func renameSchema(
        _ name: String, in catalog: String = QualifiedName.defaultCatalog, to newName: String
    ) async throws(TarnError) -> SchemaEntry {
        try NameRules.check(newName, of: .schema)
        let now = time.nowMicroseconds()
        return try await write { rows in
            let old = try rows.requireSchema(name, in: catalog)
            try Self.refuseFirst(old, "renamed")
            try rows.refuseTakenSchema(newName, in: old.catalogID, except: old.id)
            try rows.rename(old.securable, to: newName, at: now)
            return try rows.requireSchema(newName, in: catalog)
        }
    }

    /// Drops a schema; with `cascade` all that is in it as well.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - catalog: The catalog that holds it.
    ///   - cascade: Without it, anything in it is in the way.
    ///   - ifExists: Whether it is no error if there is none, or no such catalog.
    /// - Returns: What went with it. The files of managed tables and volumes and of models are the caller's to remove.
    /// - Throws: `.failedPrecondition` when it is not empty, and for `main.default`.
    @discardableResult
    package func dropSchema(
        _ name: String, in catalog: String = QualifiedName.defaultCatalog, cascade: Bool = false,
        ifExists: Bool = false
    ) async throws(TarnError) -> DroppedObjects {
        try await write { rows in
            guard let old = try rows.unlessAbsent(ifExists, { try rows.requireSchema(name, in: catalog) })
            else { return DroppedObjects() }
            try rows.requireManagement(of: old.securable)
            try Self.refuseFirst(old, "dropped")
            if !cascade {
                try rows.refuseChildren(
                    of: old.securable, hint: "Drop what is in it first, or drop it with CASCADE.")
            }
            try rows.refuseOutsideUse(of: [old], container: old.securable)
            return try rows.drop([old])
        }
    }

    private static func refuseFirst(_ entry: SchemaEntry, _ action: String) throws {
        if NameRules.key(of: entry.catalog) == QualifiedName.defaultCatalog
            && NameRules.key(of: entry.name) == QualifiedName.defaultSchema
        {
            throw TarnError(
                .failedPrecondition,
                "Schema \(entry.fullName) cannot be \(action): names without a schema mean it.")
        }
    }
}
