/// A value of an Avro file.
enum AvroValue: Sendable {
    case null
    case boolean(Bool)
    /// `int` and `long`.
    case integer(Int64)
    /// `float` and `double`.
    case double(Double)
    /// `bytes` and `fixed`.
    case bytes([UInt8])
    /// `string` and the symbols of an `enum`.
    case string(String)
    case array([AvroValue])
    case map([(name: String, value: AvroValue)])
    case record([(field: AvroField, value: AvroValue)])

    /// The value of a record's field of that name; `nil` for none, and for null.
    subscript(name: String) -> AvroValue? {
        guard case .record(let members) = self,
            let member = members.first(where: { $0.field.name == name })
        else { return nil }
        if case .null = member.value { return nil }
        return member.value
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    var array: [AvroValue]? { if case .array(let value) = self { value } else { nil } }
}

/// Reads Avro's binary encoding.
///
/// Avro specification, "Binary Encoding". Every read is checked against the end.
struct AvroDecoder {
    private let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func value(_ type: AvroType) throws(DamagedData) -> AvroValue {
        switch type {
        case .null: return .null
        case .boolean: return .boolean(try take(1).first == 1)
        case .int, .long: return .integer(try long())
        case .float: return .double(Double(Float(bitPattern: UInt32(try littleEndian(4)))))
        case .double: return .double(Double(bitPattern: try littleEndian(8)))
        case .bytes: return .bytes(Array(try take(try length())))
        case .string: return .string(try string())
        case .fixed(let count): return .bytes(Array(try take(count)))
        case .enumeration(let symbols):
            let index = try long()
            guard symbols.indices.contains(Int(clamping: index)) else {
                throw DamagedData("an Avro enum has no symbol \(index)")
            }
            return .string(symbols[Int(index)])
        case .union(let choices):
            let index = try long()
            guard choices.indices.contains(Int(clamping: index)) else {
                throw DamagedData("an Avro union has no branch \(index)")
            }
            return try value(choices[Int(index)])
        case .array(let element):
            return .array(try items { decoder throws(DamagedData) in try decoder.value(element) })
        case .map(let element):
            return .map(
                try items { decoder throws(DamagedData) in (try decoder.string(), try decoder.value(element))
                })
        case .record(let fields):
            var members: [(field: AvroField, value: AvroValue)] = []
            members.reserveCapacity(fields.count)
            for field in fields { members.append((field, try value(field.type))) }
            return .record(members)
        }
    }

    /// The blocks of an array or map, up to the empty one that ends it.
    private mutating func items<T>(
        _ item: (inout AvroDecoder) throws(DamagedData) -> T
    ) throws(DamagedData) -> [T] {
        var all: [T] = []
        while true {
            var count = try long()
            if count == 0 { return all }
            if count < 0 {
                // The size in bytes follows, for those who want to skip.
                count = 0 &- count
                _ = try long()
            }
            // Items may be empty, so a count is only bounded by what a block can mean.
            guard count > 0, count <= Int64(bytes.count) * 8 + 1024 else {
                throw DamagedData("an Avro block has an impossible count")
            }
            for _ in 0..<count { all.append(try item(&self)) }
        }
    }

    mutating func string() throws(DamagedData) -> String {
        guard let text = String(validating: try take(try length()), as: UTF8.self) else {
            throw DamagedData("an Avro string is no UTF-8")
        }
        return text
    }

    private mutating func length() throws(DamagedData) -> Int {
        let count = try long()
        guard count >= 0, count <= Int64(bytes.count - position) else {
            throw DamagedData("an Avro value ends after its file")
        }
        return Int(count)
    }

    /// Zigzag, seven bits a byte.
    mutating func long() throws(DamagedData) -> Int64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            guard position < bytes.count, shift < 70 else { throw DamagedData("an Avro number has no end") }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func take(_ count: Int) throws(DamagedData) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else {
            throw DamagedData("an Avro value ends after its file")
        }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    private mutating func littleEndian(_ count: Int) throws(DamagedData) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
