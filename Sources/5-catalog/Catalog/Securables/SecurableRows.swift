import Base
import Metastore

/// The SQL of `catalog_securables`: rows in and out, no rules.
extension CatalogRows {
    private static let columns = """
        id, kind, parent_id, name, owner_id, comment, properties, location, detail, created_us, created_by, updated_us,
        updated_by
        """

    /// The object of that name in a parent.
    func securable(_ kind: SecurableKind, key: String, in parentID: String) throws -> Securable? {
        try db.row(
            "SELECT \(Self.columns) FROM catalog_securables WHERE parent_id = ? AND kind = ? AND name_key = ?",
            [parentID, kind.rawValue, key]
        ).map(securable)
    }

    func securable(id: String) throws -> Securable? {
        try db.row("SELECT \(Self.columns) FROM catalog_securables WHERE id = ?", [id]).map(securable)
    }

    /// Up to `limit` objects of a kind in a parent, after a name's key, in the order of the keys.
    func securables(
        _ kind: SecurableKind, in parentID: String, after key: String, limit: Int
    ) throws -> [Securable] {
        try db.rows(
            """
            SELECT \(Self.columns) FROM catalog_securables
            WHERE parent_id = ? AND kind = ? AND name_key > ? ORDER BY name_key LIMIT ?
            """, [parentID, kind.rawValue, key, limit]
        ).map(securable)
    }

    /// Those of some objects that are of a kind and in a parent, after a name's key, in the order of the keys.
    func securables(
        _ kind: SecurableKind, in parentID: String, after key: String, among ids: [String]
    ) throws -> [Securable] {
        var found: [Securable] = []
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = Array(ids[start..<min(start + 500, ids.count)])
            let places = part.map { _ in "?" }.joined(separator: ", ")
            found += try db.rows(
                """
                SELECT \(Self.columns) FROM catalog_securables
                WHERE id IN (\(places)) AND parent_id = ? AND kind = ? AND name_key > ?
                """, part + [parentID, kind.rawValue, key]
            ).map(securable)
        }
        return found.sorted { $0.nameKey.utf8.lexicographicallyPrecedes($1.nameKey.utf8) }
    }

    /// The objects of a kind whose files lie at a location.
    func securables(_ kind: SecurableKind, atLocation location: String) throws -> [Securable] {
        try db.rows(
            "SELECT \(Self.columns) FROM catalog_securables WHERE location = ? AND kind = ? ORDER BY id",
            [location, kind.rawValue]
        ).map(securable)
    }

    /// The objects of a kind whose place is this one or below it, as it is spelled.
    func securables(
        _ kind: SecurableKind, locatedIn place: String, limit: Int
    ) throws -> [Securable] {
        if limit <= 0 { return [] }
        // Between "place/" and "place0": the character after the slash.
        let below = place == "/" ? "" : place
        return try db.rows(
            """
            SELECT \(Self.columns) FROM catalog_securables
            WHERE location IS NOT NULL AND kind = ? AND (location = ? OR (location >= ? AND location < ?))
            ORDER BY location LIMIT ?
            """, [kind.rawValue, place, below + "/", below + "0", limit]
        ).map(securable)
    }

    func hasChildren(_ id: String, except kind: SecurableKind? = nil) throws -> Bool {
        try db.row(
            "SELECT 1 FROM catalog_securables WHERE parent_id = ? AND kind <> ? LIMIT 1",
            [id, kind?.rawValue ?? ""]) != nil
    }

    func insert(_ securable: Securable) throws {
        try db.execute(
            """
            INSERT INTO catalog_securables (\(Self.columns), name_key)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                securable.id, securable.kind.rawValue, securable.parentID, securable.name, securable.ownerID,
                securable.comment, Self.text(securable.properties), securable.location, securable.detail,
                securable.createdMicroseconds, securable.createdBy, securable.updatedMicroseconds,
                securable.updatedBy, NameRules.key(of: securable.name),
            ])
        try index(securable)
    }

    /// Writes everything that may change about an object: all but its id, kind and creation.
    func update(_ securable: Securable) throws {
        try db.execute(
            """
            UPDATE catalog_securables SET parent_id = ?, name = ?, name_key = ?, owner_id = ?, comment = ?,
                properties = ?, location = ?, detail = ?, updated_us = ?, updated_by = ? WHERE id = ?
            """,
            [
                securable.parentID, securable.name, NameRules.key(of: securable.name), securable.ownerID,
                securable.comment, Self.text(securable.properties), securable.location, securable.detail,
                securable.updatedMicroseconds, securable.updatedBy, securable.id,
            ])
        try index(securable)
    }

    /// Removes an object with its grants, tags and policies; it has to be empty.
    func delete(id: String) throws { try db.execute("DELETE FROM catalog_securables WHERE id = ?", [id]) }

    /// The row and its parents up to the metastore.
    func chain(of securable: Securable) throws -> [Securable] {
        var chain = [securable]
        while let parentID = chain[chain.count - 1].parentID, let parent = try self.securable(id: parentID) {
            chain.append(parent)
        }
        return chain
    }

    private func securable(_ row: MetastoreRow) throws -> Securable {
        guard let kind = SecurableKind(rawValue: try row("kind")) else {
            throw TarnError(
                .unsupported, "The catalog holds an object of a kind that this version of Tarn does not know."
            )
        }
        return Securable(
            id: try row("id"), kind: kind, parentID: try row("parent_id"), name: try row("name"),
            ownerID: try row("owner_id"), comment: try row("comment"), properties: try properties(row),
            location: try row("location"), detail: try row("detail"),
            createdMicroseconds: try row("created_us"), createdBy: try row("created_by"),
            updatedMicroseconds: try row("updated_us"), updatedBy: try row("updated_by"))
    }

    static func text(_ properties: [String: String]) -> String {
        let members = properties.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        var bytes: [UInt8] = []
        JSONValue.object(JSONObject(members)).write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func properties(_ row: MetastoreRow) throws -> [String: String] {
        let text: String = try row("properties")
        if text == "{}" { return [:] }
        var properties: [String: String] = [:]
        let members = try? JSONValue.parse(text).object?.members
        guard let members else {
            throw TarnError(.corruptMetadata, "The properties of a catalog entry are damaged.")
        }
        for (name, value) in members { properties[name] = value.string }
        return properties
    }
}
