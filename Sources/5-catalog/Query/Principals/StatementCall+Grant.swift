internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func run(_ statement: GrantStatement) async throws -> StatementResult {
        switch statement {
        case .grant(let privileges, let object, let names):
            try await at(object) { try await catalog.grant(privileges, on: try reference(object), to: names) }
            return .done(
                .grant,
                "Granted \(words(privileges)) on \(try reference(object)) to \(names.joined(separator: ", "))"
            )
        case .revoke(let privileges, let object, let names):
            try await at(object) {
                try await catalog.revoke(privileges, on: try reference(object), from: names)
            }
            return .done(
                .revoke,
                "Revoked \(words(privileges)) on \(try reference(object)) from \(names.joined(separator: ", "))"
            )
        case .showGrants(let principal, let object): return try await showGrants(principal, on: object)
        case .setOwner(let object, let name):
            _ = try await at(object) { try await catalog.setOwner(of: try reference(object), to: name) }
            return .done(.alter, "\(name) owns \(try reference(object))")
        case .createPrincipal(let kind, let name, let ifNotExists):
            try await catalog.createPrincipal(kind, name, ifNotExists: ifNotExists)
            return .done(.create, "The \(kind) \(name) is there")
        case .dropPrincipal(let kind, let name, let ifExists):
            let dropped = try await catalog.dropPrincipal(name, kind, ifExists: ifExists)
            return .done(
                .drop,
                dropped.map { found in
                    "Dropped \(kind) \(name)"
                        + (found.ownedCount > 0
                            ? "; the administrators own its \(found.ownedCount) objects" : "")
                } ?? "There is no \(kind) \(name)")
        case .alterGroup(let group, let adding, let removing):
            try await catalog.changeMembers(of: group, adding: adding, removing: removing)
            return .done(.alter, "Altered group \(group)")
        case .showPrincipals(let kind, let pattern): return try await showPrincipals(kind, like: pattern)
        case .showMembers(let group): return table(try await catalog.members(of: group))
        }
    }

    /// The object that a grant is on, with the catalog and the schema that it is said in.
    private func reference(_ object: GrantObject) throws -> SecurableReference {
        guard let name = object.name else { return .metastore }
        return try SecurableReference(object.kind, parts: parts(object.kind, name))
    }

    private func at<T>(_ object: GrantObject, _ body: () async throws -> T) async throws -> T {
        guard let name = object.name else { return try await body() }
        return try await at(name.range, body)
    }

    private func words(_ privileges: PrivilegeSet) -> String {
        privileges.privileges.map(\.rawValue).joined(separator: ", ")
    }

    private func showGrants(_ principal: String?, on object: GrantObject?) async throws -> StatementResult {
        let grants: [GrantEntry]
        if let object {
            grants = try await at(object) {
                let reference = try reference(object)
                return try await principal == nil
                    ? catalog.grants(on: reference)
                    : catalog.effectiveGrants(on: reference, principal: principal)
            }
        } else {
            grants = try await catalog.grants(to: principal ?? "")
        }
        let fixed = FixedRows(
            columns: [
                ("principal", .string), ("action_type", .string), ("object_type", .string),
                ("object_key", .string), ("inherited", .boolean), ("granted_by", .string),
            ],
            rows: grants.map {
                [
                    .text($0.principal), .text($0.privilege.rawValue),
                    .text($0.kind.description.uppercased()),
                    .text($0.fullName), .bool($0.isInherited), .text(orNull: $0.grantedBy),
                ]
            })
        return .rows(.show, fixed, on: service.engine.trusted)
    }

    private func showPrincipals(_ kind: Principal.Kind, like pattern: String?) async throws -> StatementResult
    {
        var entries: [PrincipalEntry] = []
        var after: String?
        repeat {
            let page = try await catalog.principals(kind, limit: CatalogService.largestPage, after: after)
            entries += page.entries.filter { entry in
                pattern.map { LikePattern($0).matches(entry.name) } ?? true
            }
            after = page.next
        } while after != nil
        return table(entries)
    }

    private func table(_ entries: [PrincipalEntry]) -> StatementResult {
        let fixed = FixedRows(
            columns: [("name", .string), ("kind", .string), ("display_name", .string), ("active", .boolean)],
            rows: entries.map {
                [
                    .text($0.name), .text($0.kind.rawValue), .text(orNull: $0.displayName),
                    .bool($0.isActive),
                ]
            })
        return .rows(.show, fixed, on: service.engine.trusted)
    }
}
