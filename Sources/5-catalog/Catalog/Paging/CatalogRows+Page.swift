import Base
import Metastore

/// Lists of what a principal may see, in pages, however few of however many he may see.
extension CatalogRows {
    /// So many objects are looked at for one page at most; what was found by then is the page.
    static let pageWork = 5_000

    /// A page of the objects that the principal may see, in the order of their names.
    ///
    /// A page can be short, even empty, with a next one: as many as `pageWork` objects were not for him. Three cases, so
    /// that neither a page's time nor its memory grow with the number of objects:
    /// - He sees everything in the parent: the page is read as it is.
    /// - A few grants or ownerships of his own name what he sees: those are looked up.
    /// - Else the objects are gone through in their order.
    ///
    /// - Parameters:
    ///   - kind: Of the objects.
    ///   - parentID: What they lie in.
    ///   - limit: Entries on the page; at most `CatalogService.largestPage`.
    ///   - after: `next` of an earlier page.
    ///   - make: The entry of a row.
    /// - Returns: The page.
    /// - Throws: What `make` throws, and the metastore.
    func page<Entry: Sendable>(
        _ kind: SecurableKind, in parentID: String, limit: Int, after: String?,
        _ make: (Securable) throws -> Entry
    ) throws -> CatalogPage<Entry> {
        let size = min(max(1, limit), CatalogService.largestPage)
        let start = after ?? ""
        if try seesAll(kind, in: parentID) {
            let found = try securables(kind, in: parentID, after: start, limit: size + 1)
            let entries = try found.prefix(size).map(make)
            let next = found.count > size ? found[size - 1].nameKey : nil
            return CatalogPage(entries: entries, next: next)
        }
        if let ids = try ownIDs(limit: Self.pageWork) {
            let found = try securables(kind, in: parentID, after: start, among: ids).filter { try sees($0) }
            let entries = try found.prefix(size).map(make)
            return CatalogPage(entries: entries, next: found.count > size ? found[size - 1].nameKey : nil)
        }
        return try sparsePage(kind, in: parentID, size: size, after: start, make)
    }

    private func sparsePage<Entry: Sendable>(
        _ kind: SecurableKind, in parentID: String, size: Int, after start: String,
        _ make: (Securable) throws -> Entry
    ) throws -> CatalogPage<Entry> {
        var entries: [Entry] = []
        var (key, looked) = (start, 0)
        while looked < Self.pageWork {
            let found = try securables(kind, in: parentID, after: key, limit: size + 1)
            for securable in found.prefix(size) {
                if entries.count == size { return CatalogPage(entries: entries, next: key) }
                if try sees(securable) { entries.append(try make(securable)) }
                key = securable.nameKey
            }
            if found.count <= size { return CatalogPage(entries: entries, next: nil) }
            looked += size
        }
        return CatalogPage(entries: entries, next: key)
    }

    /// Whether the principal would see an object in a parent on which nobody granted anything.
    private func seesAll(_ kind: SecurableKind, in parentID: String) throws -> Bool {
        if principal.isAdministrator { return true }
        return try sees(
            Securable(
                id: "any-" + kind.rawValue + "-in-" + parentID, kind: kind, parentID: parentID, name: "",
                ownerID: nil, comment: nil, properties: [:], location: nil, detail: "{}",
                createdMicroseconds: 0, createdBy: nil, updatedMicroseconds: 0, updatedBy: nil))
    }

    /// The ids of what was granted to the principal or his groups or belongs to one of them; `nil` if they are more.
    private func ownIDs(limit: Int) throws -> [String]? {
        let principals = principal.ids.sorted()
        let places = principals.map { _ in "?" }.joined(separator: ", ")
        let ids: [String] = try db.column(
            """
            SELECT id FROM (
                SELECT securable_id AS id FROM catalog_grants WHERE principal_id IN (\(places))
                UNION ALL SELECT id FROM catalog_securables WHERE owner_id IN (\(places))) AS own LIMIT ?
            """, principals + principals + [limit + 1])
        return ids.count > limit ? nil : Array(Set(ids))
    }
}
