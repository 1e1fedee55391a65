package import Base
import Metastore

extension CatalogService {
    /// Keeps what opens a storage.
    ///
    /// - Parameters:
    ///   - name: See `NameRules`.
    ///   - definition: Its secrets are kept apart, and only `credentialSecrets` gives them out.
    ///   - comment: For people.
    ///   - ifNotExists: Whether one of that name is taken as it is.
    /// - Returns: The credential, without its secrets.
    /// - Throws: `.alreadyExists`, `.invalidInput` naming what is missing, `.permissionDenied` without CREATE STORAGE
    ///   CREDENTIAL.
    @discardableResult
    package func createCredential(
        _ name: String, _ definition: CredentialDefinition, comment: String? = nil, ifNotExists: Bool = false
    ) async throws(TarnError) -> CredentialEntry {
        try NameRules.check(name, of: .credential)
        try definition.check()
        return try await write { rows in
            let known = try rows.securable(
                .credential, key: NameRules.key(of: name), in: CatalogRows.metastoreID)
            if ifNotExists, let known, try rows.sees(known) { return try CredentialEntry(known) }
            try rows.require(.createStorageCredential, on: rows.metastore())
            try rows.refuseTaken(.credential, name, in: CatalogRows.metastoreID)
            var entry = self.newSecurable(.credential, name, in: CatalogRows.metastoreID, comment)
            entry.detail = definition.detail
            try rows.insert(entry)
            try rows.setSecrets(of: entry.id, definition.secrets)
            return try CredentialEntry(entry)
        }
    }

    package func credential(_ name: String) async throws(TarnError) -> CredentialEntry {
        try await read { rows in try CredentialEntry(rows.requireRootObject(.credential, name)) }
    }

    /// The credential with that id, whoever may see it; `nil` if it was dropped.
    package func credential(id: String) async throws(TarnError) -> CredentialEntry? {
        try await read { rows in
            try rows.securable(id: id).flatMap { $0.kind == .credential ? $0 : nil }.map(CredentialEntry.init)
        }
    }

    /// What a credential opens its storage with, for those who do so on behalf of a principal: never for an answer.
    package func credentialSecrets(id: String) async throws(TarnError) -> [String: String] {
        try await read { try $0.secrets(of: id) }
    }

    /// A page of the credentials, after the place that an earlier page gave as `next`.
    package func credentials(
        limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<CredentialEntry> {
        try await read { rows in
            try rows.page(.credential, in: CatalogRows.metastoreID, limit: limit, after: after) {
                try CredentialEntry($0)
            }
        }
    }

    /// Changes a credential.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - definition: Replaces facts and secrets altogether; `nil` leaves them.
    ///   - changes: Comment and properties.
    /// - Returns: The credential.
    /// - Throws: `.notFound`, `.invalidInput`, `.permissionDenied` unless the principal may manage it.
    @discardableResult
    package func updateCredential(
        _ name: String, _ definition: CredentialDefinition? = nil, _ changes: EntryChanges = EntryChanges()
    ) async throws(TarnError) -> CredentialEntry {
        try definition?.check()
        let now = time.nowMicroseconds()
        return try await write { rows in
            var found = try rows.requireRootObject(.credential, name)
            try rows.requireManagement(of: found)
            if let definition {
                found.detail = definition.detail
                try rows.setSecrets(of: found.id, definition.secrets)
            }
            try rows.change(found, changes, at: now)
            return try CredentialEntry(rows.requireRootObject(.credential, name))
        }
    }

    @discardableResult
    package func renameCredential(
        _ name: String, to newName: String
    ) async throws(TarnError) -> CredentialEntry {
        try await renameRootObject(.credential, name, to: newName)
        return try await credential(newName)
    }

    /// Drops a credential.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - force: Whether external locations may use it; they stay, without one.
    ///   - ifExists: Whether it is no error if there is none.
    /// - Throws: `.failedPrecondition` naming the external locations that use it.
    package func dropCredential(
        _ name: String, force: Bool = false, ifExists: Bool = false
    ) async throws(TarnError) {
        try await dropRootObject(.credential, name, ifExists: ifExists) { found, rows in
            if force { return }
            let users = try rows.securables(
                .externalLocation, in: CatalogRows.metastoreID, after: "", limit: .max
            ).filter { (try? JSONValue.parse($0.detail))?["credential_id"]?.string == found.id }
            try rows.refuseDependants(
                users, of: found, hint: "Give them another credential first, or use FORCE.")
        }
    }
}

extension CatalogRows {
    fileprivate func setSecrets(of id: String, _ secrets: [String: String]) throws {
        try db.execute("DELETE FROM catalog_credential_secrets WHERE credential_id = ?", [id])
        if secrets.isEmpty { return }
        try db.execute(
            "INSERT INTO catalog_credential_secrets (credential_id, secrets) VALUES (?, ?)",
            [id, Self.text(secrets)])
    }

    fileprivate func secrets(of id: String) throws -> [String: String] {
        let text: String? = try db.value(
            "SELECT secrets FROM catalog_credential_secrets WHERE credential_id = ?", [id])
        guard let text, let members = try? JSONValue.parse(text).object?.members else { return [:] }
        return members.reduce(into: [:]) { $0[$1.name] = $1.value.string }
    }
}
