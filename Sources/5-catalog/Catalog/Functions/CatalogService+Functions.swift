package import Base

extension CatalogService {
    /// Makes a function.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist; functions share no names with tables.
    ///   - definition: Parameters, type and body. Who calls checks that the body can be run.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - orReplace: Whether an existing function gets this definition; its id, owner and grants stay.
    ///   - ifNotExists: Whether an existing function is taken as it is.
    /// - Returns: The function.
    /// - Throws: `.alreadyExists`, `.invalidInput`, `.notFound` without the schema, `.permissionDenied` without
    ///   CREATE FUNCTION, or for a function of somebody else that is to be replaced.
    @discardableResult
    package func createFunction(
        _ name: QualifiedName, _ definition: FunctionDefinition, comment: String? = nil,
        properties: [String: String] = [:], orReplace: Bool = false, ifNotExists: Bool = false
    ) async throws(TarnError) -> FunctionEntry {
        try NameRules.check(name.name, of: .function)
        try definition.check()
        let now = time.nowMicroseconds()
        return try await write { rows in
            let parent = try rows.requireSchema(name.schema, in: name.catalog)
            let known = try rows.securable(.function, key: NameRules.key(of: name.name), in: parent.id)
            if ifNotExists, let known, try rows.sees(known) { return try FunctionEntry(known, in: parent) }
            try rows.require([.useCatalog, .useSchema, .createFunction], on: parent.securable)
            if orReplace, var known, try rows.sees(known) {
                try rows.requireManagement(of: known)
                known.detail = definition.detail
                known.comment = comment
                known.properties = properties
                known = rows.stamped(known, at: now)
                try rows.update(known)
                return try FunctionEntry(known, in: parent)
            }
            try rows.refuseTaken(.function, name.name, in: parent.id)
            var entry = self.newSecurable(.function, name.name, in: parent.id, comment, properties)
            entry.detail = definition.detail
            try rows.insert(entry)
            return try FunctionEntry(entry, in: parent)
        }
    }

    /// The function of that name, if the principal may see it.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - privileges: What the principal must be allowed to do with it; with any, USE CATALOG and USE SCHEMA as well.
    /// - Returns: The function.
    /// - Throws: `.notFound` with the nearest names, `.permissionDenied` naming the privilege that is missing.
    package func function(
        _ name: QualifiedName, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> FunctionEntry {
        try await read { rows in
            let (found, parent) = try rows.requireObject(.function, name)
            if !privileges.isEmpty {
                try rows.require(privileges.union([.useCatalog, .useSchema]), on: found)
            }
            return try FunctionEntry(found, in: parent)
        }
    }

    /// The function with that id, whatever it is called now and whoever may see it; `nil` if it was dropped.
    package func function(id: String) async throws(TarnError) -> FunctionEntry? {
        try await read { rows in
            guard let found = try rows.securable(id: id), found.kind == .function else { return nil }
            return try FunctionEntry(found, in: rows.parentSchema(of: found))
        }
    }

    /// A page of a schema's functions, after the place that an earlier page gave as `next`.
    package func functions(
        in schema: String = QualifiedName.defaultSchema, catalog: String = QualifiedName.defaultCatalog,
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<FunctionEntry> {
        try await read { rows in
            let parent = try rows.requireSchema(schema, in: catalog)
            return try rows.page(.function, in: parent.id, limit: limit, after: after) {
                try FunctionEntry($0, in: parent)
            }
        }
    }

    /// Takes a function out of the catalog.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - ifExists: Whether it is no error if there is none, or no such schema.
    /// - Returns: The function that was dropped, or `nil`.
    /// - Throws: `.failedPrecondition` naming the policies, views and functions that use it.
    @discardableResult
    package func dropFunction(
        _ name: QualifiedName, ifExists: Bool = false
    ) async throws(TarnError) -> FunctionEntry? {
        try await write { rows in
            let (found, parent): (Securable, SchemaEntry)
            do { (found, parent) = try rows.requireObject(.function, name) } catch let error as TarnError {
                if ifExists && error.code == .notFound { return nil }
                throw error
            }
            try rows.requireManagement(of: found)
            try rows.refuseDependants(
                try rows.dependants(ofFunction: found.id), of: found,
                hint: "Drop those policies, views and functions first.")
            try rows.delete(id: found.id)
            return try FunctionEntry(found, in: parent)
        }
    }
}

extension CatalogService {
    @discardableResult
    package func updateFunction(
        _ name: QualifiedName, _ changes: EntryChanges
    ) async throws(TarnError) -> FunctionEntry {
        try await updateObject(.function, name, changes)
        return try await function(name)
    }

    /// Gives a function another name in its schema; policies and views that use it still do.
    @discardableResult
    package func renameFunction(
        _ name: QualifiedName, to newName: String
    ) async throws(TarnError) -> FunctionEntry {
        try await renameObject(.function, name, to: newName)
        return try await function(QualifiedName(catalog: name.catalog, schema: name.schema, name: newName))
    }
}
