import Base
import Foundation
import Testing

@testable import Audit

@Suite struct JournalTests {
    /// When a call that waits returns, its line is in the file, whoever else writes at the same time.
    @Test func whatWasWaitedForIsOnDisk() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for number in 0..<10 {
                        let event = fixture.event(task * 10 + number)
                        try await log.record(event, isDurable: true)
                        let text = try fixture.files(fixture.journal, ".log").map {
                            try String(contentsOfFile: $0, encoding: .utf8)
                        }.joined()
                        #expect(text.contains("main.default.t\(task * 10 + number)\""))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.places(log) == Array(1...200))
        #expect(try await log.verify().isWhole)
        await log.close()
    }

    /// However fast events come, and whether or not anybody waits, none is dropped and none is out of place.
    @Test func nothingIsDroppedWhenTheQueueIsFull() async throws {
        let fixture = try await AuditFixture()
        let folder = JournalFolder(path: fixture.journal)
        try folder.make()
        var limits = JournalWriter.Limits()
        limits.capacity = 64
        limits.batch = 32
        limits.segmentBytes = 20_000
        let writer = JournalWriter(folder, chain: "c", limits: limits)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        try await writer.record(fixture.event(task * 500 + number), isDurable: false)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await writer.close()
        var next: Int64 = 1
        var previous = AuditHash.genesis(of: "c")
        let segments = try #require(try folder.chains()["c"])
        #expect(segments.count > 10)
        for segment in segments {
            let content = try #require(try JournalSegment.read(folder.file(segment)))
            #expect(content.firstSequence == next)
            #expect(content.previous == previous)
            for line in content.lines {
                #expect(line.sequence == next)
                #expect(line.expectedHash(after: previous) == line.hash)
                previous = line.hash
                next += 1
            }
        }
        #expect(next == 4_001)
        #expect(writer.head == JournalWriter.Head(sequence: 4_000, hash: previous))
        await #expect(throws: TarnError.self) { try await writer.record(fixture.event(1), isDurable: true) }
        await #expect(throws: TarnError.self) { try await writer.record(fixture.event(1), isDurable: false) }
    }

    /// A line that a crash cut in the middle was never answered for, and is no damage.
    @Test func aTornLastLineIsNotThere() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(3, in: log)
        let path = try #require(fixture.files(fixture.journal, ".log").first)
        let bytes = try Data(contentsOf: URL(filePath: path))
        let segment = try #require(try JournalSegment.parse([UInt8](bytes.dropLast(20))))
        #expect(segment.lines.map(\.sequence) == [1, 2])
        #expect(segment.damage == nil)
        #expect(try JournalSegment.parse([UInt8](bytes.prefix(30))) == nil, "not even a header")
        await log.close()
    }

    /// A disk that takes nothing more is told to those who wait; when it does again, what was queued is written.
    @Test func whatCouldNotBeWrittenIsTriedAgain() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(1, in: log)
        try await log.flush()
        // The segment was moved, so the next one has to be made; its name is taken by a folder.
        let taken = try #require(try JournalFolder(path: fixture.journal).chains().keys.first)
        let path = "\(fixture.journal)/\(taken)-000002.log"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        await #expect(throws: TarnError.self) { try await log.record(fixture.event(2), isDurable: true) }
        #expect(log.failure != nil)
        try FileManager.default.removeItem(atPath: path)
        try await log.record(fixture.event(3), isDurable: true)
        #expect(log.failure == nil)
        #expect(try await fixture.places(log) == [1, 2, 3])
        #expect(try await log.verify().isWhole)
        await log.close()
    }
}
