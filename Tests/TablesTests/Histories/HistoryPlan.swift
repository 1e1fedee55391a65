import Base
import DeltaLake

extension RandomSource {
    func int(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
    func pick<T>(_ items: [T]) -> T { items[int(0...items.count - 1)] }
    func chance(_ share: Double) -> Bool { fraction() < share }
}

/// What a history does, all of it from one seed.
struct HistoryPlan: Sendable {
    struct Step: Sendable {
        /// From 1; step 0 makes the table.
        let number: Int
        let step: HistoryStep
        /// The store call that fails, if one does.
        var fault: (call: Int, after: Bool, crashes: Bool)?
    }

    let properties: [String: String]
    let isPartitioned: Bool
    let firstRows: [MergeRow]
    /// By writer.
    let steps: [[Step]]

    init(seed: UInt64) {
        let random = SeededRandomSource(seed: seed)
        var properties: [String: String] = ["delta.checkpointInterval": "\(random.int(2...10))"]
        if random.chance(0.5) { properties["delta.isolationLevel"] = "Serializable" }
        if random.chance(0.6) { properties["delta.enableDeletionVectors"] = "true" }
        if random.chance(0.2) { properties["delta.enableRowTracking"] = "true" }
        if random.chance(0.2) { properties["delta.enableInCommitTimestamps"] = "true" }
        if random.chance(0.2) { properties["delta.enableChangeDataFeed"] = "true" }
        if random.chance(0.15) { properties["delta.checkpointPolicy"] = "v2" }
        if random.chance(0.2) { properties["delta.columnMapping.mode"] = "name" }
        self.properties = properties.filter { Self.isWritten($0.key, $0.value) }
        isPartitioned = random.chance(0.3)
        let writerCount = random.pick([1, 2, 2, 3, 4])
        firstRows = Self.rows(0, random.int(1...12), random)
        let stepCount = random.int(4...8)
        var steps = [[Step]](repeating: [], count: writerCount)
        for number in 1...stepCount {
            var step = Step(number: number, step: Self.step(number, writerCount, random))
            if random.chance(0.25) {
                step.fault = (random.int(1...25), random.chance(0.5), random.chance(0.4))
            }
            steps[random.int(0...writerCount - 1)].append(step)
        }
        self.steps = steps
    }

    /// Whether tables that a property gives a feature can be written.
    private static func isWritten(_ name: String, _ value: String) -> Bool {
        TableFeature.all.filter { $0.enablingProperty?.isActive([name: value]) ?? false }.allSatisfy {
            $0.isWritable && (!$0.isReaderFeature || $0.isReadable)
        }
    }

    private static func rows(_ number: Int, _ count: Int, _ random: SeededRandomSource) -> [MergeRow] {
        (0..<count).map { MergeRow(id: number * 100 + $0, v: random.int(0...99), p: random.int(0...1)) }
    }

    private static func condition(_ number: Int, _ random: SeededRandomSource) -> ModelCondition {
        switch random.int(0...9) {
        case 0: return .all
        case 1...3:
            let divisor = random.int(2...5)
            return .remainder(random.int(0...divisor - 1), of: divisor)
        case 4...5:
            let low = random.int(0...90)
            return .values(low...low + random.int(0...30))
        case 6...8:
            let low = random.int(0...number - 1) * 100 + random.int(0...3)
            return .ids(low...low + random.int(0...5))
        default: return .partition(random.int(0...1))
        }
    }

    private static func step(_ number: Int, _ writers: Int, _ random: SeededRandomSource) -> HistoryStep {
        switch random.int(0...99) {
        case 0..<22: return .append(rows(number, random.int(0...8), random))
        case 22..<26: return .appendWithColumn(rows(number, random.int(1...4), random), column: "c\(number)")
        case 26..<30: return .overwrite(rows(number, random.int(0...6), random))
        case 30..<46: return .delete(condition(number, random))
        case 46..<62: return .update(condition(number, random), adding: random.int(1...9))
        case 62..<78:
            var source = rows(number, random.int(0...3), random)
            for index in 0..<random.int(0...4) {
                let id = random.int(0...number - 1) * 100 + index * 2
                source.append(MergeRow(id: id, v: random.int(-20...99), p: random.int(0...1)))
            }
            return .merge(source)
        case 78..<80: return .truncate
        case 80..<87: return .optimize
        // Another writer's files that are not committed yet are nobody's to a vacuum that keeps nothing.
        case 87..<90: return writers == 1 ? .vacuum : .optimize
        case 90..<94: return .restore(back: random.int(1...3))
        case 94..<96: return .addColumn("c\(number)")
        case 96..<98: return .setProperty("\(number)")
        default: return .checkpoint
        }
    }
}
