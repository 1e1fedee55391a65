internal import Base

/// Walks the tree of `json_serialize_sql` and collects what comes from outside, minding the scopes of CTEs.
///
/// Every member of every object is visited, whatever its name, so that no subquery is missed in a place that this
/// code has not heard of; kinds of FROM items that it does not know are refused.
struct TreeWalker {
    let rules: FunctionRules
    private(set) var tree = QueryTree()
    private var seen: Set<Int> = []

    init(rules: FunctionRules) { self.rules = rules }

    /// Visits a part of the tree; the scope holds the names of the CTEs that it sees, in lower case.
    mutating func visit(_ value: JSONValue, scope: Set<String>) throws {
        switch value {
        case .array(let items): for item in items { try visit(item, scope: scope) }
        case .object(let object): try visit(object, scope: scope)
        default: return
        }
    }

    private mutating func visit(_ object: JSONObject, scope: Set<String>) throws {
        if object["cte_map"] != nil { return try visitQuery(object, scope: scope) }
        let type = object["type"]?.string ?? ""
        if let kind = object["class"]?.string {
            try visitExpression(object, kind: kind, scope: scope)
        } else if object["sample"] != nil, object["alias"] != nil {
            try visitFromItem(object, type: type, scope: scope)
        } else {
            try visitMembers(object, scope: scope)
        }
    }

    private mutating func visitMembers(
        _ object: JSONObject, scope: Set<String>, except skipped: Set<String> = []
    ) throws {
        for (name, value) in object.members where !skipped.contains(name) { try visit(value, scope: scope) }
    }

    /// A SELECT, a set operation or a recursive CTE: its CTEs come into scope one after the other.
    private mutating func visitQuery(_ object: JSONObject, scope: Set<String>) throws {
        var inner = scope
        for entry in object["cte_map"]?["map"]?.array ?? [] {
            if let value = entry["value"] { try visit(value, scope: inner) }
            if let key = entry["key"]?.string { inner.insert(key.lowercased()) }
        }
        for name in ["where_clause", "having", "qualify"] {
            if let clause = object[name], !clause.isNull { tree.hasFilter = true }
        }
        // Only the part after UNION sees the rows so far under the CTE's own name.
        if object["type"]?.string == "RECURSIVE_CTE_NODE", let name = object["cte_name"]?.string?.lowercased()
        {
            try visitMembers(object, scope: inner, except: ["cte_map", "right"])
            inner.formUnion([name, "recurring." + name])
            if let right = object["right"] { try visit(right, scope: inner) }
        } else {
            try visitMembers(object, scope: inner, except: ["cte_map"])
        }
    }

    private mutating func visitFromItem(_ object: JSONObject, type: String, scope: Set<String>) throws {
        switch type {
        case "BASE_TABLE": try addTable(object, scope: scope)
        case "TABLE_FUNCTION":
            try addTableFunction(object)
            // The arguments may hold subqueries; the call itself has been judged. That of a table is no column.
            if let function = object["function"]?.object,
                function["function_name"]?.string?.lowercased() != "table_changes"
            {
                try visitMembers(function, scope: scope)
            }
            return
        case "SHOW_REF":
            guard let query = object["query"], !query.isNull else {
                throw TreeError(
                    .unsupported, "SHOW cannot stand inside a query; run it by itself.", offset: nil)
            }
        case "JOIN", "PIVOT":
            tree.hasFilter = true
        case "SUBQUERY", "EMPTY", "EXPRESSION_LIST", "COLUMN_DATA": break
        default:
            throw TreeError(.unsupported, "\(type) in FROM is not supported.", offset: object.offset)
        }
        try visitMembers(object, scope: scope)
    }

    private mutating func addTable(_ object: JSONObject, scope: Set<String>) throws {
        let all = ["catalog_name", "schema_name", "table_name"].map { object[$0]?.string ?? "" }
        let parts = all.filter { !$0.isEmpty }
        if scope.contains(parts.joined(separator: ".").lowercased())
            && (parts.count == 1 || parts[0].lowercased() == "recurring")
        {
            return
        }
        guard let offset = object.offset else {
            throw TreeError(
                .unsupported, "The table \(parts.joined(separator: ".")) cannot be used here.", offset: nil)
        }
        // A rewrite by the parser (PIVOT, for one) may hold the same text twice.
        guard seen.insert(offset).inserted else { return }
        tree.tables.append(.init(parts: parts, alias: object["alias"]?.string ?? "", offset: offset))
    }

    private mutating func addTableFunction(_ object: JSONObject) throws {
        guard let function = object["function"], let name = function["function_name"]?.string?.lowercased()
        else {
            throw TreeError(.unsupported, "This call in FROM is not supported.", offset: object.offset)
        }
        let offset = object.offset ?? function.object?.offset
        try rules.checkTableFunction(name, schema: function["schema"]?.string ?? "", offset: offset)
        guard let offset, seen.insert(offset).inserted else { return }
        tree.tableFunctions.append(
            .init(
                name: name, alias: object["alias"]?.string ?? "", offset: offset,
                arguments: function["children"]?.array ?? []))
    }

    private mutating func visitExpression(_ object: JSONObject, kind: String, scope: Set<String>) throws {
        switch kind {
        case "FUNCTION", "WINDOW":
            if let name = object["function_name"]?.string {
                try rules.checkFunction(
                    name.lowercased(), schema: object["schema"]?.string ?? "", offset: object.offset)
            }
        case "COLUMN_REF":
            let names = object["column_names"]?.array?.compactMap(\.string) ?? []
            if names.count >= 3, let offset = object.offset, seen.insert(offset).inserted {
                tree.longColumns.append(.init(names: names, offset: offset))
            }
        default: break
        }
        try visitMembers(object, scope: scope)
    }
}

extension JSONObject {
    /// Where the item stands in the parsed text; DuckDB writes the largest number where it does not know.
    fileprivate var offset: Int? { self["query_location"]?.int64.flatMap { Int(exactly: $0) } }
}
