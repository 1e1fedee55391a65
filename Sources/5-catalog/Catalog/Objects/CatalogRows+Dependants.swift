package import Base
import Metastore

/// Who would break if an object were dropped.
extension CatalogRows {
    /// So many are named in a refusal.
    private static let namedLimit = 10

    /// Tables with a policy that calls this function, scopes of policies by tag that do, views and functions that use it.
    func dependants(ofFunction id: String) throws -> [Securable] {
        let ids: [String] = try db.column(
            """
            SELECT table_id FROM catalog_policies WHERE function_id = ?
            UNION SELECT scope_id FROM catalog_tag_policies WHERE function_id = ?
            UNION SELECT dependant_id FROM catalog_dependencies WHERE depends_on_id = ?
            ORDER BY 1
            """, [id, id, id])
        return try ids.compactMap { try securable(id: $0) }
    }

    /// Refuses if anything depends on an object; names what the principal may see of it.
    func refuseDependants(_ dependants: [Securable], of object: Securable, hint: String) throws {
        if dependants.isEmpty { return }
        var names: [String] = []
        for dependant in dependants where try sees(dependant) {
            if names.count == Self.namedLimit {
                names.append("and more")
                break
            }
            names.append("\(dependant.kind) \(try fullName(of: dependant))")
        }
        let list = names.isEmpty ? "" : " by " + names.joined(separator: ", ")
        throw TarnError(
            .failedPrecondition,
            "\(object.kind.description.capitalizedFirst) \(try fullName(of: object)) is used\(list). \(hint)",
            context: [("dependants", names.joined(separator: ", "))])
    }
}

extension CatalogService {
    /// Writes down what a view or a function reads, so that dropping that is refused.
    ///
    /// - Parameters:
    ///   - id: Of the view or function.
    ///   - ids: Of what it reads; replaces what was written down before. Those that do not exist are left out.
    /// - Throws: What the metastore throws.
    package func setDependencies(of id: String, on ids: [String]) async throws(TarnError) {
        try await write { rows in
            try rows.db.execute("DELETE FROM catalog_dependencies WHERE dependant_id = ?", [id])
            for other in Set(ids).sorted() where try other != id && rows.securable(id: other) != nil {
                try rows.db.execute("INSERT INTO catalog_dependencies VALUES (?, ?)", [id, other])
            }
        }
    }
}
