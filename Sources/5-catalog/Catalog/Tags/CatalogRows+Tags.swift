import Base
import Metastore

/// The SQL of tags, and their rules.
extension CatalogRows {
    func tags(of id: String, columnKey: String, column: String? = nil) throws -> [CatalogTag] {
        try db.rows(
            """
            SELECT tag_key, tag_value, created_by, created_us FROM catalog_tags
            WHERE securable_id = ? AND column_key = ? ORDER BY tag_key
            """, [id, columnKey]
        ).map {
            CatalogTag(
                column: column, key: try $0("tag_key"), value: try $0("tag_value"),
                createdBy: try $0("created_by"), createdMicroseconds: try $0("created_us"))
        }
    }

    func allTags(of object: Securable) throws -> [CatalogTag] {
        var found = try tags(of: object.id, columnKey: "")
        guard object.kind == .table else { return found }
        let tagged: [String] = try db.column(
            "SELECT DISTINCT column_key FROM catalog_tags WHERE securable_id = ? AND column_key <> ''",
            [object.id])
        if tagged.isEmpty { return found }
        let keys = Set(tagged)
        for column in try columns(of: object.id) ?? [] where keys.contains(column.key) {
            found += try tags(of: object.id, columnKey: column.key, column: column.name)
        }
        return found
    }

    func setTag(_ key: String, _ value: String, on id: String, columnKey: String, at time: Int64) throws {
        try db.execute(
            """
            INSERT INTO catalog_tags (securable_id, column_key, tag_key, tag_value, created_by, created_us)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (securable_id, column_key, tag_key) DO UPDATE SET tag_value = excluded.tag_value,
                created_by = excluded.created_by, created_us = excluded.created_us
            """, [id, columnKey, key, value, principal.name, time])
    }

    /// Whether it was there.
    func unsetTag(_ key: String, on id: String, columnKey: String) throws -> Bool {
        try db.execute(
            "DELETE FROM catalog_tags WHERE securable_id = ? AND column_key = ? AND tag_key = ?",
            [id, columnKey, key]) > 0
    }

    /// Tags need APPLY TAG where the kind has it, else the management of the object.
    func requireTagging(_ object: Securable) throws {
        if object.kind == .metastore {
            throw TarnError(.unsupported, "The metastore takes no tags.")
        }
        let access = try access(to: object)
        if access.canManage || access.privileges.contains(.applyTag) { return }
        if Privilege.applyTag.applies(to: object.kind) {
            try require(.applyTag, on: object)
        } else {
            try requireManagement(of: object)
        }
    }

    func refuseTooManyTags(on object: Securable, columns: Bool) throws {
        let count: Int =
            try db.value(
                """
                SELECT count(*) FROM catalog_tags WHERE securable_id = ?
                AND \(columns ? "column_key <> ''" : "column_key = ''")
                """, [object.id]) ?? 0
        let limit = columns ? CatalogTag.columnLimit : CatalogTag.limit
        if count <= limit { return }
        throw TarnError(
            .resourceExhausted,
            "The \(columns ? "columns of the table" : object.kind.description) can have \(limit) tags at most."
        )
    }

    /// What tags call a column of a table by its present name.
    func columnKey(of name: String, in table: Securable) throws -> String {
        guard table.kind == .table else {
            throw TarnError(.invalidInput, "A \(table.kind) has no columns to tag.")
        }
        let known = try columns(of: table.id) ?? []
        let key = NameRules.key(of: name)
        if let column = known.first(where: { NameRules.key(of: $0.name) == key }) { return column.key }
        throw TarnError(
            .notFound,
            "Table \(try fullName(of: table)) has no column \(QualifiedName.quotedIfNeeded(name)).\(didYouMean(name, among: known.map(\.name)))",
            context: [("column", name)])
    }
}
