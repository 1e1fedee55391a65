package import Base

extension CatalogService {
    /// Makes a volume.
    ///
    /// The folder of a managed one is the caller's to make.
    ///
    /// - Parameters:
    ///   - name: The schema has to exist.
    ///   - location: An absolute path or a URL for an external one; `nil` for a managed one.
    ///   - comment: For people.
    ///   - ifNotExists: Whether a volume of that name is taken as it is.
    /// - Returns: The volume.
    /// - Throws: `.alreadyExists`, `.notFound`, `.invalidInput`, `.failedPrecondition` for a place that overlaps with a
    ///   table's or another volume's, `.permissionDenied` without CREATE VOLUME, or CREATE EXTERNAL VOLUME on the place.
    @discardableResult
    package func createVolume(
        _ name: QualifiedName, location: String? = nil, comment: String? = nil, ifNotExists: Bool = false
    ) async throws(TarnError) -> VolumeEntry {
        try NameRules.check(name.name, of: .volume)
        let place = try location.map { (text) throws(TarnError) in
            try StorageLocation.checked(text, of: "an external volume")
        }
        return try await write { rows in
            let parent = try rows.requireSchema(name.schema, in: name.catalog)
            let known = try rows.securable(.volume, key: NameRules.key(of: name.name), in: parent.id)
            if ifNotExists, let known, try rows.sees(known) { return rows.volume(known, in: parent) }
            try rows.require([.useCatalog, .useSchema, .createVolume], on: parent.securable)
            try rows.refuseTaken(.volume, name.name, in: parent.id)
            if let place {
                try rows.requireLocation(place, for: .createExternalVolume)
                try rows.refuseOwnFolders(place, of: "an external volume")
                for kind in [SecurableKind.volume, .table] {
                    try rows.refuseOverlap(place, with: kind, of: "volume \(name)")
                }
            }
            var entry = self.newSecurable(.volume, name.name, in: parent.id, comment)
            entry.location = place
            try rows.insert(entry)
            return rows.volume(entry, in: parent)
        }
    }

    /// The volume of that name, if the principal may see it.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - privileges: What the principal must be allowed to do with it; with any, USE CATALOG and USE SCHEMA as well.
    /// - Returns: The volume.
    /// - Throws: `.notFound` with the nearest names, `.permissionDenied` naming the privilege that is missing.
    package func volume(
        _ name: QualifiedName, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> VolumeEntry {
        try await read { rows in
            let (found, parent) = try rows.requireObject(.volume, name)
            if !privileges.isEmpty {
                try rows.require(privileges.union([.useCatalog, .useSchema]), on: found)
            }
            return rows.volume(found, in: parent)
        }
    }

    /// The volume with that id, whatever it is called now and whoever may see it; `nil` if it was dropped.
    package func volume(id: String) async throws(TarnError) -> VolumeEntry? {
        try await read { rows in
            guard let found = try rows.securable(id: id), found.kind == .volume else { return nil }
            return rows.volume(found, in: try rows.parentSchema(of: found))
        }
    }

    /// A page of a schema's volumes, after the place that an earlier page gave as `next`.
    package func volumes(
        in schema: String = QualifiedName.defaultSchema, catalog: String = QualifiedName.defaultCatalog,
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<VolumeEntry> {
        try await read { rows in
            let parent = try rows.requireSchema(schema, in: catalog)
            return try rows.page(.volume, in: parent.id, limit: limit, after: after) {
                rows.volume($0, in: parent)
            }
        }
    }

    @discardableResult
    package func updateVolume(
        _ name: QualifiedName, _ changes: EntryChanges
    ) async throws(TarnError) -> VolumeEntry {
        try await updateObject(.volume, name, changes)
        return try await volume(name)
    }

    /// Gives a volume another name in its schema; id and files stay.
    @discardableResult
    package func renameVolume(
        _ name: QualifiedName, to newName: String
    ) async throws(TarnError) -> VolumeEntry {
        try await renameObject(.volume, name, to: newName)
        return try await volume(QualifiedName(catalog: name.catalog, schema: name.schema, name: newName))
    }

    /// Takes a volume out of the catalog.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - ifExists: Whether it is no error if there is none, or no such schema.
    /// - Returns: The volume that was dropped, or `nil`. The files of a managed one are the caller's to remove.
    /// - Throws: `.notFound` with the nearest names.
    @discardableResult
    package func dropVolume(
        _ name: QualifiedName, ifExists: Bool = false
    ) async throws(TarnError) -> VolumeEntry? {
        guard let (found, parent) = try await dropObject(.volume, name, ifExists: ifExists) else {
            return nil
        }
        return VolumeEntry(found, in: parent, root: volumeFolder)
    }

    // MARK: Shared by the kinds that lie in a schema

    func updateObject(
        _ kind: SecurableKind, _ name: QualifiedName, _ changes: EntryChanges
    ) async throws(TarnError) {
        let now = time.nowMicroseconds()
        try await write { rows in
            try rows.change(rows.requireObject(kind, name).object, changes, at: now)
        }
    }

    func renameObject(
        _ kind: SecurableKind, _ name: QualifiedName, to newName: String
    ) async throws(TarnError) {
        try NameRules.check(newName, of: kind)
        let now = time.nowMicroseconds()
        try await write { rows in
            let (old, parent) = try rows.requireObject(kind, name)
            try rows.requireManagement(of: old)
            try rows.refuseTaken(kind, newName, in: parent.id, except: old.id)
            try rows.rename(old, to: newName, at: now)
        }
    }

    func dropObject(
        _ kind: SecurableKind, _ name: QualifiedName, ifExists: Bool,
        _ check: @escaping @Sendable (Securable, CatalogRows) throws -> Void = { _, _ in }
    ) async throws(TarnError) -> (Securable, SchemaEntry)? {
        try await write { rows in
            let (found, parent): (Securable, SchemaEntry)
            do { (found, parent) = try rows.requireObject(kind, name) } catch let error as TarnError {
                if ifExists && error.code == .notFound { return nil }
                throw error
            }
            try rows.requireManagement(of: found)
            try check(found, rows)
            try rows.delete(id: found.id)
            return (found, parent)
        }
    }
}

extension CatalogRows {
    func volume(_ securable: Securable, in schema: SchemaEntry) -> VolumeEntry {
        VolumeEntry(securable, in: schema, root: volumes)
    }
}
