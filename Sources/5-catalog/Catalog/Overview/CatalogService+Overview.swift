package import Base
import Metastore

extension CatalogService {
    /// Everything of some kinds that the principal may see, parents before children.
    ///
    /// - Parameters:
    ///   - kinds: Which.
    ///   - isWanted: Asked with the full name of an object that he may see; spares what else is to be found out.
    /// - Returns: In one consistent look; kinds in their order, and in a kind by id.
    /// - Throws: What the metastore throws.
    package func visibleObjects(
        _ kinds: Set<SecurableKind>, where isWanted: @escaping @Sendable ([String]) -> Bool = { _ in true }
    ) async throws(TarnError) -> [VisibleObject] {
        try await read { rows in
            var overview = CatalogOverview(rows)
            var found: [VisibleObject] = []
            for kind in SecurableKind.allCases where kinds.contains(kind) {
                try overview.forEach(kind) { if isWanted($0.parts) { found.append($0) } }
            }
            return found
        }
    }
}

/// Objects by their full names, with what one principal may do with them; remembers the parents.
struct CatalogOverview {
    let rows: CatalogRows
    private var names: [String: [String]] = [CatalogRows.metastoreID: []]
    private var owners: [String: String] = [:]
    private var known: [String: VisibleObject?] = [:]

    init(_ rows: CatalogRows) { self.rows = rows }

    private static let pageSize = 1_000

    mutating func forEach(_ kind: SecurableKind, _ body: (VisibleObject) throws -> Void) throws {
        var last = ""
        while true {
            let ids: [String] = try rows.db.column(
                "SELECT id FROM catalog_securables WHERE kind = ? AND id > ? ORDER BY id LIMIT ?",
                [kind.rawValue, last, Self.pageSize])
            for id in ids {
                guard let securable = try rows.securable(id: id), let object = try visible(securable) else {
                    continue
                }
                try body(object)
            }
            guard ids.count == Self.pageSize, let end = ids.last else { return }
            last = end
        }
    }

    /// The object of an id; `nil` where the principal may not see it.
    mutating func object(_ id: String) throws -> VisibleObject? {
        if let object = known[id] { return object }
        let object = try rows.securable(id: id).flatMap { try visible($0) }
        // Those that are asked for again and again are few; the rest may be very many.
        if known.count > 10_000 { known.removeAll(keepingCapacity: true) }
        known[id] = .some(object)
        return object
    }

    private mutating func visible(_ securable: Securable) throws -> VisibleObject? {
        let access = try rows.access(to: securable)
        guard access.sees || securable.kind == .metastore else { return nil }
        return VisibleObject(
            securable: securable, parts: try parts(securable), ownerName: try owner(securable.ownerID),
            canManage: access.canManage, privileges: access.privileges)
    }

    private mutating func parts(_ securable: Securable) throws -> [String] {
        if let parts = names[securable.id] { return parts }
        guard let parentID = securable.parentID else { return [] }
        if names[parentID] == nil, let parent = try rows.securable(id: parentID) {
            names[parentID] = try parts(parent)
        }
        return (names[parentID] ?? []) + [securable.name]
    }

    private mutating func owner(_ id: String?) throws -> String {
        guard let id else { return Principal.administrators }
        if let name = owners[id] { return name }
        let name: String =
            try rows.db.value("SELECT name FROM catalog_principals WHERE id = ?", [id])
            ?? Principal.administrators
        owners[id] = name
        return name
    }
}
