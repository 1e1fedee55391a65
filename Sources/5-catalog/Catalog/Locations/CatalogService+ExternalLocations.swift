package import Base

extension CatalogService {
    /// Makes a place outside of the lakehouse known.
    ///
    /// - Parameters:
    ///   - name: See `NameRules`.
    ///   - url: An absolute path of this machine or a URL; it must not overlap with another external location's.
    ///   - credential: The name of the credential that opens it; folders of this machine need none.
    ///   - isReadOnly: Whether nothing may be made or written there.
    ///   - comment: For people.
    ///   - ifNotExists: Whether one of that name is taken as it is.
    /// - Returns: The external location.
    /// - Throws: `.alreadyExists`, `.invalidInput`, `.failedPrecondition` for an overlap, `.notFound` without the
    ///   credential, `.permissionDenied` without CREATE EXTERNAL LOCATION on metastore and credential.
    @discardableResult
    package func createExternalLocation(
        _ name: String, url: String, credential: String? = nil, isReadOnly: Bool = false,
        comment: String? = nil, ifNotExists: Bool = false
    ) async throws(TarnError) -> ExternalLocationEntry {
        try NameRules.check(name, of: .externalLocation)
        let place = try StorageLocation.checked(url, of: "an external location")
        return try await write { rows in
            let known = try rows.securable(
                .externalLocation, key: NameRules.key(of: name), in: CatalogRows.metastoreID)
            if ifNotExists, let known, try rows.sees(known) { return try ExternalLocationEntry(known, rows) }
            try rows.require(.createExternalLocation, on: rows.metastore())
            try rows.refuseTaken(.externalLocation, name, in: CatalogRows.metastoreID)
            let credentialID = try rows.credentialID(credential, for: place)
            try rows.refuseOwnFolders(place, of: "an external location")
            try rows.refuseOverlap(place, with: .externalLocation, of: "external location \(name)")
            var entry = self.newSecurable(.externalLocation, name, in: CatalogRows.metastoreID, comment)
            entry.location = place
            entry.detail = ExternalLocationEntry.detail(credentialID: credentialID, isReadOnly: isReadOnly)
            try rows.insert(entry)
            return try ExternalLocationEntry(entry, rows)
        }
    }

    package func externalLocation(_ name: String) async throws(TarnError) -> ExternalLocationEntry {
        try await read { rows in
            try ExternalLocationEntry(rows.requireRootObject(.externalLocation, name), rows)
        }
    }

    /// The external location that a place lies in, whoever may see it; `nil` if there is none.
    package func externalLocation(around place: String) async throws(TarnError) -> ExternalLocationEntry? {
        let place = try StorageLocation.checked(place, of: "these files")
        return try await read { rows in
            try rows.securables(.externalLocation, around: place).first.map {
                try ExternalLocationEntry($0, rows)
            }
        }
    }

    /// A page of the external locations, after the place that an earlier page gave as `next`.
    package func externalLocations(
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<ExternalLocationEntry> {
        try await read { rows in
            try rows.page(.externalLocation, in: CatalogRows.metastoreID, limit: limit, after: after) {
                try ExternalLocationEntry($0, rows)
            }
        }
    }

    @discardableResult
    package func updateExternalLocation(
        _ name: String, _ changes: ExternalLocationChanges
    ) async throws(TarnError) -> ExternalLocationEntry {
        let url = try changes.url.map { (url) throws(TarnError) in
            try StorageLocation.checked(url, of: "an external location")
        }
        let now = time.nowMicroseconds()
        return try await write { rows in
            var found = try rows.requireRootObject(.externalLocation, name)
            try rows.requireManagement(of: found)
            let old = try ExternalLocationEntry(found, rows)
            let place = url ?? old.url
            if place != old.url {
                try rows.refuseOwnFolders(place, of: "an external location")
                try rows.refuseOverlap(
                    place, with: .externalLocation, of: "external location \(name)", except: found.id)
                if !changes.force { try rows.refuseHoldingFiles(found) }
            }
            let credentialID =
                try changes.credential.map { try rows.credentialID($0, for: place) } ?? old.credentialID
            found.location = place
            found.detail = ExternalLocationEntry.detail(
                credentialID: credentialID, isReadOnly: changes.isReadOnly ?? old.isReadOnly)
            try rows.change(found, changes.entry, at: now)
            return try ExternalLocationEntry(rows.requireRootObject(.externalLocation, name), rows)
        }
    }

    @discardableResult
    package func renameExternalLocation(
        _ name: String, to newName: String
    ) async throws(TarnError) -> ExternalLocationEntry {
        try await renameRootObject(.externalLocation, name, to: newName)
        return try await externalLocation(newName)
    }

    /// Drops an external location; files stay where they are.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - force: Whether tables and volumes may lie there; they stay, and only administrators can use that place.
    ///   - ifExists: Whether it is no error if there is none.
    /// - Throws: `.failedPrecondition` naming the tables and volumes that lie there.
    package func dropExternalLocation(
        _ name: String, force: Bool = false, ifExists: Bool = false
    ) async throws(TarnError) {
        try await dropRootObject(.externalLocation, name, ifExists: ifExists) { found, rows in
            if !force { try rows.refuseHoldingFiles(found) }
        }
    }

    // MARK: Shared with credentials

    func renameRootObject(
        _ kind: SecurableKind, _ name: String, to newName: String
    ) async throws(TarnError) {
        try NameRules.check(newName, of: kind)
        let now = time.nowMicroseconds()
        try await write { rows in
            let old = try rows.requireRootObject(kind, name)
            try rows.requireManagement(of: old)
            try rows.refuseTaken(kind, newName, in: CatalogRows.metastoreID, except: old.id)
            try rows.rename(old, to: newName, at: now)
        }
    }

    func dropRootObject(
        _ kind: SecurableKind, _ name: String, ifExists: Bool,
        _ check: @escaping @Sendable (Securable, CatalogRows) throws -> Void
    ) async throws(TarnError) {
        try await write { rows in
            let found: Securable
            do { found = try rows.requireRootObject(kind, name) } catch let error as TarnError {
                if ifExists && error.code == .notFound { return }
                throw error
            }
            try rows.requireManagement(of: found)
            try check(found, rows)
            try rows.delete(id: found.id)
        }
    }
}

extension CatalogRows {
    /// The id of the credential for a place.
    fileprivate func credentialID(_ name: String?, for place: String) throws -> String? {
        guard let name else {
            if place.hasPrefix("/") { return nil }
            throw TarnError(.invalidInput, "An external location at a URL needs a credential.")
        }
        let found = try requireRootObject(.credential, name)
        try require(.createExternalLocation, on: found)
        return found.id
    }

    /// Refuses if tables or volumes lie in an external location.
    fileprivate func refuseHoldingFiles(_ location: Securable) throws {
        let place = location.location ?? ""
        let dependants =
            try securables(.table, inside: place, limit: 20) + securables(.volume, inside: place, limit: 20)
        try refuseDependants(
            dependants, of: location, hint: "Drop them first, or use FORCE to leave them without it.")
    }
}
