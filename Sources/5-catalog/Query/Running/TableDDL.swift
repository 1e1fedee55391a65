internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel

/// The statement that would make a table like one that exists.
enum TableDDL {
    static func text(name: String, _ entry: TableEntry?, _ snapshot: DeltaSnapshot) -> String {
        let constraint = "delta.constraints."
        let properties = snapshot.configuration.sorted { $0.key < $1.key }
        let checks = properties.filter { $0.key.hasPrefix(constraint) }.map { name, condition in
            "  CONSTRAINT \(quoteIdentifier(String(name.dropFirst(constraint.count)))) CHECK (\(DeltaExpressionText.sql(condition)))"
        }
        let lines = snapshot.schema.fields.map(line) + checks
        var text = "CREATE TABLE \(name) (\n\(lines.joined(separator: ",\n"))\n) USING DELTA"
        if !snapshot.partitionColumns.isEmpty {
            text +=
                "\nPARTITIONED BY (\(snapshot.partitionColumns.map(quoteIdentifier).joined(separator: ", ")))"
        }
        if let entry, entry.kind == .external { text += "\nLOCATION \(quoteLiteral(entry.location))" }
        if let comment = entry?.comment { text += "\nCOMMENT \(quoteLiteral(comment))" }
        let others = properties.filter { !$0.key.hasPrefix(constraint) }.map {
            "\(quoteLiteral($0.key)) = \(quoteLiteral($0.value))"
        }
        if !others.isEmpty { text += "\nTBLPROPERTIES (\(others.joined(separator: ", ")))" }
        return text
    }

    private static func line(_ field: SchemaField) -> String {
        var text = "  \(quoteIdentifier(field.name)) \(field.type.sqlName)"
        if !field.isNullable { text += " NOT NULL" }
        if let value = field.metadata["CURRENT_DEFAULT"]?.string {
            text += " DEFAULT \(DeltaExpressionText.sql(value))"
        }
        if let value = field.metadata["delta.generationExpression"]?.string {
            text += " GENERATED ALWAYS AS (\(DeltaExpressionText.sql(value)))"
        }
        if let start = field.metadata["delta.identity.start"]?.int64,
            let step = field.metadata["delta.identity.step"]?.int64
        {
            let kind =
                field.metadata["delta.identity.allowExplicitInsert"]?.bool == true ? "BY DEFAULT" : "ALWAYS"
            text += " GENERATED \(kind) AS IDENTITY (START WITH \(start) INCREMENT BY \(step))"
        }
        if let comment = field.metadata["comment"]?.string { text += " COMMENT \(quoteLiteral(comment))" }
        return text
    }
}

/// The pattern of `SHOW ... LIKE`: `%` and `*` stand for any characters, `_` for one; case does not matter.
struct LikePattern: Sendable {
    private let pattern: [Character]

    init(_ pattern: String) { self.pattern = Array(pattern.lowercased()) }

    func matches(_ name: String) -> Bool {
        let name = Array(name.lowercased())
        var (p, n) = (0, 0)
        // Where to go on when what follows the last `%` did not match.
        var (star, mark): (Int?, Int) = (nil, 0)
        while n < name.count {
            if p < pattern.count, pattern[p] == "%" || pattern[p] == "*" {
                star = p
                mark = n
                p += 1
            } else if p < pattern.count, pattern[p] == "_" || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let star {
                p = star + 1
                mark += 1
                n = mark
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "%" || $0 == "*" }
    }
}
