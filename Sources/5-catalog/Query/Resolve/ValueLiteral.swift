internal import Engine
internal import TableModel

extension EngineValue {
    /// The value as SQL; `nil` for kinds that no filter is pushed for.
    var sqlLiteral: String? {
        switch self {
        case .null: "NULL"
        case .boolean(let value): value ? "true" : "false"
        case .int64(let value): "(\(value))::BIGINT"
        case .double(let value): "\(quoteLiteral("\(value)"))::DOUBLE"
        case .string(let value): value.utf8.contains(0) ? nil : quoteLiteral(value) + "::VARCHAR"
        case .date(let days): "(DATE '1970-01-01' + \(days))"
        case .timestamp(let value): "make_timestamptz(\(value))"
        case .timestampNtz(let value): "make_timestamp(\(value))"
        case .decimal(let unscaled, let precision, let scale): Self.decimal(unscaled, precision, scale)
        default: nil
        }
    }

    /// The value as SQL, of any kind.
    var anyLiteral: String {
        if let plain = sqlLiteral { return plain }
        switch self {
        case .string(let value): return "(" + Self.textWithNUL(value) + ")"
        case .int128(let value): return "'\(value)'::HUGEINT"
        case .float(let value): return "'\(value)'::FLOAT"
        case .binary(let bytes):
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "from_hex('\(digits)')"
        case .time(let microseconds): return "(TIME '00:00:00' + to_microseconds(\(microseconds)))"
        case .interval(let months, let days, let microseconds):
            return "(to_months(\(months)) + to_days(\(days)) + to_microseconds(\(microseconds)))"
        case .uuid(let bits):
            let digits = String(bits, radix: 16)
            return "'\(String(repeating: "0", count: 32 - digits.count) + digits)'::UUID"
        case .list(let values): return "[" + values.map(\.anyLiteral).joined(separator: ", ") + "]"
        case .structure(let members):
            let items = members.map { "\(quoteIdentifier($0.name)) := \($0.value.anyLiteral)" }
            return "struct_pack(\(items.joined(separator: ", ")))"
        case .map(let entries):
            let keys = entries.map(\.key.anyLiteral).joined(separator: ", ")
            return "MAP([\(keys)], [\(entries.map(\.value.anyLiteral).joined(separator: ", "))])"
        default: return "NULL"
        }
    }

    /// SQL text cannot hold a NUL.
    private static func textWithNUL(_ text: String) -> String {
        text.split(separator: "\0", omittingEmptySubsequences: false).map { quoteLiteral(String($0)) }
            .joined(separator: " || chr(0) || ")
    }

    private static func decimal(_ unscaled: Int128, _ precision: Int, _ scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let point = digits.index(digits.endIndex, offsetBy: -scale)
        let sign = unscaled < 0 ? "-" : ""
        return "'\(sign)\(digits[..<point]).\(digits[point...])'::DECIMAL(\(precision),\(scale))"
    }
}
