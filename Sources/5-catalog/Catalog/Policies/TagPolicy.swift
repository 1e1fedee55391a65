internal import Base

/// A policy for whatever carries a tag, below a catalog, a schema or a table.
package struct TagPolicy: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case rowFilter = "row_filter"
        case columnMask = "column_mask"
    }
    /// An argument of the function: a matched column by its alias, or a literal.
    package enum Argument: Hashable, Sendable {
        case alias(String)
        /// SQL.
        case constant(String)
    }
    /// `MATCH COLUMNS condition AS alias`.
    package struct Match: Hashable, Sendable {
        package var alias: String
        package var condition: TagCondition

        package init(alias: String, condition: TagCondition) {
            self.alias = alias
            self.condition = condition
        }
    }

    package var name: String
    package var kind: Kind
    package var comment: String?
    /// For whom it holds, by ids of principals; ids stay when names change.
    package var to: [String]
    /// For whom it does not, though they are among `to`.
    package var except: [String]
    /// `nil` holds for every table of the scope.
    package var tables: TagCondition?
    package var matches: [Match]
    /// The alias of the columns that a mask is put on.
    package var onColumn: String?
    package var arguments: [Argument]

    package init(
        name: String, kind: Kind, comment: String? = nil, to: [String], except: [String] = [],
        tables: TagCondition? = nil, matches: [Match] = [], onColumn: String? = nil,
        arguments: [Argument] = []
    ) {
        self.name = name
        self.kind = kind
        self.comment = comment
        self.to = to
        self.except = except
        self.tables = tables
        self.matches = matches
        self.onColumn = onColumn
        self.arguments = arguments
    }

    func holds(for principal: Principal) -> Bool {
        !principal.ids.isDisjoint(with: to) && principal.ids.isDisjoint(with: except)
    }

    /// What `catalog_tag_policies.definition` holds.
    var definition: String {
        var object: JSONObject = [
            "to": .array(to.map(JSONValue.string)), "except": .array(except.map(JSONValue.string)),
            "match": .array(
                matches.map {
                    .object(["alias": .string($0.alias), "condition": $0.condition.json])
                }),
            "arguments": .array(
                arguments.map { argument in
                    switch argument {
                    case .alias(let name): .object(["alias": .string(name)])
                    case .constant(let sql): .object(["constant": .string(sql)])
                    }
                }),
        ]
        if let tables { object["when"] = tables.json }
        if let onColumn { object["on"] = .string(onColumn) }
        if let comment { object["comment"] = .string(comment) }
        return JSONValue.object(object).jsonText
    }

    init?(name: String, kind: String, definition: String) {
        guard let kind = Kind(rawValue: kind), let json = try? JSONValue.parse(definition),
            let to = json["to"]?.array, let except = json["except"]?.array,
            let matches = json["match"]?.array, let arguments = json["arguments"]?.array
        else { return nil }
        self.init(
            name: name, kind: kind, comment: json["comment"]?.string, to: to.compactMap(\.string),
            except: except.compactMap(\.string), onColumn: json["on"]?.string)
        if let when = json["when"] {
            guard let condition = TagCondition(json: when) else { return nil }
            tables = condition
        }
        for match in matches {
            guard let alias = match["alias"]?.string,
                let condition = match["condition"].flatMap(TagCondition.init(json:))
            else { return nil }
            self.matches.append(Match(alias: alias, condition: condition))
        }
        for argument in arguments {
            if let alias = argument["alias"]?.string {
                self.arguments.append(.alias(alias))
            } else if let sql = argument["constant"]?.string {
                self.arguments.append(.constant(sql))
            } else {
                return nil
            }
        }
    }
}
