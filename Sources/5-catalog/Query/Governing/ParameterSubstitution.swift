internal import Base
internal import Catalog
internal import Engine
internal import TableModel

/// Finds the parameters of a function, and what tells who asks, in the tree of its body, and puts other trees in their
/// place.
///
/// The body is walked twice in the same way: first to learn which SQL is wanted, then, with the trees of that SQL at
/// hand, to put them in.
///
/// As in SQL, a name in a subquery means a column of the subquery's tables before it means a parameter; `f.p` always
/// means the parameter.
struct ParameterSubstitution {
    static let deepest = 3000
    private static let argument = "__tarn_argument"

    private let functionName: String
    /// SQL by the parameter's name in lower case.
    private let values: [String: String]
    private let asker: Principal
    /// Names that mean something else inside of subqueries, in lower case.
    private let shadowed: Set<String>
    /// SQL of each replacement, in order.
    private(set) var wanted: [String] = []
    private var given: [JSONValue]?
    private var nextGiven = 0
    private(set) var problem: String?

    /// - Parameters:
    ///   - function: Whose body is walked.
    ///   - values: SQL for its parameters, in order.
    ///   - asker: Who asks.
    ///   - columns: The names of all columns and tables that the body's subqueries read.
    ///   - body: The tree.
    init(
        _ function: FunctionEntry, _ values: [String], asker: Principal, columns: Set<String>, body: JSONValue
    ) {
        functionName = function.name.name.lowercased()
        self.values = Dictionary(
            zip(function.parameters.map { $0.name.lowercased() }, values), uniquingKeysWith: { a, _ in a })
        self.asker = asker
        shadowed = columns.union(Self.aliases(in: body))
    }

    private struct Scope {
        var inSubquery = false
        var lambdaNames: Set<String> = []
    }

    /// The first walk.
    mutating func collect(_ node: JSONValue) {
        given = nil
        _ = transform(node, Scope())
    }

    /// The second walk: the trees are those of `wanted`.
    mutating func filled(_ node: JSONValue, with trees: [JSONValue]) -> JSONValue {
        given = trees
        nextGiven = 0
        return transform(node, Scope())
    }

    private mutating func give(_ sql: String) -> JSONValue {
        guard let given else {
            wanted.append(sql)
            return .null
        }
        nextGiven += 1
        return given.indices.contains(nextGiven - 1) ? given[nextGiven - 1] : .null
    }

    private mutating func transform(_ node: JSONValue, _ scope: Scope) -> JSONValue {
        switch node {
        case .array(let items):
            var out: [JSONValue] = []
            for item in items { out.append(transform(item, scope)) }
            return .array(out)
        case .object(let object): return transform(object, scope)
        default: return node
        }
    }

    private mutating func transform(_ object: JSONObject, _ outer: Scope) -> JSONValue {
        var scope = outer
        switch object["class"]?.string {
        case "SUBQUERY": scope.inSubquery = true
        case "LAMBDA":
            if let names = object["lhs"] { scope.lambdaNames.formUnion(Self.columnNames(in: names)) }
        case "COLUMN_REF":
            guard let sql = column(Self.names(of: object), scope) else { return .object(object) }
            return Self.aliased(give(sql), as: object["alias"])
        case "FUNCTION":
            if let told = asked(object, scope) { return Self.aliased(told, as: object["alias"]) }
            refuseCatalogFunction(object)
        default: break
        }
        var members: [(String, JSONValue)] = []
        for (name, value) in object.members { members.append((name, transform(value, scope))) }
        return .object(JSONObject(members))
    }

    private static func names(of object: JSONObject) -> [String] {
        object["column_names"]?.array?.compactMap(\.string) ?? []
    }

    private static func columnNames(in node: JSONValue) -> Set<String> {
        switch node {
        case .array(let items): return items.reduce(into: []) { $0.formUnion(columnNames(in: $1)) }
        case .object(let object):
            if object["class"]?.string == "COLUMN_REF" {
                return Set(names(of: object).map { $0.lowercased() })
            }
            return object.members.reduce(into: []) { $0.formUnion(columnNames(in: $1.value)) }
        default: return []
        }
    }

    /// Every name that the body gives to anything.
    private static func aliases(in node: JSONValue) -> Set<String> {
        switch node {
        case .array(let items): return items.reduce(into: []) { $0.formUnion(aliases(in: $1)) }
        case .object(let object):
            var found: Set<String> = []
            for (name, value) in object.members {
                if name == "alias", let alias = value.string, !alias.isEmpty {
                    found.insert(alias.lowercased())
                } else if name == "column_name_alias" || name == "aliases" {
                    for alias in value.array ?? [] { found.insert(alias.string?.lowercased() ?? "") }
                }
                found.formUnion(aliases(in: value))
            }
            return found
        default: return []
        }
    }

    private static func aliased(_ tree: JSONValue, as alias: JSONValue?) -> JSONValue {
        guard var object = tree.object, let alias, alias.string?.isEmpty == false else { return tree }
        object["alias"] = alias
        return .object(object)
    }

    private static func putting(_ inner: JSONValue, into tree: JSONValue) -> JSONValue {
        switch tree {
        case .array(let items): return .array(items.map { putting(inner, into: $0) })
        case .object(let object):
            if object["class"]?.string == "COLUMN_REF", names(of: object) == [argument] { return inner }
            return .object(JSONObject(object.members.map { ($0.name, putting(inner, into: $0.value)) }))
        default: return tree
        }
    }

    // MARK: What is replaced

    private static let askers: Set<String> = ["current_user", "session_user", "user"]
    private static let memberships: Set<String> = ["is_account_group_member", "is_member"]

    /// `p`, `f.p`, `p.member` and `f.p.member` as SQL; `nil` for what is no parameter.
    private mutating func column(_ names: [String], _ scope: Scope) -> String? {
        guard let first = names.first?.lowercased(), !scope.lambdaNames.contains(first) else { return nil }
        var rest = names[...]
        let isQualified = names.count > 1 && first == functionName && values[names[1].lowercased()] != nil
        if isQualified { rest = rest.dropFirst() }
        guard let name = rest.first?.lowercased(), let value = values[name],
            isQualified || !scope.inSubquery || !shadowed.contains(name)
        else {
            if names.count == 1, Self.askers.contains(first) { return quoteLiteral(asker.name) }
            // Outside of subqueries it would mean a column of whatever calls the function.
            if !scope.inSubquery {
                problem = "its body names \(names.joined(separator: ".")), which is no parameter"
            }
            return nil
        }
        return rest.dropFirst().reduce(value) { "struct_extract(\($0), \(quoteLiteral($1)))" }
    }

    /// The tree of what is told of the one who asks; `nil` for any other call.
    private mutating func asked(_ object: JSONObject, _ scope: Scope) -> JSONValue? {
        guard object["schema"]?.string ?? "" == "", let name = object["function_name"]?.string?.lowercased()
        else { return nil }
        let arguments = object["children"]?.array ?? []
        if Self.askers.contains(name), arguments.isEmpty { return give(quoteLiteral(asker.name)) }
        guard Self.memberships.contains(name), arguments.count == 1 else { return nil }
        let group =
            arguments[0]["class"]?.string == "CONSTANT" ? arguments[0]["value"]?["value"]?.string : nil
        if let group { return give(asker.groupKeys.contains(NameRules.key(of: group)) ? "true" : "false") }
        let groups = asker.groupKeys.sorted().map(quoteLiteral).joined(separator: ", ")
        let inner = transform(arguments[0], scope)
        return Self.putting(
            inner, into: give("list_contains([\(groups)]::VARCHAR[], lower(\(Self.argument)))"))
    }

    /// Functions of the catalog cannot call each other yet.
    private mutating func refuseCatalogFunction(_ object: JSONObject) {
        guard let schema = object["schema"]?.string, !schema.isEmpty,
            !["main", "pg_catalog"].contains(schema.lowercased())
        else { return }
        problem = "its body calls another function of the catalog"
    }
}
