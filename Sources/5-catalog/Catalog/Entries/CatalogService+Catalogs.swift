package import Base
import Metastore

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
    ///   - cascade: Without it, schemas that hold anything and schemas other than an empty `default` are in the way.
    ///   - ifExists: Whether it is no error if there is none.
    /// - Returns: What went with it. The files of managed tables and volumes and of models are the caller's to remove.
    /// - Throws: `.failedPrecondition` when it is not empty, and for `main`.
    @discardableResult
    package func dropCatalog(
        _ name: String, cascade: Bool = false, ifExists: Bool = false
    ) async throws(TarnError) -> DroppedObjects {
        try await write { rows in
            guard let old = try rows.unlessAbsent(ifExists, { try rows.requireCatalog(name) }) else {
                return DroppedObjects()
            }
            try rows.requireManagement(of: old.securable)
            try Self.refuseFirst(old, "dropped")
            let schemas = try rows.securables(.schema, in: old.id, after: "", limit: .max).map(rows.schema)
            let isAsMade =
                try schemas.isEmpty
                || schemas.count == 1 && schemas[0].name == QualifiedName.defaultSchema
                    && !rows.hasChildren(schemas[0].id)
            if !cascade && !isAsMade {
                try rows.refuseChildren(
                    of: old.securable, hint: "Drop its schemas first, or drop it with CASCADE.")
            }
            try rows.refuseOutsideUse(of: schemas, container: old.securable)
            try rows.db.execute("DELETE FROM catalog_tag_policies WHERE scope_id = ?", [old.id])
            let dropped = try rows.drop(schemas)
            try rows.delete(id: old.id)
            return dropped
        }
    }

    private static func refuseFirst(_ entry: CatalogEntry, _ action: String) throws {
        if NameRules.key(of: entry.name) == QualifiedName.defaultCatalog {
            throw TarnError(
                .failedPrecondition,
                "Catalog \(entry.name) cannot be \(action): names without a catalog mean it.")
        }
    }
}
