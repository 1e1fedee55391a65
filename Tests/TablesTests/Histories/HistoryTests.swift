import Base
import DeltaLake
import Engine
import Foundation
import LakehouseTesting
import ObjectStore
import Tables
import Testing

/// Random histories of a table, by one to four writers with faults, beside a plain model of it.
///
/// `TARN_SEED` is the first history's seed and `TARN_HISTORIES` how many there are; a failure names its seed, and that
/// seed alone, with one history, runs it again.
@Suite struct HistoryTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let firstSeed = environment["TARN_SEED"].flatMap { UInt64($0) } ?? 20_260_101
    private static let count = environment["TARN_HISTORIES"].flatMap { Int($0) } ?? 2000
    private static let laneCount = 2

    @Test func everyVersionIsWhatTheModelSays() async throws {
        let engine = try Engine(settings: EngineSettings(memoryLimit: "2GB", threads: 2, connections: 32))
        print("histories: \(Self.count) from seed \(Self.firstSeed)")
        let failures = await withTaskGroup(of: [String].self) { group in
            for lane in 0..<Self.laneCount {
                group.addTask {
                    var failures: [String] = []
                    for number in stride(from: lane, to: Self.count, by: Self.laneCount) {
                        let seed = Self.firstSeed &+ UInt64(number)
                        for problem in await Self.problems(seed, engine) {
                            failures.append("seed \(seed): \(problem)")
                        }
                        if failures.count > 20 { break }
                    }
                    return failures
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for failure in failures { Issue.record("\(failure)") }
    }

    private static func problems(_ seed: UInt64, _ engine: Engine) async -> [String] {
        do {
            let folder = try TemporaryFolder("history")
            let store = LocalStore(root: "\(folder.path)/t")
            let plan = HistoryPlan(seed: seed)
            let reports = try await HistoryRun(plan, seed: seed, engine: engine, store: store).reports()
            var check = HistoryCheck(plan, reports)
            let table = try await DeltaTable.open(store, TableContext(engine: engine))
            return try await check.problems(of: table, engine)
        } catch { return ["\(error)"] }
    }
}
