internal import Base
internal import Engine
internal import TableModel

/// A small result that Tarn itself makes: SHOW, DESCRIBE.
///
/// It becomes a query over constants, so that every reader of results knows one shape only.
struct FixedRows: Sendable {
    var columns: [(name: String, type: DataType)]
    var rows: [[FixedValue]]

    var sql: String {
        let items = columns.enumerated().map {
            "CAST(c\($0) AS \($1.type.sqlName)) AS \(quoteIdentifier($1.name))"
        }
        let select = "SELECT \(items.joined(separator: ", ")) FROM "
        let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        if rows.isEmpty {
            let nulls = columns.indices.map { "NULL AS c\($0)" }.joined(separator: ", ")
            return select + "(SELECT \(nulls) WHERE false)"
        }
        let values = rows.map { row in "(" + row.map(\.sql).joined(separator: ", ") + ")" }
        return select + "(VALUES \(values.joined(separator: ", "))) AS t(\(names))"
    }
}

enum FixedValue: Sendable {
    case null
    case text(String)
    case number(Int64)
    case bool(Bool)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case instant(Int64)
    case texts([String])
    case map([(String, String)])

    static func text(orNull text: String?) -> FixedValue { text.map(FixedValue.text) ?? .null }

    static func milliseconds(_ value: Int64?) -> FixedValue { value.map { .instant($0 &* 1000) } ?? .null }

    /// The members of a JSON object as texts, as Delta shows its metrics and parameters.
    static func members(_ object: JSONObject) -> FixedValue {
        .map(object.members.map { ($0.name, $0.value.string ?? $0.value.jsonText) })
    }

    /// A text as it is; empty for anything else.
    var plainText: String { if case .text(let text) = self { text } else { "" } }

    var sql: String {
        switch self {
        case .null: "NULL"
        case .text(let text): Self.literal(text)
        case .number(let value): "(\(value))"
        case .bool(let value): value ? "true" : "false"
        case .instant(let value): "make_timestamptz(\(value))"
        case .texts(let texts): "[" + texts.map(Self.literal).joined(separator: ", ") + "]::VARCHAR[]"
        case .map(let entries):
            "MAP([" + entries.map { Self.literal($0.0) }.joined(separator: ", ") + "]::VARCHAR[], ["
                + entries.map { Self.literal($0.1) }.joined(separator: ", ") + "]::VARCHAR[])"
        }
    }

    /// SQL text cannot hold a NUL.
    private static func literal(_ text: String) -> String {
        quoteLiteral(text.replacing("\0", with: "\u{FFFD}"))
    }
}
