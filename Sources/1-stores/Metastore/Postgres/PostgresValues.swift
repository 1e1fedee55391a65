import Base
import CPostgres

/// Arguments as libpq takes them: texts in one block of memory.
struct PostgresArguments {
    private var bytes: [CChar] = []
    /// Where each begins; `nil` is NULL.
    private var starts: [Int?] = []
    /// PostgreSQL's numbers of the types that fit the values: text, bigint, double precision, bytea.
    private(set) var types: [Oid] = []

    init(_ values: [MetastoreValue]) {
        for value in values {
            switch value {
            case .null: append(nil, 25)
            case .integer(let number): append("\(number)", 20)
            case .real(let number): append("\(number)", 701)
            case .text(let text): append(text, 25)
            case .blob(let blob): append(Self.hex(blob), 17)
            }
        }
    }

    var isEmpty: Bool { starts.isEmpty }

    private mutating func append(_ text: String?, _ type: Oid) {
        types.append(type)
        guard let text else {
            starts.append(nil)
            return
        }
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out = Array("\\x".utf8)
        out.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    func withPointers<T>(_ body: ([UnsafePointer<CChar>?]) throws -> T) rethrows -> T {
        try bytes.withUnsafeBufferPointer { buffer in
            try body(starts.map { start in start.flatMap { at in buffer.baseAddress.map { $0 + at } } })
        }
    }
}

/// An answer, held by libpq until it is let go.
final class PostgresResult {
    private let result: OpaquePointer
    var names: MetastoreColumnNames?

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var rowCount: Int { Int(PQntuples(result)) }

    /// Rows that the statement inserted, changed or deleted; 0 for a SELECT.
    var changedRowCount: Int {
        guard let tag = PQcmdStatus(result).map({ String(cString: $0) }),
            tag.hasPrefix("INSERT") || tag.hasPrefix("UPDATE") || tag.hasPrefix("DELETE")
        else { return 0 }
        return PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    func columnNames() -> MetastoreColumnNames {
        MetastoreColumnNames(
            (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" })
    }

    func row(_ row: Int, _ names: MetastoreColumnNames) -> MetastoreRow {
        let values = (0..<PQnfields(result)).map { value(Int32(row), $0) }
        return MetastoreRow(places: names, values: values)
    }

    private func value(_ row: Int32, _ column: Int32) -> MetastoreValue {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
            return .null
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
        switch PQftype(result, column) {
        case 16: return .integer(bytes.first == UInt8(ascii: "t") ? 1 : 0)
        case 20, 21, 23, 26, 28: return Int64(text(bytes)).map { .integer($0) } ?? .text(text(bytes))
        case 700, 701: return Double(text(bytes)).map { .real($0) } ?? .text(text(bytes))
        // Sums of integers are numeric.
        case 1700:
            return Int64(text(bytes)).map { .integer($0) } ?? .real(Double(text(bytes)) ?? .nan)
        case 17: return .blob(Self.unhex(bytes))
        default: return .text(text(bytes))
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func unhex(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 {
            byte >= UInt8(ascii: "a") ? byte - UInt8(ascii: "a") + 10 : byte - UInt8(ascii: "0")
        }
        return stride(from: 2, to: text.count - 1, by: 2).map { digit(text[$0]) << 4 | digit(text[$0 + 1]) }
    }
}
