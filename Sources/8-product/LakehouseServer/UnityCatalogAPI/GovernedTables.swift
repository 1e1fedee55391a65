import Base
import Catalog

/// Tables whose rows or values a policy hides: whoever had their files would see past it.
extension UnityCall {
    /// Whether the files of a table are kept from the one who asks.
    func isGoverned(_ entry: TableEntry) async throws -> Bool {
        if principal.isSystem || entry.kind == .view { return false }
        return try await catalog.mayHavePolicies(entry)
    }

    /// - Throws: `.permissionDenied` for such a table.
    func refuseGoverned(_ entry: TableEntry) async throws {
        if try await isGoverned(entry) {
            throw TarnError(
                .permissionDenied,
                "Table \(entry.name) has a row filter or column masks, so its files are given to nobody. Ask for its rows by SQL."
            )
        }
    }
}
