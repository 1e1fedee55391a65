import Base
import Foundation
import LakehouseTesting
import ObjectStore
import Synchronization
import Testing

@testable import Audit

@Suite struct MovingTests {
    @Test func whatIsInJournalsAndInTheTableIsSeenOnce() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(3, in: log)
        #expect(try await fixture.places(log) == [1, 2, 3])
        try await log.flush()
        #expect(fixture.files(fixture.journal, ".log").isEmpty)
        try await fixture.record(2, in: log, from: 4)
        #expect(try await fixture.places(log) == [1, 2, 3, 4, 5])
        let report = try await log.verify()
        #expect(report.isWhole && report.lineCount == 5 && report.journalLineCount == 2)
        await log.close()
        #expect(fixture.warnings.withLock { $0 } == [])
    }

    /// A process that died after the commit and before it removed its journal: the next one moves nothing twice.
    @Test func aJournalThatWasMovedAlreadyIsNotMovedAgain() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(4, in: log)
        let path = try #require(fixture.files(fixture.journal, ".log").first)
        let bytes = try Data(contentsOf: URL(filePath: path))
        await log.close()
        try bytes.write(to: URL(filePath: path))

        let next = fixture.log()
        #expect(try await fixture.places(next) == [1, 2, 3, 4])
        #expect(try await next.verify().isWhole)
        try await next.flush()
        #expect(try await fixture.places(next) == [1, 2, 3, 4])
        #expect(fixture.files(fixture.journal, ".log").isEmpty)
        #expect(fixture.files(fixture.journal, ".lock").isEmpty)
        #expect(try await next.verify().isWhole)
    }

    /// A journal of a living process is left alone; once it is dead, the next one takes it over.
    @Test func onlyTheJournalsOfTheDeadAreTakenOver() async throws {
        let fixture = try await AuditFixture()
        let living = fixture.log()
        try await fixture.record(2, in: living)
        let other = fixture.log()
        try await other.flush()
        #expect(fixture.files(fixture.journal, ".log").count == 1)

        var options = AuditLog.Options()
        options.isShortLived = true
        let command = fixture.log(options)
        try await fixture.record(3, in: command)
        await command.close()
        #expect(fixture.files(fixture.journal, ".log").count == 2, "a command leaves its journal")
        try await living.flush()
        #expect(fixture.files(fixture.journal, ".log").isEmpty)
        let report = try await other.verify()
        #expect(report.isWhole && report.lineCount == 5 && report.chainCount == 2)
        await living.close()
    }

    /// Many commands after each other do not leave more than a handful of journals.
    @Test func commandsMoveWhatManyOfThemLeft() async throws {
        let fixture = try await AuditFixture()
        var options = AuditLog.Options()
        options.isShortLived = true
        for _ in 0..<20 {
            let command = fixture.log(options)
            try await fixture.record(1, in: command)
            await command.close()
        }
        #expect(fixture.files(fixture.journal, ".log").count < 16)
        let report = try await fixture.log().verify()
        #expect(report.isWhole && report.lineCount == 20 && report.chainCount == 20)
    }

    /// Whatever call of the store fails while journals move, before or after it took effect: no line is lost, none is
    /// doubled, and the next process finishes the move.
    @Test(arguments: FaultyStore.Moment.withoutTearing)
    func everyFailurePointKeepsEveryLineOnce(_ moment: FaultyStore.Moment) async throws {
        for call in 1...100 {
            let fixture = try await AuditFixture()
            let first = fixture.log()
            try await fixture.record(2, in: first)
            await first.close()

            let store = FaultyStore(LocalStore(root: fixture.events), failingCall: call, moment, crash: true)
            let log = fixture.log(store: { _ in store })
            try await fixture.record(3, in: log)
            await log.close()

            let next = fixture.log()
            #expect(try await next.verify().isWhole, "call \(call)")
            try await next.flush()
            let report = try await next.verify()
            #expect(report.isWhole && report.lineCount == 5, "call \(call): \(report.findings)")
            #expect(fixture.files(fixture.journal, ".log").isEmpty, "call \(call)")
            if !store.fired { return }
        }
        Issue.record("moving makes more than 100 store calls")
    }

    /// Full segments go into the table while others write on.
    @Test func verifyIsRightWhileLinesComeAndMove() async throws {
        let fixture = try await AuditFixture()
        var options = AuditLog.Options()
        options.segmentBytes = 4_000
        let log = fixture.log(options)
        try await fixture.record(1, in: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<300 {
                    try await log.record(fixture.event(number), isDurable: number % 10 == 0)
                }
            }
            group.addTask {
                for _ in 0..<5 { try await log.flush() }
            }
            group.addTask {
                for _ in 0..<10 {
                    let report = try await log.verify()
                    #expect(report.isWhole, "\(report.findings)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.places(log) == Array(1...301))
        await log.close()
        #expect(try await fixture.log().verify().lineCount == 301)
    }
}
