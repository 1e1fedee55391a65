import Base
import Metastore

/// Dropping what holds other objects.
extension CatalogRows {
    private static let kindsInSchema: [SecurableKind] = [.table, .volume, .registeredModel, .function]

    /// Refuses if a schema or a catalog holds anything, naming some of what the principal may see of it.
    func refuseChildren(of container: Securable, hint: String) throws {
        if try !hasChildren(container.id) { return }
        var names: [String] = []
        let kinds = container.kind == .catalog ? [.schema] : Self.kindsInSchema
        for kind in kinds where names.count < 3 {
            for child in try securables(kind, in: container.id, after: "", limit: 10)
            where try names.count < 3 && sees(child) {
                names.append("\(kind) \(try fullName(of: child))")
            }
        }
        let list = names.isEmpty ? "" : ": it holds " + names.joined(separator: ", ")
        throw TarnError(
            .failedPrecondition,
            "\(container.kind.description.capitalizedFirst) \(try fullName(of: container)) is not empty\(list). \(hint)",
            context: [(container.kind.rawValue, try fullName(of: container))])
    }

    /// Refuses if a function in one of the schemas is used by something that does not go with them.
    func refuseOutsideUse(of schemas: [SchemaEntry], container: Securable) throws {
        var outside: [Securable] = []
        for schema in schemas {
            let users: [String] = try db.column(
                """
                SELECT p.table_id FROM catalog_policies p
                JOIN catalog_securables f ON f.id = p.function_id WHERE f.parent_id = ?
                UNION SELECT t.scope_id FROM catalog_tag_policies t
                JOIN catalog_securables f ON f.id = t.function_id WHERE f.parent_id = ?
                UNION SELECT d.dependant_id FROM catalog_dependencies d
                JOIN catalog_securables f ON f.id = d.depends_on_id AND f.kind = 'function'
                WHERE f.parent_id = ? ORDER BY 1
                """, [schema.id, schema.id, schema.id])
            for user in try users.compactMap({ try securable(id: $0) })
            where try !chain(of: user).contains(where: { $0.id == container.id }) {
                outside.append(user)
            }
        }
        try refuseDependants(
            outside, of: container,
            hint: "Functions in it are policies or parts of views there: drop those first.")
    }

    /// Removes schemas with all that is in them; what uses their functions from outside has to be ruled out before.
    func drop(_ schemas: [SchemaEntry]) throws -> DroppedObjects {
        var dropped = DroppedObjects()
        for schema in schemas {
            dropped.tables += try securables(.table, in: schema.id, after: "", limit: .max).map {
                try table($0, in: schema)
            }
            dropped.volumes += try securables(.volume, in: schema.id, after: "", limit: .max).map {
                volume($0, in: schema)
            }
            dropped.models += try securables(.registeredModel, in: schema.id, after: "", limit: .max).map {
                model($0, in: schema)
            }
            try db.execute(
                "DELETE FROM catalog_securables WHERE parent_id = ? AND kind <> 'function'", [schema.id])
            try db.execute("DELETE FROM catalog_tag_policies WHERE scope_id = ?", [schema.id])
        }
        // Functions last: tables of any of the schemas may have used them.
        for schema in schemas {
            try db.execute("DELETE FROM catalog_securables WHERE parent_id = ?", [schema.id])
            try delete(id: schema.id)
        }
        return dropped
    }
}
