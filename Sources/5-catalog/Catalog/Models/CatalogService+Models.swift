package import Base

extension CatalogService {
    /// Makes a model without versions.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - ifNotExists: Whether a model of that name is taken as it is.
    /// - Returns: The model.
    /// - Throws: `.alreadyExists`, `.notFound`, `.invalidInput`, `.permissionDenied` without CREATE MODEL.
    @discardableResult
    package func createModel(
        _ name: QualifiedName, comment: String? = nil, properties: [String: String] = [:],
        ifNotExists: Bool = false
    ) async throws(TarnError) -> ModelEntry {
        try NameRules.check(name.name, of: .registeredModel)
        return try await write { rows in
            let parent = try rows.requireSchema(name.schema, in: name.catalog)
            let known = try rows.securable(.registeredModel, key: NameRules.key(of: name.name), in: parent.id)
            if ifNotExists, let known, try rows.sees(known) { return rows.model(known, in: parent) }
            try rows.require([.useCatalog, .useSchema, .createModel], on: parent.securable)
            try rows.refuseTaken(.registeredModel, name.name, in: parent.id)
            let entry = self.newSecurable(.registeredModel, name.name, in: parent.id, comment, properties)
            try rows.insert(entry)
            return rows.model(entry, in: parent)
        }
    }

    /// The model of that name, if the principal may see it.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - privileges: What the principal must be allowed to do with it; with any, USE CATALOG and USE SCHEMA as well.
    /// - Returns: The model.
    /// - Throws: `.notFound` with the nearest names, `.permissionDenied` naming the privilege that is missing.
    package func model(
        _ name: QualifiedName, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> ModelEntry {
        try await read { rows in
            let (found, parent) = try rows.requireObject(.registeredModel, name)
            if !privileges.isEmpty {
                try rows.require(privileges.union([.useCatalog, .useSchema]), on: found)
            }
            return rows.model(found, in: parent)
        }
    }

    /// The model with that id, whatever it is called now and whoever may see it; `nil` if it was dropped.
    package func model(id: String) async throws(TarnError) -> ModelEntry? {
        try await read { rows in
            guard let found = try rows.securable(id: id), found.kind == .registeredModel else { return nil }
            return rows.model(found, in: try rows.parentSchema(of: found))
        }
    }

    /// A page of a schema's models, after the place that an earlier page gave as `next`.
    package func models(
        in schema: String = QualifiedName.defaultSchema, catalog: String = QualifiedName.defaultCatalog,
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<ModelEntry> {
        try await read { rows in
            let parent = try rows.requireSchema(schema, in: catalog)
            return try rows.page(.registeredModel, in: parent.id, limit: limit, after: after) {
                rows.model($0, in: parent)
            }
        }
    }

    @discardableResult
    package func updateModel(
        _ name: QualifiedName, _ changes: EntryChanges
    ) async throws(TarnError) -> ModelEntry {
        try await updateObject(.registeredModel, name, changes)
        return try await model(name)
    }

    @discardableResult
    package func renameModel(_ name: QualifiedName, to newName: String) async throws(TarnError) -> ModelEntry
    {
        try await renameObject(.registeredModel, name, to: newName)
        return try await model(QualifiedName(catalog: name.catalog, schema: name.schema, name: newName))
    }

    /// Takes a model out of the catalog.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - force: Whether its versions go with it; without, a model with versions stays.
    ///   - ifExists: Whether it is no error if there is none, or no such schema.
    /// - Returns: The model that was dropped, or `nil`. Its files are the caller's to remove.
    /// - Throws: `.notFound`, `.failedPrecondition` while it has versions.
    @discardableResult
    package func dropModel(
        _ name: QualifiedName, force: Bool = false, ifExists: Bool = false
    ) async throws(TarnError) -> ModelEntry? {
        let dropped = try await dropObject(.registeredModel, name, ifExists: ifExists) { found, rows in
            if try !force && rows.hasVersions(found.id) {
                throw TarnError(
                    .failedPrecondition,
                    "Model \(try rows.fullName(of: found)) has versions. Delete them first, or use FORCE.")
            }
        }
        guard let (found, parent) = dropped else { return nil }
        return ModelEntry(found, in: parent, root: modelFolder)
    }
}

extension CatalogRows {
    func model(_ securable: Securable, in schema: SchemaEntry) -> ModelEntry {
        ModelEntry(securable, in: schema, root: models)
    }
}
