import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import TableModel
import Tables

/// Runs a plan against a table in a folder, each writer with an open table of its own.
struct HistoryRun: Sendable {
    /// What became of a step.
    struct Report: Sendable {
        let step: HistoryPlan.Step
        /// As the step's writer was told; `nil` for an error.
        var version: Int64?
        var error: String?
        /// Errors that faults and other writers explain.
        var isExpectedError = true
        /// The version that a restore went back to.
        var target: Int64?
    }

    private let plan: HistoryPlan
    private let seed: UInt64
    private let engine: Engine
    private let store: LocalStore

    init(_ plan: HistoryPlan, seed: UInt64, engine: Engine, store: LocalStore) {
        self.plan = plan
        self.seed = seed
        self.engine = engine
        self.store = store
    }

    /// Makes the table, runs all writers to their end, and tells what each was told.
    func reports() async throws -> [Report] {
        let clock = SystemTimeSource().nowMicroseconds()
        _ = try await DeltaTable.create(
            store, context(0, clock),
            TableDefinition(
                schema: TableSchema([
                    SchemaField("id", .long), SchemaField("v", .long), SchemaField("p", .string),
                ]),
                partitionColumns: plan.isPartitioned ? ["p"] : [], properties: plan.properties),
            source: WriteSource(sql: Self.select(plan.firstRows)))
        let turns = Turns(tasks: plan.steps.count, random: SeededRandomSource(seed: seed &+ 1))
        return await withTaskGroup(of: [Report].self) { group in
            for writer in plan.steps.indices {
                group.addTask {
                    // Their clocks differ by up to an hour.
                    let random = SeededRandomSource(seed: seed &+ UInt64(writer) &* 77)
                    let skew = Int64(random.int(-3_600_000_000...3_600_000_000))
                    let reports = await run(plan.steps[writer], writer, turns, clock &+ skew)
                    turns.leave(writer)
                    return reports
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func context(_ step: Int, _ microseconds: Int64) -> TableContext {
        TableContext(
            engine: engine, time: ManualTimeSource(microseconds: microseconds),
            random: SeededRandomSource(seed: seed ^ UInt64(step + 1) &* 0x9E37_79B9_7F4A_7C15),
            engineInfo: "step-\(step)")
    }

    private func run(
        _ steps: [HistoryPlan.Step], _ writer: Int, _ turns: Turns, _ clock: Int64
    ) async -> [Report] {
        var reports: [Report] = []
        for step in steps {
            let fault = step.fault
            let faulty = FaultyStore(
                store, failingCall: fault?.call, fault?.after == true ? .after : .before,
                crash: fault?.crashes ?? false
            ) { _ in await turns.take(writer) }
            var report = Report(step: step)
            do {
                // The engine's name in the commit tells the step, where nothing else does.
                let table = try await DeltaTable.open(
                    faulty, context(step.number, clock &+ Int64(step.number) &* 1_000_000), name: "t")
                report.version = try await perform(step, on: table, &report)
            } catch {
                report.error = "\(error)"
                let code = (error as? TarnError)?.code
                report.isExpectedError =
                    code == .conflict || code == .storage && faulty.fired || step.mayFail(code)
            }
            reports.append(report)
        }
        return reports
    }

    /// - Returns: The version that the step made or found enough.
    private func perform(
        _ step: HistoryPlan.Step, on table: DeltaTable, _ report: inout Report
    ) async throws -> Int64 {
        let mark = "step-\(step.number)"
        let change = ChangeOptions(userMetadata: mark)
        switch step.step {
        case .append(let rows):
            return try await table.write(
                WriteSource(sql: Self.select(rows)), WriteOptions(mode: .append, userMetadata: mark)
            ).version
        case .appendWithColumn(let rows, let column):
            return try await table.write(
                WriteSource(sql: Self.select(rows, column)),
                WriteOptions(mode: .append, schemaMode: .merge, userMetadata: mark)
            ).version
        case .overwrite(let rows):
            return try await table.write(
                WriteSource(sql: Self.select(rows)), WriteOptions(mode: .overwrite, userMetadata: mark)
            ).version
        case .delete(let condition):
            return try await table.delete(where: Self.condition(condition), change).version
        case .update(let condition, let added):
            return try await table.update(
                [("v", "t.v + \(added)")], where: Self.condition(condition), change
            ).version
        case .merge(let rows): return try await table.merge(Self.plan(rows), change).version
        case .truncate: return try await table.truncate(change).version
        case .optimize:
            var options = OptimizeOptions()
            options.userMetadata = mark
            options.deletedRowShare = 0
            return try await table.optimize(zOrderBy: step.number % 2 == 0 ? ["v"] : [], options).version
        case .vacuum:
            return try await table.vacuum(
                VacuumOptions(retention: .zero, allowsShortRetention: true)
            ).version
        case .restore(let back):
            let newest = try await table.snapshot().version
            let target = max(0, newest - Int64(back))
            report.target = target
            return try await table.restore(to: .version(target), RestoreOptions(userMetadata: mark)).version
        case .addColumn(let name):
            return try await table.addColumns([(SchemaField(name, .long), .last)]).version
        case .setProperty(let value): return try await table.setProperties(["step": value]).version
        case .checkpoint: return try await table.checkpoint()
        }
    }

    // MARK: SQL

    private static func select(_ rows: [MergeRow], _ column: String? = nil) -> String {
        let names = "id, v, p" + (column.map { ", \($0)" } ?? "")
        func text(_ row: MergeRow) -> String {
            "(\(row.id)::BIGINT, \(row.v)::BIGINT, 'p\(row.p)'\(column == nil ? "" : ", \(row.v)::BIGINT"))"
        }
        if rows.isEmpty {
            return "SELECT * FROM (VALUES \(text(MergeRow(id: 0, v: 0, p: 0)))) r(\(names)) LIMIT 0"
        }
        return "SELECT * FROM (VALUES \(rows.map(text).joined(separator: ", "))) r(\(names))"
    }

    private static func condition(_ condition: ModelCondition) -> RowCondition {
        RowCondition(condition.sql, filter: condition.filter, targetAlias: "t")
    }

    private static func plan(_ rows: [MergeRow]) -> MergePlan {
        MergePlan(
            source: WriteSource(sql: select(rows)), condition: "t.id = s.id", keys: [("id", "s.id")],
            matched: [MergeClause("s.v < 0", .delete), MergeClause(nil, .update([("v", "s.v")]))],
            notMatched: [MergeClause(nil, .insert([("id", "s.id"), ("v", "s.v"), ("p", "s.p")]))])
    }
}

extension HistoryPlan.Step {
    /// Errors that the step may meet without a fault or another writer at the same moment.
    fileprivate func mayFail(_ code: TarnError.Code?) -> Bool {
        // A vacuum has taken files of the version, or a clean-up its commits.
        if case .restore = step { return code == .corruptMetadata || code == .notFound }
        return false
    }
}
