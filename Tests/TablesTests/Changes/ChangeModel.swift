import Base
import DeltaLake
import Engine
import TableModel
import Tables

/// A table's rows in memory, changed by plain code, to compare a real table with.
struct ChangeModel {
    struct Row: Hashable {
        var id: Int
        var group: String?
        var value: Int?

        var text: String { "\(id)|\(group ?? "NULL")|\(value.map(String.init) ?? "NULL")" }
    }

    var rows: [Row] = []

    var texts: [String] { rows.map(\.text).sorted() }
}

/// A condition as SQL and as code; `nil` is SQL's unknown.
struct ChangeCondition {
    let sql: String
    let filter: ScanFilter
    let test: (ChangeModel.Row) -> Bool?

    static func random(_ random: inout SeededNumbers, alias: String) -> ChangeCondition {
        let number = random.below(60)
        switch random.below(7) {
        case 0:
            return ChangeCondition(
                sql: "\(alias).id < \(number)", filter: .compare("id", .less, .integer(Int64(number)))
            ) { $0.id < number }
        case 1:
            return ChangeCondition(
                sql: "\(alias).id = \(number)", filter: .compare("id", .equal, .integer(Int64(number)))
            ) { $0.id == number }
        case 2:
            return ChangeCondition(sql: "\(alias).v > \(number)", filter: .always) { row in
                row.value.map { $0 > number }
            }
        case 3:
            return ChangeCondition(sql: "\(alias).v IS NULL", filter: .isNull("v")) { $0.value == nil }
        case 4:
            let group = "g\(random.below(3))"
            return ChangeCondition(
                sql: "\(alias).g = '\(group)'", filter: .compare("g", .equal, .string(group))
            ) { row in row.group.map { $0 == group } }
        case 5:
            return ChangeCondition(sql: "NOT (\(alias).g = 'g0')", filter: .always) { row in
                row.group.map { $0 != "g0" }
            }
        default:
            return ChangeCondition(sql: "\(alias).id % 3 = \(number % 3)", filter: .always) {
                $0.id % 3 == number % 3
            }
        }
    }

    func holds(_ row: ChangeModel.Row) -> Bool { test(row) == true }
}

/// Numbers that come again with their seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func row(id: Int) -> ChangeModel.Row {
        ChangeModel.Row(
            id: id, group: below(5) == 0 ? nil : "g\(below(3))", value: below(5) == 0 ? nil : below(100))
    }
}

extension [ChangeModel.Row] {
    /// A SELECT of the rows.
    var select: String {
        if isEmpty { return "SELECT 1::BIGINT AS id, ''::VARCHAR AS g, 1::BIGINT AS v WHERE false" }
        let values = map { row in
            let group = row.group.map { "'\($0)'" } ?? "NULL"
            return "(\(row.id), \(group), \(row.value.map(String.init) ?? "NULL"))"
        }.joined(separator: ", ")
        return "SELECT id::BIGINT AS id, g::VARCHAR AS g, v::BIGINT AS v FROM (VALUES \(values)) q(id, g, v)"
    }
}
