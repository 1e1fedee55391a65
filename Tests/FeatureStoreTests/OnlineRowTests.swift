import Base
import FeatureStore
import Testing

/// Stored rows: which of two wins, and what damaged ones do.
@Suite struct OnlineRowTests {
    private func row(_ time: Int64, _ created: Int64) -> [UInt8] {
        var writer = OnlineRowWriter(featureCount: 3)
        writer.begin(eventTime: time, created: created)
        writer.startFeature(0)
        writer.startList(count: 2)
        writer.append(int64: .min)
        writer.appendNull()
        writer.startFeature(2)
        writer.append(decimal: -5, scale: 3)
        return writer.finish()
    }

    @Test(arguments: [
        (10, 0, 11, 0, true), (11, 0, 10, 9, false), (10, 1, 10, 2, true), (10, 2, 10, 1, false),
        (10, 1, 10, 1, true),
        (10, Int64.min, 10, 1, true), (Int64.min, 0, .max, 0, true), (.max, 0, .min, 0, false),
    ])
    func laterEventTimeThenCreatedTimeWins(
        _ oldTime: Int64, _ oldCreated: Int64, _ newTime: Int64, _ newCreated: Int64, _ wins: Bool
    ) {
        row(oldTime, oldCreated).withUnsafeBytes { old in
            row(newTime, newCreated).withUnsafeBytes { new in
                #expect(OnlineRow.shouldReplace(old: old, new: new) == wins)
            }
        }
    }

    @Test func headIsReadBack() throws {
        try row(-7, 8).withUnsafeBytes { bytes in
            let row = try #require(OnlineRow(bytes))
            #expect(row.eventTime == -7 && row.created == 8 && row.featureCount == 3)
        }
    }

    /// A row that is cut off or of another version gives way to any other, and never traps.
    @Test func damagedRowsGiveWay() {
        let whole = row(5, 5)
        let seed: UInt64 = 4
        let random = SeededRandomSource(seed: seed)
        for round in 0..<2000 {
            var bytes = Array(whole.prefix(Int(random.next() % UInt64(whole.count + 1))))
            if !bytes.isEmpty, round % 2 == 0 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes.withUnsafeBytes { damaged in
                whole.withUnsafeBytes { new in
                    if OnlineRow(damaged) == nil {
                        #expect(OnlineRow.shouldReplace(old: damaged, new: new), "seed \(seed)")
                    }
                }
            }
        }
    }

    /// Whatever bytes the store gives, the answer is well-formed JSON.
    @Test func damagedRowsAreServedAsNulls() throws {
        let seed: UInt64 = 5
        let random = SeededRandomSource(seed: seed)
        let key = OnlineServingTests.key { $0.append(integer: 1) }
        let whole = OnlineServingTests.row(2) {
            $0.startFeature(0)
            $0.startStructure(count: 1)
            OnlineServingTests.text(&$0, "name")
            $0.append(double: 0.1)
            $0.startFeature(1)
            $0.startList(count: 3)
            for number in 0..<3 { $0.append(int32: Int32(number)) }
        }
        for round in 0..<2000 {
            var bytes = Array(whole.prefix(20 + Int(random.next() % UInt64(whole.count - 19))))
            for _ in 0..<(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            let serving = OnlineServing(
                store: FixedRows([7: [key: bytes]]), registry: OnlineServingTests.registry,
                time: ManualTimeSource())
            let answer = try serving.getOnlineFeatures(
                Array(#"{"features":["stats:rate","stats:trips"],"entities":{"driver_id":[1]}}"#.utf8))
            #expect(throws: Never.self, "seed \(seed), round \(round)") { try JSONValue.parse(answer) }
        }
    }

    /// Doubles and floats read back as they were, whichever way they are written.
    @Test func numbersKeepEveryDigit() throws {
        let random = SeededRandomSource(seed: 6)
        var values: [Double] = [
            0, -0.0, 0.1, 1e21, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 123456.7891,
        ]
        for _ in 0..<3000 {
            let wide = Double(bitPattern: random.next())
            if wide.isFinite { values.append(wide) }
            values.append(
                Double(Int64(bitPattern: random.next()) >> 24)
                    / [1, 10, 100, 1000, 1e4, 1e5][Int(random.next() % 6)])
        }
        for value in values {
            let row = OnlineServingTests.row(2) {
                $0.startFeature(0)
                $0.append(double: value)
            }
            let key = OnlineServingTests.key { $0.append(integer: 1) }
            let serving = OnlineServing(
                store: FixedRows([7: [key: row]]), registry: OnlineServingTests.registry,
                time: ManualTimeSource())
            let answer = try serving.getOnlineFeatures(
                Array(#"{"features":["stats:rate"],"entities":{"driver_id":[1]}}"#.utf8))
            let text = try JSONValue.parse(answer)["results"]?[1]?["values"]?[0]
            #expect(text?.double?.bitPattern == value.bitPattern, "\(value) as \(String(describing: text))")
        }
    }
}
