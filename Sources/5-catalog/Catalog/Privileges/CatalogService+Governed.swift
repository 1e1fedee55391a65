package import Base
import Metastore

extension CatalogService {
    /// Whether a row filter or a column mask may hold for a table: its own, or one by tag of what it lies in.
    ///
    /// Whom a policy holds for is not asked: for copies of a table's rows, which know nobody, any is too many.
    package func hasPolicies(_ table: TableEntry) async throws(TarnError) -> Bool {
        try await read { rows in
            if try rows.db.row("SELECT 1 FROM catalog_policies WHERE table_id = ? LIMIT 1", [table.id]) != nil
            {
                return true
            }
            guard let securable = try rows.securable(id: table.id) else { return false }
            for step in try rows.chain(of: securable)
            where try rows.db.row("SELECT 1 FROM catalog_tag_policies WHERE scope_id = ? LIMIT 1", [step.id])
                != nil
            {
                return true
            }
            return false
        }
    }
}
