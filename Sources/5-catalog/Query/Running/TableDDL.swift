internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel

/// The statement that would make a table like one that exists.
enum TableDDL {
    static func text(_ entry: TableEntry, _ snapshot: DeltaSnapshot) -> String {
        let columns = snapshot.schema.fields.map { field in
            let required = field.isNullable ? "" : " NOT NULL"
            let comment = field.metadata["comment"]?.string.map { " COMMENT \(quoteLiteral($0))" } ?? ""
            return "  \(quoteIdentifier(field.name)) \(field.type.sqlName)\(required)\(comment)"
        }
        var text = "CREATE TABLE \(entry.name) (\n\(columns.joined(separator: ",\n"))\n) USING DELTA"
        if !snapshot.partitionColumns.isEmpty {
            text +=
                "\nPARTITIONED BY (\(snapshot.partitionColumns.map(quoteIdentifier).joined(separator: ", ")))"
        }
        if entry.kind == .external { text += "\nLOCATION \(quoteLiteral(entry.location))" }
        if let comment = entry.comment { text += "\nCOMMENT \(quoteLiteral(comment))" }
        if !snapshot.configuration.isEmpty {
            let properties = snapshot.configuration.sorted { $0.key < $1.key }.map {
                "\(quoteLiteral($0.key)) = \(quoteLiteral($0.value))"
            }
            text += "\nTBLPROPERTIES (\(properties.joined(separator: ", ")))"
        }
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
