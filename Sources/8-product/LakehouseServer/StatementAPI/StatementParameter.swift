import Base
import Engine
import Lakehouse
import TableModel

/// A named parameter: `{"name": "day", "value": "2024-01-31", "type": "DATE"}` fills `:day`.
struct StatementParameter: Sendable {
    let name: String
    let value: EngineValue

    init(_ json: JSONValue) throws(TarnError) {
        guard let name = json["name"]?.string, !name.isEmpty else {
            throw StatementRequest.wrong("Each of 'parameters' needs a 'name'.")
        }
        self.name = name
        let type = (json["type"]?.string ?? "STRING").uppercased()
        switch json["value"] {
        case nil, .null?: value = .null
        case .string(let text)?: value = try Self.value(text, type, name)
        // The API wants strings; numbers and booleans are unmistakable all the same.
        case .number(let text)?: value = try Self.value(text, json["type"] == nil ? "DOUBLE" : type, name)
        case .bool(let flag)?: value = .boolean(flag)
        default: throw StatementRequest.wrong("The value of parameter '\(name)' must be a string or null.")
        }
    }

    private static func value(_ text: String, _ type: String, _ name: String) throws(TarnError) -> EngineValue
    {
        let parsed: EngineValue?
        switch type.prefix(while: { $0 != "(" }).filter({ $0 != " " }) {
        case "STRING", "VARCHAR", "CHAR": parsed = .string(text)
        case "BOOLEAN": parsed = boolean(text).map { .boolean($0) }
        case "TINYINT", "BYTE": parsed = Int8(text).map { .int64(Int64($0)) }
        case "SMALLINT", "SHORT": parsed = Int16(text).map { .int64(Int64($0)) }
        case "INT", "INTEGER": parsed = Int32(text).map { .int64(Int64($0)) }
        case "BIGINT", "LONG": parsed = Int64(text).map { .int64($0) }
        case "FLOAT", "REAL": parsed = Float(text).map { .float($0) }
        case "DOUBLE": parsed = Double(text).map { .double($0) }
        case "DECIMAL", "DEC", "NUMERIC": parsed = ParameterText.decimal(text)
        case "DATE": parsed = CalendarText.days(text).flatMap { Int32(exactly: $0) }.map { .date($0) }
        case "TIMESTAMP": parsed = CalendarText.microseconds(text).map { .timestamp($0) }
        case "TIMESTAMP_NTZ": parsed = CalendarText.microseconds(text).map { .timestampNtz($0) }
        case "VOID": parsed = .null
        default:
            throw TarnError(
                .unsupported,
                "Parameter '\(name)' has the type \(type), which parameters cannot have. "
                    + "Use STRING and CAST in the statement.")
        }
        guard let parsed else {
            throw StatementRequest.wrong("The value of parameter '\(name)' is no \(type).")
        }
        return parsed
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "t", "1", "yes": true
        case "false", "f", "0", "no": false
        default: nil
        }
    }
}
