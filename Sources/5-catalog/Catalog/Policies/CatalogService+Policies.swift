package import Base
import Metastore

extension CatalogService {
    /// The row filters and column masks that hold on a table for the principal who asks.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - columns: Its columns now.
    /// - Returns: None for `.system`.
    /// - Throws: `.failedPrecondition` where two masks hold for one column, where a policy names a column that the
    ///   table does not have any more, or where a tag fits several columns and one is meant.
    package func policies(
        of table: TableEntry, columns: [ColumnKey]
    ) async throws(TarnError) -> TablePolicies {
        if principal.isSystem { return TablePolicies() }
        let stored = try await storedPolicies(of: table.securable)
        return try PolicyChooser(stored: stored, table: table.name, columns: columns, principal: principal)
            .policies()
    }

    /// The keys of columns with a mask of their own, and of those that the table's own policies read.
    package func columnsUnderPolicies(of table: TableEntry) async throws(TarnError) -> Set<String> {
        var keys: Set<String> = []
        for own in try await storedPolicies(of: table.securable).own {
            if !own.columnKey.isEmpty { keys.insert(own.columnKey.lowercased()) }
            for case .column(let key) in own.policy.arguments { keys.insert(key.lowercased()) }
        }
        return keys
    }

    /// Who the owner of an object is, for reading with his rights.
    package func owner(of securable: Securable) async throws(TarnError) -> Principal {
        try await read { try $0.owner(id: securable.ownerID) }
    }

    /// Whether a policy may hold on a table for the principal who asks, whatever its columns are.
    package func hasPolicies(_ table: Securable) async throws(TarnError) -> Bool {
        if principal.isSystem { return false }
        let stored = try await storedPolicies(of: table)
        return !stored.own.isEmpty || stored.byTag.contains { $0.policy.holds(for: principal) }
    }

    /// Whether a row filter or a column mask may hold for a table: its own, or one by tag of what it lies in.
    ///
    /// Whom a policy holds for is not asked: for copies of a table's rows, which know nobody, any is too many.
    package func mayHavePolicies(_ table: TableEntry) async throws(TarnError) -> Bool {
        let stored = try await storedPolicies(of: table.securable)
        return !stored.own.isEmpty || !stored.byTag.isEmpty
    }

    func storedPolicies(of table: Securable) async throws(TarnError) -> StoredPolicies {
        let token = try await metastore.changeToken()
        if let known = policyCache.policies(of: table.id, at: token) { return known }
        let stored = try await read { try $0.storedPolicies(of: table) }
        policyCache.keep(stored, of: table.id, at: token)
        return stored
    }
}

/// Picks what holds for one principal out of all that is written down; refuses where that is not one answer.
private struct PolicyChooser {
    let stored: StoredPolicies
    let table: QualifiedName
    let columns: [ColumnKey]
    let principal: Principal

    func policies() throws(TarnError) -> TablePolicies {
        var chosen = TablePolicies()
        let keys = Set(columns.map(\.key))
        for own in stored.own {
            if own.columnKey.isEmpty {
                chosen.rowFilters.append(own.policy)
            } else {
                guard keys.contains(own.columnKey.lowercased()) else {
                    throw refusal(
                        "has a mask for the column \(own.columnKey), which it does not have any more. "
                            + "Its owner has to drop that mask")
                }
                try put(own.policy, on: own.columnKey.lowercased(), in: &chosen)
            }
        }
        for entry in stored.byTag where entry.policy.holds(for: principal) {
            try add(entry, to: &chosen)
        }
        return chosen
    }

    private func add(_ entry: StoredPolicies.ByTag, to chosen: inout TablePolicies) throws(TarnError) {
        let policy = entry.policy
        if let condition = policy.tables, !condition.matches(stored.tableTags) { return }
        var matched: [String: [ColumnKey]] = [:]
        for match in policy.matches {
            let found = columns.filter { match.condition.matches(stored.columnTags[$0.key] ?? [:]) }
            // All of the columns that it speaks of have to be there for it to mean anything.
            if found.isEmpty { return }
            matched[match.alias.lowercased()] = found
        }
        func one(_ alias: String) throws(TarnError) -> Policy.Argument {
            let found = matched[alias.lowercased()] ?? []
            guard found.count == 1 else {
                throw refusal(
                    "has \(found.count) columns that the policy \(policy.name) on \(entry.scope) calls \(alias), "
                        + "and one is needed. Correct its tags")
            }
            return .column(found[0].key)
        }
        func arguments() throws(TarnError) -> [Policy.Argument] {
            var arguments: [Policy.Argument] = []
            for argument in policy.arguments {
                switch argument {
                case .alias(let alias): arguments.append(try one(alias))
                case .constant(let sql): arguments.append(.constant(sql))
                }
            }
            return arguments
        }
        switch policy.kind {
        case .rowFilter:
            let filter = Policy(function: entry.function, arguments: try arguments())
            if !chosen.rowFilters.contains(filter) { chosen.rowFilters.append(filter) }
        case .columnMask:
            for column in matched[(policy.onColumn ?? "").lowercased()] ?? [] {
                let rest = try arguments()
                let mask = Policy(function: entry.function, arguments: [.column(column.key)] + rest)
                try put(mask, on: column.key, in: &chosen)
            }
        }
    }

    private func put(_ mask: Policy, on key: String, in chosen: inout TablePolicies) throws(TarnError) {
        if let other = chosen.masks[key], other != mask {
            let name = columns.first { $0.key == key }?.name ?? key
            throw refusal(
                "has two masks for the column \(name), and it cannot be chosen between them. "
                    + "Its owner has to drop or narrow one of them")
        }
        chosen.masks[key] = mask
    }

    private func refusal(_ reason: String) -> TarnError {
        TarnError(
            .failedPrecondition, "Table \(table) cannot be read: it \(reason).",
            context: [("table", table.description)])
    }
}
