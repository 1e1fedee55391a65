package import Base
internal import Metastore

/// A policy by tag as it is listed.
package struct TagPolicyEntry: Hashable, Sendable {
    package let policy: TagPolicy
    /// The full name of what it is defined on.
    package let scope: String
    package let function: QualifiedName
    /// Names of principals.
    package let to: [String]
    package let except: [String]
}

extension CatalogService {
    /// Defines a policy by tag on a catalog, a schema or a table.
    ///
    /// - Parameters:
    ///   - policy: `to` and `except` hold names of principals here.
    ///   - scope: Of which the principal who asks has to be the manager.
    ///   - function: He needs EXECUTE on it.
    ///   - orReplace: Whether one of that name may be there.
    /// - Throws: `.alreadyExists`, `.notFound` for a principal, a function or the scope, `.permissionDenied`,
    ///   `.invalidInput` for an alias that matches nothing or a wrong number of arguments.
    package func createPolicy(
        _ policy: TagPolicy, on scope: SecurableReference, _ function: QualifiedName, orReplace: Bool
    ) async throws(TarnError) {
        try NameRules.check(policy.name, of: .function)
        try policy.check()
        let (now, id) = (time.nowMicroseconds(), random.uuid())
        try await write { rows in
            let target = try rows.securable(scope)
            try rows.requireManagement(of: target)
            let given = policy.arguments.count + (policy.kind == .columnMask ? 1 : 0)
            let entry = try rows.policyFunction(function, argumentCount: given)
            var stored = policy
            stored.to = try policy.to.map { try rows.requirePrincipal($0).id }
            stored.except = try policy.except.map { try rows.requirePrincipal($0).id }
            let key = NameRules.key(of: policy.name)
            let known = try rows.db.row(
                "SELECT id FROM catalog_tag_policies WHERE scope_id = ? AND name_key = ?", [target.id, key])
            if known != nil, !orReplace {
                throw TarnError(
                    .alreadyExists,
                    "Policy \(policy.name) exists already on \(scope). Choose another name, or drop that policy first."
                )
            }
            try rows.db.execute(
                "DELETE FROM catalog_tag_policies WHERE scope_id = ? AND name_key = ?", [target.id, key])
            try rows.db.execute(
                """
                INSERT INTO catalog_tag_policies
                    (id, scope_id, name, name_key, kind, function_id, definition, created_by, created_us)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    id, target.id, policy.name, key, policy.kind.rawValue, entry.id, stored.definition,
                    rows.principal.name, now,
                ])
        }
    }

    /// - Returns: Whether there was one.
    package func dropPolicy(
        _ name: String, on scope: SecurableReference, ifExists: Bool = false
    ) async throws(TarnError) -> Bool {
        try await write { rows in
            let target = try rows.securable(scope)
            try rows.requireManagement(of: target)
            let key = NameRules.key(of: name)
            let known = try rows.db.row(
                "SELECT id FROM catalog_tag_policies WHERE scope_id = ? AND name_key = ?", [target.id, key])
            if known == nil {
                if ifExists { return false }
                throw TarnError(.notFound, "There is no policy \(name) on \(scope).")
            }
            try rows.db.execute(
                "DELETE FROM catalog_tag_policies WHERE scope_id = ? AND name_key = ?", [target.id, key])
            return true
        }
    }

    /// The policies by tag that are defined on an object, for those who manage it.
    package func policies(on scope: SecurableReference) async throws(TarnError) -> [TagPolicyEntry] {
        try await read { rows in
            let target = try rows.securable(scope)
            try rows.requireManagement(of: target)
            func names(_ ids: [String]) throws -> [String] {
                try ids.map {
                    try rows.db.value("SELECT name FROM catalog_principals WHERE id = ?", [$0]) ?? $0
                }
            }
            return try rows.storedPolicies(of: target).byTag.map { entry in
                TagPolicyEntry(
                    policy: entry.policy, scope: entry.scope, function: entry.function.entry.name,
                    to: try names(entry.policy.to), except: try names(entry.policy.except))
            }
        }
    }

    /// The row filter and the masks of a table itself, for those who manage it; the column's key, empty for the filter.
    package func ownPolicies(
        of name: QualifiedName
    ) async throws(TarnError) -> [(columnKey: String, policy: Policy)] {
        try await read { rows in
            let table = try rows.requireTable(name)
            try rows.requireManagement(of: table.securable)
            return try rows.storedPolicies(of: table.securable).own.map { ($0.columnKey, $0.policy) }
        }
    }
}

extension TagPolicy {
    func check() throws(TarnError) {
        var aliases: Set<String> = []
        for match in matches where !aliases.insert(match.alias.lowercased()).inserted {
            throw TarnError(.invalidInput, "Two columns of policy \(name) are called \(match.alias).")
        }
        for case .alias(let alias) in arguments where !aliases.contains(alias.lowercased()) {
            throw TarnError(.invalidInput, "Policy \(name) matches no column called \(alias).")
        }
        switch kind {
        case .columnMask:
            guard let onColumn, aliases.contains(onColumn.lowercased()) else {
                throw TarnError(
                    .invalidInput,
                    "Policy \(name) needs MATCH COLUMNS condition AS alias, and ON COLUMN with that alias.")
            }
        case .rowFilter:
            if onColumn != nil {
                throw TarnError(.invalidInput, "ON COLUMN is for masks; policy \(name) is a row filter.")
            }
        }
    }
}
