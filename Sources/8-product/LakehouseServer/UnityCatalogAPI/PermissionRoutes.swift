import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func permissionRoutes() -> [Route] {
        [
            route(.get, "/permissions/{securable_type}/{full_name}") { call in
                let grants = try await call.catalog.grants(
                    on: try call.securable(), principal: call.query("principal"))
                return UnityCall.permissions(grants)
            },
            route(.patch, "/permissions/{securable_type}/{full_name}") { call in
                let object = try call.securable()
                let body = try call.body()
                guard let changes = try body.objects("changes") else { throw body.missing("changes") }
                try await call.catalog.changeGrants(
                    on: object, try changes.map { try UnityCall.change($0) })
                return UnityCall.permissions(try await call.catalog.grants(on: object))
            },
            route(.get, "/effective-permissions/{securable_type}/{full_name}") { call in
                let object = try call.securable()
                let grants = try await call.catalog.effectiveGrants(
                    on: object, principal: call.query("principal"))
                return UnityCall.effectivePermissions(grants)
            },
        ]
    }
}

extension UnityCall {
    /// The object that the path names by kind and full name.
    func securable() throws(TarnError) -> SecurableReference {
        let word = parameter(0).lowercased().replacing("-", with: "_")
        // Databricks' older and finer words for the same kinds.
        let names = ["storage_credential": "credential", "view": "table", "model": "registered_model"]
        guard let kind = SecurableKind(rawValue: names[word] ?? word) else {
            let kinds = SecurableKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw TarnError(
                .invalidInput,
                "'\(parameter(0).prefix(100))' is no securable type; it must be one of \(kinds).")
        }
        if kind == .metastore { return .metastore }
        return try SecurableReference(
            kind, parts: try Self.parts(parameter(1), kind.partCount, of: kind))
    }

    fileprivate static func change(_ body: UnityBody) throws(TarnError) -> GrantChange {
        GrantChange(
            principal: try body.required("principal"), adding: try privileges(body, "add"),
            removing: try privileges(body, "remove"))
    }

    private static func privileges(_ body: UnityBody, _ field: String) throws(TarnError) -> PrivilegeSet {
        var privileges: [Privilege] = []
        for name in try body.texts(field) ?? [] {
            guard let privilege = Privilege(named: name) else {
                throw body.wrong(field, "holds no privilege of Unity Catalog: \(name.prefix(100))")
            }
            privileges.append(privilege)
        }
        return PrivilegeSet(privileges)
    }

    /// `PermissionsList`: by principal, in the order of the grants.
    fileprivate static func permissions(_ grants: [GrantEntry]) -> JSONValue {
        byPrincipal(grants) { .string($0.privilege.rawValue) }
    }

    fileprivate static func effectivePermissions(_ grants: [GrantEntry]) -> JSONValue {
        byPrincipal(grants) { grant in
            var privilege: JSONObject = ["privilege": .string(grant.privilege.rawValue)]
            if grant.isInherited {
                privilege["inherited_from_type"] = .string(grant.kind.rawValue)
                privilege["inherited_from_name"] = .string(grant.fullName)
            }
            return .object(privilege)
        }
    }

    private static func byPrincipal(
        _ grants: [GrantEntry], _ privilege: (GrantEntry) -> JSONValue
    ) -> JSONValue {
        var order: [String] = []
        var privileges: [String: [JSONValue]] = [:]
        for grant in grants {
            if privileges[grant.principal] == nil { order.append(grant.principal) }
            privileges[grant.principal, default: []].append(privilege(grant))
        }
        return .object([
            "privilege_assignments": .array(
                order.map { name in
                    .object(["principal": .string(name), "privileges": .array(privileges[name] ?? [])])
                })
        ])
    }
}
