import Base
import Metastore

/// All that is written down about one table's policies, for whomever they hold.
struct StoredPolicies: Sendable {
    struct Own: Sendable {
        /// Empty for the row filter.
        let columnKey: String
        let policy: Policy
    }
    struct ByTag: Sendable {
        let policy: TagPolicy
        /// The full name of what it is defined on.
        let scope: String
        let function: PolicyFunction
    }

    var own: [Own] = []
    var byTag: [ByTag] = []
    /// The table's own and those that its schema and catalog hand down.
    var tableTags: [String: String] = [:]
    /// By the column's key in lower case.
    var columnTags: [String: [String: String]] = [:]
}

extension CatalogRows {
    func storedPolicies(of table: Securable) throws -> StoredPolicies {
        var stored = StoredPolicies()
        var functions: [String: PolicyFunction] = [:]
        func function(_ id: String) throws -> PolicyFunction {
            if let known = functions[id] { return known }
            guard let found = try securable(id: id), found.kind == .function else {
                throw TarnError(.corruptMetadata, "A policy of the catalog names a function that is gone.")
            }
            let entry = try FunctionEntry(found, in: parentSchema(of: found))
            let made = PolicyFunction(entry: entry, owner: try owner(id: found.ownerID))
            functions[id] = made
            return made
        }
        for row in try db.rows(
            "SELECT column_key, function_id, arguments FROM catalog_policies WHERE table_id = ? ORDER BY column_key",
            [table.id])
        {
            let arguments = try Self.arguments(try row("arguments"))
            let policy = Policy(function: try function(try row("function_id")), arguments: arguments)
            stored.own.append(.init(columnKey: try row("column_key"), policy: policy))
        }
        let chain = try chain(of: table)
        for scope in chain {
            for row in try db.rows(
                """
                SELECT name, kind, function_id, definition FROM catalog_tag_policies WHERE scope_id = ?
                ORDER BY name_key
                """, [scope.id])
            {
                let (kind, definition): (String, String) = (try row("kind"), try row("definition"))
                guard let policy = TagPolicy(name: try row("name"), kind: kind, definition: definition) else {
                    // What cannot be read must not be taken for "no policy".
                    throw TarnError(.corruptMetadata, "A policy of the catalog is damaged.")
                }
                stored.byTag.append(
                    .init(
                        policy: policy, scope: try fullName(of: scope),
                        function: try function(try row("function_id"))))
            }
        }
        if stored.byTag.isEmpty { return stored }
        for scope in chain.reversed() {
            for row in try db.rows(
                "SELECT tag_key, tag_value FROM catalog_tags WHERE securable_id = ? AND column_key = ''",
                [scope.id])
            {
                stored.tableTags[try row("tag_key")] = try row("tag_value")
            }
        }
        for row in try db.rows(
            """
            SELECT column_key, tag_key, tag_value FROM catalog_tags
            WHERE securable_id = ? AND column_key <> ''
            """, [table.id])
        {
            let key: String = try row("column_key")
            stored.columnTags[key.lowercased(), default: [:]][try row("tag_key")] = try row("tag_value")
        }
        return stored
    }

    /// The principal with that id, with all its groups, for reading with its rights; no id means the administrators.
    func owner(id: String?) throws -> Principal {
        guard let id else { return .system }
        guard let row = try db.row("SELECT kind, name FROM catalog_principals WHERE id = ?", [id]),
            let kind = Principal.Kind(rawValue: try row("kind"))
        else {
            throw TarnError(.failedPrecondition, "The owner of a function or view does not exist any more.")
        }
        let groups = try groups(of: id)
        return Principal(
            id: id, kind: kind, name: try row("name"), groupIDs: Set(groups.map(\.id)),
            groupKeys: Set(groups.map(\.key)))
    }

    static func arguments(_ text: String) throws -> [Policy.Argument] {
        let items = try? JSONValue.parse(text).array
        let read = items?.compactMap { item -> Policy.Argument? in
            item["column"]?.string.map(Policy.Argument.column)
                ?? item["constant"]?.string.map(Policy.Argument.constant)
        }
        guard let items, let read, read.count == items.count else {
            throw TarnError(.corruptMetadata, "The arguments of a policy of the catalog are damaged.")
        }
        return read
    }

    static func text(_ arguments: [Policy.Argument]) -> String {
        JSONValue.array(
            arguments.map { argument in
                switch argument {
                case .column(let key): .object(["column": .string(key)])
                case .constant(let sql): .object(["constant": .string(sql)])
                }
            }
        ).jsonText
    }
}
