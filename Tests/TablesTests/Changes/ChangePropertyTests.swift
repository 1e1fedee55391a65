import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

/// Random changes of random tables leave what plain code leaves, whatever the table's features.
@Suite struct ChangePropertyTests {
    static let shapes: [(name: String, partitions: [String], properties: [String: String])] = [
        ("plain", [], [:]),
        ("partitioned", ["g"], [:]),
        ("vectors", [], ["delta.enableDeletionVectors": "true"]),
        ("feed", [], ["delta.enableChangeDataFeed": "true"]),
        (
            "everything", ["g"],
            [
                "delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true",
                "delta.enableRowTracking": "true",
            ]
        ),
        (
            "tracked", [], ["delta.enableRowTracking": "true"]
        ),
    ]

    @Test(arguments: shapes.indices, 0..<8)
    func changesLeaveWhatTheModelLeaves(_ shape: Int, _ seed: Int) async throws {
        let (name, partitions, properties) = Self.shapes[shape]
        let fixture = try TableFixture()
        var random = SeededNumbers(seed: UInt64(seed * 31 + shape + 1))
        var model = ChangeModel()
        model.rows = (0..<random.below(40)).map { random.row(id: $0) }
        let table = try await fixture.create(
            "t", as: model.rows.select, partitionedBy: partitions, properties: properties)
        for step in 0..<8 {
            let what = try await self.step(&model, table, &random)
            let real = try await fixture.rows(table, .latest, "SELECT id, g, v FROM {t}").sorted()
            #expect(real == model.texts, "table \(name), seed \(seed), step \(step): \(what)")
            if real != model.texts { return }
        }
    }

    private func step(
        _ model: inout ChangeModel, _ table: DeltaTable, _ random: inout SeededNumbers
    ) async throws -> String {
        switch random.below(10) {
        case 0, 1:
            let new = (0..<random.below(15)).map { _ in random.row(id: random.below(80)) }
            try await table.write(WriteSource(sql: new.select))
            model.rows += new
            return "append \(new.count)"
        case 2, 3, 4:
            let condition = ChangeCondition.random(&random, alias: "t")
            let result = try await table.delete(
                where: RowCondition(condition.sql, filter: condition.filter, targetAlias: "t"))
            let gone = model.rows.filter(condition.holds).count
            model.rows.removeAll(where: condition.holds)
            #expect(result.metrics["numDeletedRows"]?.string == "\(gone)")
            return "delete \(condition.sql)"
        case 5, 6:
            let condition = ChangeCondition.random(&random, alias: "t")
            try await table.update(
                [("v", "t.v + 7"), ("g", "CASE WHEN t.id % 2 = 0 THEN 'g9' ELSE t.g END")],
                where: RowCondition(condition.sql, filter: condition.filter, targetAlias: "t"))
            for index in model.rows.indices where condition.holds(model.rows[index]) {
                model.rows[index].value = model.rows[index].value.map { $0 + 7 }
                if model.rows[index].id % 2 == 0 { model.rows[index].group = "g9" }
            }
            return "update \(condition.sql)"
        default: return try await merge(&model, table, &random)
        }
    }

    /// Matched: the rows of a condition go, others change; not matched: of a condition come; not matched by source: the
    /// rows of a condition change or go.
    private func merge(
        _ model: inout ChangeModel, _ table: DeltaTable, _ random: inout SeededNumbers
    ) async throws -> String {
        var ids = Array(0..<80)
        ids.shuffle(using: &random)
        let source = ids.prefix(random.below(20)).map { random.row(id: $0) }
        let remove = ChangeCondition.random(&random, alias: "t")
        let insert = ChangeCondition.random(&random, alias: "s")
        let rest = ChangeCondition.random(&random, alias: "t")
        let usesRest = random.below(2) == 0
        let deletesRest = random.below(2) == 0
        let setsAll = random.below(2) == 0
        var plan = MergePlan(
            source: WriteSource(sql: source.select), condition: "t.id = s.id", keys: [("id", "s.id")],
            matched: [
                MergeClause(remove.sql, .delete),
                MergeClause(nil, setsAll ? .updateAll : .update([("v", "coalesce(s.v, t.v) + 1")])),
            ], notMatched: [MergeClause(insert.sql, .insertAll)])
        if usesRest {
            plan.notMatchedBySource = [
                MergeClause(rest.sql, deletesRest ? .delete : .update([("v", "-1")]))
            ]
        }
        try await table.merge(plan)
        let byID = Dictionary(grouping: source, by: \.id).mapValues { $0[0] }
        let known = Set(model.rows.map(\.id))
        model.rows = model.rows.compactMap { row in
            var row = row
            if let other = byID[row.id] {
                if remove.holds(row) { return nil }
                if setsAll { return other }
                row.value = (other.value ?? row.value).map { $0 + 1 }
                return row
            }
            guard usesRest, rest.holds(row) else { return row }
            if deletesRest { return nil }
            row.value = -1
            return row
        }
        model.rows += source.filter { !known.contains($0.id) && insert.holds($0) }
        return "merge of \(source.map(\.text)): delete \(remove.sql), insert \(insert.sql), rest \(rest.sql)"
    }
}
