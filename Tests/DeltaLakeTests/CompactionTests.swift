import Base
import DeltaLake
import Foundation
import TableModel
import Testing

/// A compacted file gives the same table as the commits that it was made of.
@Suite struct CompactionTests {
    private static func entry(_ name: LogFileName, size: Int64 = 1) -> LogEntry {
        LogEntry(fileName: name.text, byteCount: size, modifiedMilliseconds: 0)
    }

    private func reparsed(_ commits: [ParsedCommit]) throws -> ParsedCommit {
        let (name, bytes) = try LogCompaction.file(of: commits)
        let (first, last) = (commits[0].version, commits[commits.count - 1].version)
        #expect(name == .compacted(from: first, to: last))
        var commit = try CommitFile.parse(bytes, version: last)
        commit.firstVersion = first
        return commit
    }

    @Test func whatIsCancelledWithinTheRangeIsLeftOut() throws {
        let commits = [
            try commit(4, add: ["f2"], remove: ["f1"]),
            try commit(5, add: ["f3", "f4"]) { $0.record(SetTransaction(appID: "a", version: 1)) },
            try commit(6, remove: ["f3"]) {
                $0.record(SetTransaction(appID: "a", version: 2))
                $0.record(DomainMetadata(domain: "d", configuration: "{}", isRemoved: true))
            },
        ]
        let compacted = try reparsed(commits)
        #expect(Set(compacted.addedFiles.map(\.path)) == ["f2", "f4"])
        #expect(Set(compacted.removedFiles.map(\.path)) == ["f1", "f3"])
        #expect(compacted.transactions == [SetTransaction(appID: "a", version: 2)])
        #expect(compacted.domains.map(\.isRemoved) == [true])
        #expect(compacted.addedFiles.allSatisfy { $0.dataChange })
        #expect(failure { _ = try LogCompaction.file(of: [commits[0], commits[2]]) }?.code == .internal)
    }

    /// Random logs, read with every possible compacted range.
    @Test func anyRangeGivesTheSameTable() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let random = SeededRandomSource(seed: seed)
        for _ in 0..<30 {
            var commits = [try firstCommit(add: ["a", "b"])]
            for version in 1..<Int64(random.int(4..<10)) {
                commits.append(
                    try commit(
                        version, add: (0..<random.int(0..<3)).map { "f\($0 + random.int(0..<4))" }.unique,
                        remove: random.int(0..<2) == 0 ? [] : ["f\(random.int(0..<6))-gone"]
                    ) {
                        if random.int(0..<3) == 0 {
                            $0.record(SetTransaction(appID: "x", version: version))
                        }
                        if random.int(0..<3) == 0 {
                            $0.record(
                                DomainMetadata(
                                    domain: "d\(random.int(0..<2))", configuration: "\(version)",
                                    isRemoved: random.int(0..<2) == 0))
                        }
                    })
            }
            let plain = try snapshot(commits)
            let first = random.int(0..<commits.count - 1)
            let last = random.int(first + 1..<commits.count)
            let short =
                Array(commits[..<first]) + [try reparsed(Array(commits[first...last]))]
                + Array(commits[(last + 1)...])
            let other = try snapshot(short)
            #expect(other.version == plain.version && paths(other) == paths(plain), "seed \(seed)")
            #expect(other.transactions == plain.transactions, "seed \(seed)")
            #expect(other.domains == plain.domains && other.metadata == plain.metadata, "seed \(seed)")
        }
    }

    @Test func thePlanTakesTheLongestFileThatFits() throws {
        var entries = (0...9).map { Self.entry(.commit($0)) }
        entries += [
            Self.entry(.compacted(from: 2, to: 4)), Self.entry(.compacted(from: 2, to: 6)),
            Self.entry(.compacted(from: 3, to: 9)), Self.entry(.compacted(from: 7, to: 9), size: 0),
        ]
        func names(_ version: Int64?, _ uses: Bool = true) throws -> [LogFileName] {
            try LogSegment.plan(LogListing(entries), version: version, usesCompactions: uses).commits.map(
                \.name)
        }
        #expect(
            try names(nil) == [
                .commit(0), .commit(1), .compacted(from: 2, to: 6), .commit(7), .commit(8), .commit(9),
            ])
        #expect(
            try names(5) == [.commit(0), .commit(1), .compacted(from: 2, to: 4), .commit(5)])
        #expect(try names(nil, false).count == 10)
        // The files within a checkpoint's reach are of no use.
        entries.append(Self.entry(.checkpoint(3)))
        #expect(try names(nil) == (4...9).map { .commit($0) })
    }
}

extension Array where Element: Hashable {
    fileprivate var unique: [Element] { Array(Set(self)) }
}
