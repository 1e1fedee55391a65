internal import Base
package import TableModel

extension SQLCursor {
    /// A type in DuckDB's or Spark's spelling: `VARCHAR` or `STRING`, `INTEGER[]` or `ARRAY<INT>`,
    /// `STRUCT(a INTEGER)` or `STRUCT<a: INT>`.
    ///
    /// `TIMESTAMP` has no zone, as in the SQL standard and in DuckDB (Delta's `timestamp_ntz`); an instant is
    /// `TIMESTAMPTZ` (Delta's `timestamp`).
    mutating func dataType(depth: Int = 0) throws -> DataType {
        if depth > 64 { throw syntaxError("A type is nested deeper than 64 levels", at: offset) }
        var type = try innerType(depth: depth)
        while acceptSign("[") {
            if peekKind() == .number { skip() }
            try expectSign("]")
            type = .array(element: type, containsNull: true)
        }
        return type
    }

    private mutating func innerType(depth: Int) throws -> DataType {
        let start = offset
        guard let word = peek() else { throw unexpected("the name of a type") }
        skip()
        switch word {
        case "array", "list":
            let close = try openType()
            let element = try dataType(depth: depth + 1)
            try expectSign(close)
            return .array(element: element, containsNull: true)
        case "map":
            let close = try openType()
            let key = try dataType(depth: depth + 1)
            try expectSign(",")
            let value = try dataType(depth: depth + 1)
            try expectSign(close)
            return .map(key: key, value: value, valueContainsNull: true)
        case "struct", "row": return try structure(depth: depth)
        case "decimal", "numeric", "dec": return try decimal()
        case "timestamp", "datetime": return timestamp()
        case "varchar", "char", "bpchar", "string", "text", "character", "nvarchar":
            _ = accept("varying")
            if acceptSign("(") {
                _ = try wholeNumber("a length")
                try expectSign(")")
            }
            return .string
        case "double":
            _ = accept("precision")
            return .double
        default:
            if let type = Self.simpleTypes[word] { return type }
            throw unknownType(word, at: start)
        }
    }

    private static let simpleTypes: [String: DataType] = [
        "boolean": .boolean, "bool": .boolean, "logical": .boolean,
        "tinyint": .byte, "byte": .byte, "int1": .byte,
        "smallint": .short, "short": .short, "int2": .short, "int16": .short,
        "int": .integer, "integer": .integer, "int4": .integer, "signed": .integer, "int32": .integer,
        "bigint": .long, "long": .long, "int8": .long, "int64": .long,
        "float": .float, "real": .float, "float4": .float, "float8": .double,
        "binary": .binary, "blob": .binary, "bytea": .binary, "varbinary": .binary,
        "date": .date, "timestamp_ntz": .timestampNtz, "timestamp_us": .timestampNtz,
        "timestamptz": .timestamp, "timestamp_ltz": .timestamp,
    ]

    /// Takes `<` or `(` and tells what closes it.
    private mutating func openType() throws -> String {
        if acceptSign("<") { return ">" }
        if acceptSign("(") { return ")" }
        throw unexpected("'<' or '('")
    }

    private mutating func structure(depth: Int) throws -> DataType {
        let close = try openType()
        var fields: [SchemaField] = []
        repeat {
            let start = offset
            let name = try name("struct member")
            if fields.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                throw syntaxError("The struct has two members named \(name)", at: start)
            }
            _ = acceptSign(":")
            var field = SchemaField(name, try dataType(depth: depth + 1))
            if accept("not", "null") { field.isNullable = false }
            if accept("comment") { field.metadata["comment"] = .string(try string("a comment")) }
            fields.append(field)
        } while acceptSign(",")
        try expectSign(close)
        return .structure(fields)
    }

    private mutating func decimal() throws -> DataType {
        guard acceptSign("(") else { return .decimal(precision: 18, scale: 3) }
        let start = offset
        let precision = try wholeNumber("a precision")
        let scale = acceptSign(",") ? try wholeNumber("a scale") : 0
        try expectSign(")")
        guard (1...38).contains(precision), (0...precision).contains(scale) else {
            throw syntaxError(
                "DECIMAL(\(precision),\(scale)) is out of range: the precision goes from 1 to 38, the scale from 0 to it",
                at: start)
        }
        return .decimal(precision: precision, scale: scale)
    }

    private mutating func timestamp() -> DataType {
        if accept("with", "time", "zone") || accept("with", "local", "time", "zone") { return .timestamp }
        _ = accept("without", "time", "zone")
        return .timestampNtz
    }

    private func unknownType(_ word: String, at start: Int) -> TarnError {
        let instead: [String: String] = [
            "uuid": "STRING", "json": "STRING", "enum": "STRING", "hugeint": "DECIMAL(38,0)",
            "ubigint": "DECIMAL(20,0)",
            "uinteger": "BIGINT", "usmallint": "INTEGER", "utinyint": "SMALLINT", "time": "STRING or BIGINT",
            "interval": "BIGINT",
        ]
        if let other = instead[word] {
            return syntaxError("A Delta table cannot hold \(word.uppercased()); use \(other)", at: start)
        }
        let known =
            Self.simpleTypes.keys.map(\.self) + [
                "decimal", "timestamp", "varchar", "string", "double", "struct",
            ]
        return syntaxError("There is no type named \(word).\(didYouMean(word, among: known))", at: start)
    }
}

/// Types as text, for those who keep them so.
package enum SQLTypeText {
    /// - Throws: `.invalidInput` with the place of what is not understood.
    package static func parse(_ text: String) throws -> DataType {
        var cursor = SQLCursor(try SQLText(text))
        let type = try cursor.dataType()
        try cursor.expectEnd()
        return type
    }
}
