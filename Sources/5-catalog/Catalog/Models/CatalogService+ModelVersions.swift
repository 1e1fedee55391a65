package import Base

extension CatalogService {
    /// Registers the next version of a model.
    ///
    /// Its files come next, and then `finalizeModelVersion`.
    ///
    /// - Parameters:
    ///   - name: Of the model; the principal has to own or manage it.
    ///   - definition: What the client says of it.
    /// - Returns: The version, pending, with the place for its files.
    /// - Throws: `.notFound`, `.permissionDenied`.
    @discardableResult
    package func createModelVersion(
        _ name: QualifiedName, _ definition: ModelVersionDefinition = ModelVersionDefinition()
    ) async throws(TarnError) -> ModelVersionEntry {
        let now = time.nowMicroseconds()
        let id = random.uuid()
        return try await write { rows in
            var (model, _) = try rows.requireObject(.registeredModel, name)
            try rows.requireManagement(of: model)
            let number = ModelEntry.highestVersion(model) + 1
            model.detail = JSONValue.object(["highest_version": .int(number)]).jsonText
            try rows.update(rows.stamped(model, at: now))
            try rows.insertVersion(id: id, of: model.id, number, definition, at: now)
            return try rows.requireVersion(name, number).version
        }
    }

    /// One version of a model that the principal may see.
    package func modelVersion(
        _ name: QualifiedName, _ version: Int64, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> ModelVersionEntry {
        try await read { rows in
            let (found, model) = try rows.requireVersion(name, version)
            if !privileges.isEmpty {
                try rows.require(privileges.union([.useCatalog, .useSchema]), on: model)
            }
            return found
        }
    }

    /// The version that an alias stands for.
    package func modelVersion(
        _ name: QualifiedName, alias: String
    ) async throws(TarnError) -> ModelVersionEntry {
        try await read { rows in
            let (model, _) = try rows.requireObject(.registeredModel, name)
            guard let version = try rows.version(ofAlias: NameRules.key(of: alias), of: model.id) else {
                throw TarnError(
                    .notFound,
                    "Model \(try rows.fullName(of: model)) has no alias \(QualifiedName.quotedIfNeeded(alias))."
                )
            }
            return try rows.requireVersion(name, version).version
        }
    }

    /// A page of a model's versions, the newest first, after the place that an earlier page gave as `next`.
    package func modelVersions(
        _ name: QualifiedName, limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<ModelVersionEntry> {
        let size = min(max(1, limit), Self.largestPage)
        return try await read { rows in
            let (model, schema) = try rows.requireObject(.registeredModel, name)
            let entry = rows.model(model, in: schema)
            let found = try rows.versions(
                of: entry, below: after.flatMap { Int64($0) } ?? .max, limit: size + 1)
            let next = found.count > size ? String(found[size - 1].version) : nil
            return CatalogPage(entries: Array(found.prefix(size)), next: next)
        }
    }

    @discardableResult
    package func updateModelVersion(
        _ name: QualifiedName, _ version: Int64, _ changes: EntryChanges
    ) async throws(TarnError) -> ModelVersionEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            let (old, model) = try rows.requireVersion(name, version)
            try rows.requireManagement(of: model)
            try rows.updateVersion(
                old.id, comment: changes.applied(to: old.comment), status: old.status, at: now)
            return try rows.requireVersion(name, version).version
        }
    }

    /// Says that the files of a pending version are complete, or that they never will be.
    ///
    /// - Parameters:
    ///   - name: Of the model.
    ///   - version: Its number.
    ///   - status: `.ready`, or `.failed`.
    /// - Returns: The version.
    /// - Throws: `.failedPrecondition` unless it is pending (saying the same again is no error).
    @discardableResult
    package func finalizeModelVersion(
        _ name: QualifiedName, _ version: Int64, as status: ModelVersionEntry.Status = .ready
    ) async throws(TarnError) -> ModelVersionEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            let (old, model) = try rows.requireVersion(name, version)
            try rows.requireManagement(of: model)
            if old.status == status { return old }
            if old.status != .pending {
                throw TarnError(
                    .failedPrecondition,
                    "Version \(version) of model \(old.model) is \(old.status.rawValue), not pending. Register a new one."
                )
            }
            try rows.updateVersion(old.id, comment: old.comment, status: status, at: now)
            return try rows.requireVersion(name, version).version
        }
    }

    /// Deletes a version with the aliases that stand for it; its files are the caller's to remove.
    @discardableResult
    package func deleteModelVersion(
        _ name: QualifiedName, _ version: Int64
    ) async throws(TarnError) -> ModelVersionEntry {
        try await write { rows in
            let (old, model) = try rows.requireVersion(name, version)
            try rows.requireManagement(of: model)
            try rows.deleteVersion(old.id, version, of: model.id)
            return old
        }
    }

    /// Lets an alias stand for a version; it may have stood for another before.
    package func setModelAlias(
        _ alias: String, of name: QualifiedName, to version: Int64
    ) async throws(TarnError) {
        try NameRules.check(alias, of: .registeredModel)
        try await write { rows in
            let (_, model) = try rows.requireVersion(name, version)
            try rows.requireManagement(of: model)
            try rows.setAlias(alias, of: model.id, to: version)
        }
    }

    /// Takes an alias away; one that is not there is no error.
    package func deleteModelAlias(_ alias: String, of name: QualifiedName) async throws(TarnError) {
        try await write { rows in
            let (model, _) = try rows.requireObject(.registeredModel, name)
            try rows.requireManagement(of: model)
            try rows.deleteAlias(NameRules.key(of: alias), of: model.id)
        }
    }
}
