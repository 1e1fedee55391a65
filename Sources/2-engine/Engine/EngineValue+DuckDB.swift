import Base
import CDuckDB

extension EngineValue {
    /// A DuckDB value; the caller destroys it.
    ///
    /// - Throws: `.invalidInput` for a decimal outside its precision, or a list whose elements have several types.
    func makeDuckDBValue() throws(TarnError) -> duckdb_value? {
        switch self {
        case .null: return duckdb_create_null_value()
        case .boolean(let value): return duckdb_create_bool(value)
        case .int64(let value): return duckdb_create_int64(value)
        case .int128(let value): return duckdb_create_hugeint(duckdb_hugeint(value))
        case .float(let value): return duckdb_create_float(value)
        case .double(let value): return duckdb_create_double(value)
        case .decimal(let unscaled, let precision, let scale):
            try Self.checkDecimal(unscaled, precision, scale)
            return duckdb_create_decimal(
                duckdb_decimal(width: UInt8(precision), scale: UInt8(scale), value: duckdb_hugeint(unscaled)))
        case .string(let value):
            var value = value
            return value.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { chars in
                    var empty: CChar = 0
                    return duckdb_create_varchar_length(
                        chars.baseAddress ?? withUnsafePointer(to: &empty) { $0 }, idx_t(chars.count))
                }
            }
        case .binary(let value):
            return value.withUnsafeBufferPointer { duckdb_create_blob($0.baseAddress, idx_t($0.count)) }
        case .date(let days): return duckdb_create_date(duckdb_date(days: days))
        case .time(let micros): return duckdb_create_time(duckdb_time(micros: micros))
        case .timestamp(let micros): return duckdb_create_timestamp_tz(duckdb_timestamp(micros: micros))
        case .timestampNtz(let micros): return duckdb_create_timestamp(duckdb_timestamp(micros: micros))
        case .interval(let months, let days, let micros):
            return duckdb_create_interval(duckdb_interval(months: months, days: days, micros: micros))
        case .uuid(let bits):
            return duckdb_create_uuid(
                duckdb_uhugeint(
                    lower: UInt64(truncatingIfNeeded: bits), upper: UInt64(truncatingIfNeeded: bits >> 64)))
        case .list(let items): return try Self.makeList(items)
        case .structure(let members): return try Self.makeStructure(members)
        case .map(let entries): return try Self.makeMap(entries)
        }
    }

    static func checkDecimal(_ unscaled: Int128, _ precision: Int, _ scale: Int) throws(TarnError) {
        let isValid = (1...38).contains(precision) && (0...precision).contains(scale)
        if !isValid || unscaled.magnitude >= powerOfTen(precision) {
            throw TarnError(
                .invalidInput,
                "The value \(unscaled) does not fit DECIMAL(\(precision),\(scale)), which holds \(precision) digits."
            )
        }
    }

    private static func makeList(_ items: [EngineValue]) throws(TarnError) -> duckdb_value? {
        var made = try MadeValues(items)
        defer { made.destroy() }
        var type = try commonType(items, of: "list").makeLogicalType()
        defer { duckdb_destroy_logical_type(&type) }
        return duckdb_create_list_value(type, &made.values, idx_t(items.count))
    }

    private static func makeStructure(_ members: [EngineMember]) throws(TarnError) -> duckdb_value? {
        var made = try MadeValues(members.map(\.value))
        defer { made.destroy() }
        var type = try EngineType.structure(
            mapTyped(members) { member throws(TarnError) in EngineField(member.name, try member.value.type())
            }
        ).makeLogicalType()
        defer { duckdb_destroy_logical_type(&type) }
        return duckdb_create_struct_value(type, &made.values)
    }

    private static func makeMap(_ entries: [EngineMapEntry]) throws(TarnError) -> duckdb_value? {
        var keys = try MadeValues(entries.map(\.key))
        defer { keys.destroy() }
        var values = try MadeValues(entries.map(\.value))
        defer { values.destroy() }
        var type = try EngineType.map(
            key: commonType(entries.map(\.key), of: "map"), value: commonType(entries.map(\.value), of: "map")
        ).makeLogicalType()
        defer { duckdb_destroy_logical_type(&type) }
        return duckdb_create_map_value(type, &keys.values, &values.values, idx_t(entries.count))
    }

    /// The type that DuckDB gives a value of this case.
    func type() throws(TarnError) -> EngineType {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .int64: .int64
        case .int128: .int128
        case .float: .float
        case .double: .double
        case .decimal(_, let precision, let scale): .decimal(precision: precision, scale: scale)
        case .string: .varchar
        case .binary: .blob
        case .date: .date
        case .time: .time
        case .timestamp: .timestampTz
        case .timestampNtz: .timestamp
        case .interval: .interval
        case .uuid: .uuid
        case .list(let items): .list(try Self.commonType(items, of: "list"))
        case .structure(let members):
            .structure(
                try mapTyped(members) { member throws(TarnError) in
                    EngineField(member.name, try member.value.type())
                })
        case .map(let entries):
            .map(
                key: try Self.commonType(entries.map(\.key), of: "map"),
                value: try Self.commonType(entries.map(\.value), of: "map"))
        }
    }

    private static func commonType(_ items: [EngineValue], of what: String) throws(TarnError) -> EngineType {
        var common = EngineType.null
        for item in items {
            let type = try item.type()
            guard let both = common.merged(with: type) else {
                throw TarnError(
                    .invalidInput,
                    "The values of one \(what) must have one type, and both \(common.name) and \(type.name) occur."
                )
            }
            common = both
        }
        return common
    }
}

/// `map` that keeps the typed error.
func mapTyped<T, U>(_ items: [T], _ body: (T) throws(TarnError) -> U) throws(TarnError) -> [U] {
    var out: [U] = []
    out.reserveCapacity(items.count)
    for item in items { out.append(try body(item)) }
    return out
}

/// Values that are destroyed together.
private struct MadeValues {
    var values: [duckdb_value?] = []

    init(_ items: [EngineValue]) throws(TarnError) {
        values.reserveCapacity(max(1, items.count))
        do {
            for item in items { values.append(try item.makeDuckDBValue()) }
        } catch {
            destroy()
            throw error
        }
    }

    mutating func destroy() {
        for index in values.indices { duckdb_destroy_value(&values[index]) }
        values = []
    }
}

extension duckdb_hugeint {
    init(_ value: Int128) {
        self.init(lower: UInt64(truncatingIfNeeded: value), upper: Int64(truncatingIfNeeded: value >> 64))
    }
}

/// Ten to the power of 0 to 38.
func powerOfTen(_ exponent: Int) -> UInt128 {
    var result: UInt128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
}

extension EngineType {
    /// The type that holds values of both: a null, or an empty list, takes on the other's type.
    ///
    /// - Returns: `nil` if there is none.
    fileprivate func merged(with other: EngineType) -> EngineType? {
        if self == other || other == .null { return self }
        switch (self, other) {
        case (.null, _): return other
        case (.int64, .int128), (.int128, .int64): return .int128
        case (.float, .double), (.double, .float): return .double
        case (.decimal(let p, let s), .decimal(let q, let t)):
            let scale = max(s, t)
            let precision = max(p - s, q - t) + scale
            return precision <= 38 ? .decimal(precision: precision, scale: scale) : nil
        case (.list(let a), .list(let b)): return a.merged(with: b).map { .list($0) }
        case (.map(let k, let v), .map(let l, let w)):
            guard let key = k.merged(with: l), let value = v.merged(with: w) else { return nil }
            return .map(key: key, value: value)
        case (.structure(let a), .structure(let b)):
            guard a.map(\.name) == b.map(\.name) else { return nil }
            var fields: [EngineField] = []
            for (x, y) in zip(a, b) {
                guard let type = x.type.merged(with: y.type) else { return nil }
                fields.append(EngineField(x.name, type))
            }
            return .structure(fields)
        default: return nil
        }
    }
}
