import Base
import TableModel

/// Types as Unity Catalog's `type_text` has them: Spark's `simpleString`, for example `array<struct<a:int,b:string>>`.
enum SparkTypeText {
    /// - Throws: `.invalidInput` telling what is not understood.
    static func parse(_ text: String) throws(TarnError) -> DataType {
        var reader = Reader(text)
        let type = try reader.type(depth: 0)
        guard reader.isAtEnd else { throw reader.wrong("there is more after the type") }
        return type
    }

    private struct Reader {
        private let text: String
        private var rest: Substring

        init(_ text: String) {
            self.text = text
            rest = text[...]
        }

        var isAtEnd: Bool { rest.allSatisfy(\.isWhitespace) }

        func wrong(_ what: String) -> TarnError {
            TarnError(.invalidInput, "The type \"\(text.prefix(200))\" is not understood: \(what).")
        }

        private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

        private mutating func take(_ sign: Character) -> Bool {
            skipSpace()
            guard rest.first == sign else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func expect(_ sign: Character) throws(TarnError) {
            if !take(sign) { throw wrong("\"\(sign)\" is missing") }
        }

        private mutating func word() -> String {
            skipSpace()
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }

        private mutating func number() throws(TarnError) -> Int {
            guard let number = Int(word()) else { throw wrong("a number is missing") }
            return number
        }

        mutating func type(depth: Int) throws(TarnError) -> DataType {
            if depth > 64 { throw wrong("it is nested deeper than 64 levels") }
            let word = word().lowercased()
            switch word {
            case "array":
                try expect("<")
                let element = try type(depth: depth + 1)
                try expect(">")
                return .array(element: element, containsNull: true)
            case "map":
                try expect("<")
                let key = try type(depth: depth + 1)
                try expect(",")
                let value = try type(depth: depth + 1)
                try expect(">")
                return .map(key: key, value: value, valueContainsNull: true)
            case "struct": return try structure(depth: depth)
            case "decimal", "numeric", "dec": return try decimal()
            case "varchar", "char":
                try expect("(")
                _ = try number()
                try expect(")")
                return .string
            default:
                guard let type = Self.simple[word] else {
                    throw wrong(
                        word.isEmpty ? "the name of a type is missing" : "there is no type \"\(word)\"")
                }
                return type
            }
        }

        private static let simple: [String: DataType] = [
            "boolean": .boolean, "tinyint": .byte, "byte": .byte, "smallint": .short, "short": .short,
            "int": .integer, "integer": .integer, "bigint": .long, "long": .long, "float": .float,
            "real": .float, "double": .double, "string": .string, "text": .string, "binary": .binary,
            "date": .date, "timestamp": .timestamp, "timestamp_ltz": .timestamp,
            "timestamp_ntz": .timestampNtz, "variant": .variant, "void": .void,
        ]

        private mutating func decimal() throws(TarnError) -> DataType {
            guard take("(") else { return .decimal(precision: 10, scale: 0) }
            let precision = try number()
            let scale = take(",") ? try number() : 0
            try expect(")")
            guard (1...38).contains(precision), (0...precision).contains(scale) else {
                throw wrong("a decimal has 1 to 38 digits, and no more after the point than in all")
            }
            return .decimal(precision: precision, scale: scale)
        }

        private mutating func structure(depth: Int) throws(TarnError) -> DataType {
            try expect("<")
            var fields: [SchemaField] = []
            if take(">") { return .structure(fields) }
            repeat {
                let name = try fieldName()
                try expect(":")
                let type = try type(depth: depth + 1)
                var isNullable = true
                skipSpace()
                if rest.prefix(8).lowercased() == "not null" {
                    rest = rest.dropFirst(8)
                    isNullable = false
                }
                fields.append(SchemaField(name, type, isNullable: isNullable))
            } while take(",")
            try expect(">")
            return .structure(fields)
        }

        private mutating func fieldName() throws(TarnError) -> String {
            guard take("`") else {
                let name = word()
                if name.isEmpty { throw wrong("the name of a field is missing") }
                return name
            }
            var name = ""
            while let character = rest.popFirst() {
                if character != "`" {
                    name.append(character)
                } else if rest.first == "`" {
                    name.append("`")
                    rest.removeFirst()
                } else {
                    return name
                }
            }
            throw wrong("a quote is not closed")
        }
    }
}
