import Base
import Catalog
import HTTPTypes
import Lakehouse
import NIOCore

/// SCIM 2.0 (RFC 7644): users, groups and service principals, for identity providers and Unity Catalog's clients.
///
/// Only administrators make and change them; everybody sees himself and his groups.
struct ScimRoutes: Sendable {
    let catalog: @Sendable () async throws -> CatalogService

    /// Unity Catalog's place, and Databricks'.
    static let roots = ["/api/1.0/unity-control/scim2", "/api/2.0/preview/scim/v2"]
    private static let largestPage = 1000

    func makeRoutes() -> [Route] {
        Self.roots.flatMap { root in
            [Route(.get, root + "/Me", errors: .scim) { try await me($0, root) }]
                + ScimKind.allCases.flatMap { makeRoutes($0, root) }
        }
    }

    private func makeRoutes(_ kind: ScimKind, _ root: String) -> [Route] {
        let all = "\(root)/\(kind.rawValue)"
        let one = all + "/{id}"
        return [
            Route(.get, all, errors: .scim) { try await list($0, kind, root) },
            Route(.post, all, errors: .scim) { try await create($0, kind, root) },
            Route(.get, one, errors: .scim) { request in
                let catalog = try await self.catalog(for: request)
                return ScimResource.response(
                    try await json(try await entry(request, kind, catalog), catalog, root))
            },
            Route(.put, one, errors: .scim) { try await replace($0, kind, root) },
            Route(.patch, one, errors: .scim) { try await patch($0, kind, root) },
            Route(.delete, one, errors: .scim) { request in
                let catalog = try await self.catalog(for: request)
                _ = try await catalog.dropPrincipal(try await entry(request, kind, catalog).name, kind.kind)
                return ServerResponse(
                    status: .noContent, contentType: ScimResource.contentType, body: .init())
            },
        ]
    }

    private func catalog(for request: ServerRequest) async throws -> CatalogService {
        try await catalog().acting(as: request.principal)
    }

    /// The resource that the path names, if the caller may know of it.
    private func entry(
        _ request: ServerRequest, _ kind: ScimKind, _ catalog: CatalogService
    ) async throws -> PrincipalEntry {
        let id = request.parameters[0]
        guard let entry = try await catalog.principalEntry(id: id), entry.kind == kind.kind else {
            throw TarnError(.notFound, "There is no \(kind.resourceType) with the id '\(id.prefix(100))'.")
        }
        return entry
    }

    private func json(_ entry: PrincipalEntry, _ catalog: CatalogService, _ root: String) async throws
        -> JSONValue
    {
        if entry.kind == .group {
            return ScimResource.json(entry, members: try await catalog.members(of: entry.name), root: root)
        }
        return ScimResource.json(entry, groups: try await catalog.groups(of: entry.name), root: root)
    }

    private func me(_ request: ServerRequest, _ root: String) async throws -> ServerResponse {
        let catalog = try await self.catalog(for: request)
        guard !request.principal.isSystem,
            let entry = try await catalog.principalEntry(id: request.principal.id)
        else {
            // The local owner is no entry of the catalog.
            return ScimResource.response(
                .object([
                    "schemas": .array([.string(ScimKind.users.schema)]), "id": .string(request.principal.id),
                    "userName": .string(request.principal.name),
                    "displayName": .string(request.principal.name),
                    "active": .bool(true), "meta": .object(["resourceType": .string("User")]),
                ]))
        }
        return ScimResource.response(try await json(entry, catalog, root))
    }

    // MARK: Lists

    private func list(_ request: ServerRequest, _ kind: ScimKind, _ root: String) async throws
        -> ServerResponse
    {
        var filter: ScimFilter?
        if let text = request.query("filter") { filter = try ScimFilter(text) }
        let start = max(1, try number(request, "startIndex") ?? 1)
        let count = min(max(0, try number(request, "count") ?? 100), Self.largestPage)
        let catalog = try await self.catalog(for: request)
        var total = 0
        var page: [PrincipalEntry] = []
        if let name = filter?.name(of: kind) {
            let found = try await find(name, kind, catalog)
            total = found.count
            if start == 1, count > 0 { page = found }
        } else {
            var place: String?
            repeat {
                let next = try await catalog.principals(kind.kind, limit: Self.largestPage, after: place)
                for entry in next.entries where filter?.matches(entry) ?? true {
                    total += 1
                    if total >= start, page.count < count { page.append(entry) }
                }
                place = next.next
            } while place != nil
        }
        var resources: [JSONValue] = []
        for entry in page {
            // Without members and groups, which may be many: those come with the resource itself.
            resources.append(ScimResource.json(entry, root: root))
        }
        return ScimResource.response(
            .object([
                "schemas": .array([.string("urn:ietf:params:scim:api:messages:2.0:ListResponse")]),
                "totalResults": .int(total), "startIndex": .int(start), "itemsPerPage": .int(resources.count),
                "Resources": .array(resources),
            ]))
    }

    /// The one of that name, or none.
    private func find(
        _ name: String, _ kind: ScimKind, _ catalog: CatalogService
    ) async throws -> [PrincipalEntry] {
        do { return [try await catalog.principalEntry(named: name, kind.kind)] } catch {
            if error.code == .notFound { return [] }
            throw error
        }
    }

    private func number(_ request: ServerRequest, _ name: String) throws(TarnError) -> Int? {
        guard let text = request.query(name) else { return nil }
        guard let number = Int(text) else {
            throw TarnError(.invalidInput, "'\(name)' must be a whole number.")
        }
        return number
    }

    // MARK: Changes

    private func create(_ request: ServerRequest, _ kind: ScimKind, _ root: String) async throws
        -> ServerResponse
    {
        let wish = try ScimResource.Wish(try request.json(), kind)
        let catalog = try await self.catalog(for: request)
        guard let name = wish.name else {
            throw TarnError(.invalidInput, "'\(kind.nameAttribute)' is missing.")
        }
        let members = try await names(wish.members ?? [], catalog)
        let entry = try await catalog.createPrincipal(
            kind.kind, name, displayName: wish.displayName, externalID: wish.externalID,
            isActive: wish.isActive ?? true)
        if !members.isEmpty { try await catalog.setMembers(of: entry.name, to: members) }
        var response = ScimResource.response(try await json(entry, catalog, root), status: .created)
        response.headers.append((.location, "\(root)/\(kind.rawValue)/\(entry.id)"))
        return response
    }

    private func replace(_ request: ServerRequest, _ kind: ScimKind, _ root: String) async throws
        -> ServerResponse
    {
        let wish = try ScimResource.Wish(try request.json(), kind)
        let catalog = try await self.catalog(for: request)
        let old = try await entry(request, kind, catalog)
        let members = try await wish.members.mapAsync { try await names($0, catalog) }
        let new = try await catalog.updatePrincipal(
            old.name,
            PrincipalChanges(
                name: wish.name, displayName: .some(wish.displayName), externalID: .some(wish.externalID),
                isActive: wish.isActive), kind.kind)
        if let members { try await catalog.setMembers(of: new.name, to: members) }
        return ScimResource.response(try await json(new, catalog, root))
    }

    private func patch(_ request: ServerRequest, _ kind: ScimKind, _ root: String) async throws
        -> ServerResponse
    {
        let patch = try ScimPatch(try request.json(), kind)
        let catalog = try await self.catalog(for: request)
        var now = try await entry(request, kind, catalog)
        let wish = try ScimResource.Wish(.object(patch.attributes), kind)
        var changes = PrincipalChanges(name: wish.name, isActive: wish.isActive)
        // A null takes the attribute away, no attribute leaves it.
        if kind != .groups, patch.attributes["displayname"] != nil {
            changes.displayName = .some(wish.displayName)
        }
        if patch.attributes["externalid"] != nil { changes.externalID = .some(wish.externalID) }
        let (added, removed) = (
            try await names(patch.addedMembers, catalog), try await names(patch.removedMembers, catalog)
        )
        let members = try await patch.members.mapAsync { try await names($0, catalog) }
        if !patch.attributes.members.isEmpty {
            now = try await catalog.updatePrincipal(now.name, changes, kind.kind)
        }
        if let members { try await catalog.setMembers(of: now.name, to: members) }
        if !added.isEmpty || !removed.isEmpty {
            try await catalog.changeMembers(of: now.name, adding: added, removing: removed)
        }
        return ScimResource.response(try await json(now, catalog, root))
    }

    private func names(_ ids: [String], _ catalog: CatalogService) async throws -> [String] {
        var names: [String] = []
        for id in ids {
            guard let entry = try await catalog.principalEntry(id: id) else {
                throw TarnError(
                    .invalidInput,
                    "There is no user, group or service principal with the id '\(id.prefix(100))'.")
            }
            names.append(entry.name)
        }
        return names
    }
}

extension Optional {
    fileprivate func mapAsync<T>(_ body: (Wrapped) async throws -> T) async throws -> T? {
        guard let self else { return nil }
        return try await body(self)
    }
}
