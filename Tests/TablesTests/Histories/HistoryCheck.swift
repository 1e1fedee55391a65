import Base
import DeltaLake
import Engine
import ObjectStore
import Tables

/// Compares every version of a table with what the steps of its log make of plain values.
struct HistoryCheck {
    private let plan: HistoryPlan
    private let reports: [Int: HistoryRun.Report]
    private var problems: [String] = []

    init(_ plan: HistoryPlan, _ reports: [HistoryRun.Report]) {
        self.plan = plan
        self.reports = Dictionary(
            reports.map { ($0.step.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is wrong, in words; empty if nothing is.
    mutating func problems(of table: DeltaTable, _ engine: Engine) async throws -> [String] {
        for report in reports.values where !report.isExpectedError {
            problems.append("step \(report.step.number) \(report.step.step) failed: \(report.error ?? "")")
        }
        let history = try await table.history().sorted { $0.version < $1.version }
        guard history.first?.version == 0, history.map(\.version) == (0..<Int64(history.count)).map({ $0 })
        else {
            return problems + ["the log has the versions \(history.map(\.version))"]
        }
        let (states, oldestWhole) = replay(history)
        for (version, state) in states.enumerated() where version >= oldestWhole {
            let found: [String]
            do { found = try await rows(of: table, Int64(version), engine) } catch {
                problems.append("version \(version) cannot be read: \(error)")
                continue
            }
            let expected = state.texts
            if found != expected {
                problems.append(
                    "version \(version) (\(history[version].info?.operation ?? "?")) has \(found), not \(expected)"
                )
            }
        }
        return problems
    }

    /// The state of each version, and the oldest whose files a vacuum has left.
    private mutating func replay(_ history: [HistoryEntry]) -> ([ModelState], Int) {
        var states: [ModelState] = []
        var appended: [Int: Set<[Int]>] = [:]
        var oldestWhole = 0
        var seen: Set<Int> = []
        let isSerializable = plan.properties["delta.isolationLevel"] == "Serializable"
        for entry in history {
            let version = Int(entry.version)
            guard let before = states.last else {
                states.append(
                    HistoryStep.append(plan.firstRows).applied(to: ModelState(), number: 0, target: nil))
                continue
            }
            guard let report = report(of: entry) else {
                problems.append("version \(version) is nobody's")
                states.append(before)
                continue
            }
            let (number, step) = (report.step.number, report.step.step)
            if case .vacuum = step {
                oldestWhole = max(oldestWhole, version)
            } else if !seen.insert(number).inserted {
                problems.append("step \(number) \(step) is there twice, again as version \(version)")
            }
            if let told = report.version, told != entry.version, !step.isVacuum {
                problems.append("step \(number) was told version \(told) and is version \(version)")
            }
            // What others appended blindly after the version that it read counts as having come later.
            let read = Int(entry.info?.readVersion ?? Int64(version) - 1)
            var hidden: Set<[Int]> = []
            if !isSerializable, !step.isBlindAppend, read < version - 1 {
                for later in (read + 1)..<version { hidden.formUnion(appended[later] ?? []) }
            }
            var visible = before
            visible.rows.removeAll { hidden.contains($0.origin) }
            let target = report.target.map { states[Int($0)] }
            var after = step.applied(to: visible, number: number, target: target)
            after.rows += before.rows.filter { hidden.contains($0.origin) }
            if step.isBlindAppend {
                appended[version] = Set(after.rows.map(\.origin)).subtracting(before.rows.map(\.origin))
            }
            states.append(after)
        }
        for report in reports.values {
            guard report.version != nil, report.step.step.alwaysCommits, !seen.contains(report.step.number)
            else {
                continue
            }
            problems.append(
                "step \(report.step.number) \(report.step.step) reported success and is not there")
        }
        return (states, oldestWhole)
    }

    /// The step that made a version: it has written its number there.
    private func report(of entry: HistoryEntry) -> HistoryRun.Report? {
        let mark = entry.info?.userMetadata ?? entry.info?.engineInfo ?? ""
        return Int(mark.dropFirst("step-".count)).flatMap { reports[$0] }
    }

    private func rows(of table: DeltaTable, _ version: Int64, _ engine: Engine) async throws -> [String] {
        let snapshot = try await table.snapshot(.version(version))
        guard snapshot.files.checkInvariants() else {
            throw TarnError(.internal, "the snapshot's counts are wrong")
        }
        let scan = try await table.scan(snapshot)
        return try await engine.onSessionThread { connection in
            let result = try connection.execute("SELECT * FROM \(scan.sql)", [])
            var rows: [String] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount {
                    rows.append(
                        (0..<chunk.columnCount).map {
                            chunk.column($0).isNull(row) ? "NULL" : chunk.column($0).text(row)
                        }.joined(separator: "|"))
                }
            }
            return rows.sorted()
        }
    }
}

extension HistoryStep {
    fileprivate var isVacuum: Bool { if case .vacuum = self { true } else { false } }

    /// Whether success means a version of its own; others may find nothing to do.
    fileprivate var alwaysCommits: Bool {
        switch self {
        case .append, .appendWithColumn, .overwrite, .addColumn, .setProperty: true
        default: false
        }
    }
}
