import Base
import Foundation
import LakehouseTesting
import Metastore
import Testing

@testable import Audit

@Suite struct TamperingTests {
    /// What somebody may do to a file of lines.
    struct Tampering: Sendable, CustomStringConvertible {
        var description: String
        var found: AuditReport.Problem
        var sequence: Int64
        var edit: @Sendable (inout [String]) -> Void
    }

    private static let journal: [Tampering] = [
        Tampering(description: "change a letter", found: .changed, sequence: 3) {
            $0[2] = $0[2].replacing("default.t3", with: "default.t4")
        },
        Tampering(description: "change an outcome", found: .changed, sequence: 1) {
            $0[0] = $0[0].replacing("\"OK\"", with: "\"PERMISSION_DENIED\"")
        },
        Tampering(description: "change a hash", found: .changed, sequence: 2) {
            $0[1] = ($0[1].first == "0" ? "1" : "0") + $0[1].dropFirst()
        },
        Tampering(description: "remove a line", found: .removed, sequence: 3) { $0.remove(at: 2) },
        Tampering(description: "remove the first line", found: .removed, sequence: 1) { $0.removeFirst() },
        Tampering(description: "cut the end", found: .cut, sequence: 5) { $0.removeLast() },
        Tampering(description: "cut all", found: .cut, sequence: 1) { $0.removeAll() },
        Tampering(description: "swap two lines", found: .reordered, sequence: 2) { $0.swapAt(1, 2) },
        Tampering(description: "double a line", found: .doubled, sequence: 2) { $0.insert($0[1], at: 2) },
        Tampering(description: "insert a line of one's own", found: .changed, sequence: 3) {
            // With the right place, and the hash that belongs after the line before it: all later ones are wrong then.
            guard var line = AuditLine(journal: Array($0[2].utf8)[...]),
                let before = AuditLine(journal: Array($0[1].utf8)[...])
            else { return }
            line.event.principal = "somebody else"
            line.hash = line.expectedHash(after: before.hash)
            var bytes: [UInt8] = []
            line.hash.writeHex(to: &bytes)
            bytes.append(0x20)
            line.event.writeCanonical(chain: line.chain, sequence: line.sequence, to: &bytes)
            $0.insert(String(decoding: bytes, as: UTF8.self), at: 2)
        },
        Tampering(description: "write rubbish", found: .changed, sequence: 4) { $0.insert("rubbish", at: 3) },
    ]

    /// Every way to alter a journal is found, at the line where it begins.
    @Test(arguments: journal)
    func everyChangeOfAJournalIsFound(_ tampering: Tampering) async throws {
        let fixture = try await AuditFixture()
        var options = AuditLog.Options()
        options.isShortLived = true
        let log = fixture.log(options)
        try await fixture.record(5, in: log)
        await log.close()
        let clean = try await fixture.log().verify()
        #expect(clean.isWhole && clean.lineCount == 5 && clean.journalLineCount == 5, "\(clean.findings)")

        try fixture.editJournal(tampering.edit)
        let report = try await fixture.log().verify()
        let finding = try #require(report.findings.first)
        #expect(report.findings.count == 1)
        #expect(finding.problem == tampering.found || tampering.description.hasPrefix("insert"))
        #expect(finding.sequence == tampering.sequence, "\(finding.message)")
    }

    private static let table: [(name: String, query: String, found: AuditReport.Problem, sequence: Int64)] = [
        (
            "change a name",
            "SELECT * REPLACE (if(sequence = 3, 'x', principal) AS principal) FROM rows", .changed, 3
        ),
        (
            "change a time by a microsecond",
            "SELECT * REPLACE (if(sequence = 2, time + INTERVAL 1 MICROSECOND, time) AS time) FROM rows",
            .changed, 2
        ),
        ("null a detail", "SELECT * REPLACE (NULL::VARCHAR AS details) FROM rows", .changed, 1),
        (
            "make null of empty",
            "SELECT * REPLACE (if(sequence = 4, '', object_id) AS object_id) FROM rows", .changed, 4
        ),
        ("remove a line", "SELECT * FROM rows WHERE sequence <> 3", .removed, 3),
        ("cut the end", "SELECT * FROM rows WHERE sequence < 4", .cut, 4),
        ("cut all", "SELECT * FROM rows WHERE false", .cut, 1),
        (
            "swap two lines",
            """
            SELECT * REPLACE (CASE sequence WHEN 2 THEN 3::BIGINT WHEN 3 THEN 2::BIGINT ELSE sequence END AS sequence)
            FROM rows
            """, .changed, 2
        ),
        ("double a line", "FROM rows UNION ALL FROM rows WHERE sequence = 2", .doubled, 2),
        (
            "renumber after a removal",
            "SELECT * REPLACE (if(sequence > 2, sequence - 1, sequence) AS sequence) FROM rows WHERE sequence <> 2",
            .changed, 2
        ),
        (
            "give a hash away",
            "SELECT * REPLACE (if(sequence = 5, NULL, hash) AS hash) FROM rows", .changed, 0
        ),
        (
            "add a chain",
            "FROM rows UNION ALL SELECT * REPLACE ('other' AS chain) FROM rows WHERE sequence = 1", .changed,
            1
        ),
    ]

    /// Every way to rewrite a data file of the table is found.
    @Test(arguments: table)
    func everyRewrittenFileOfTheTableIsFound(
        _ tampering: (name: String, query: String, found: AuditReport.Problem, sequence: Int64)
    ) async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(5, in: log)
        await log.close()
        #expect(fixture.files(fixture.journal, ".log").isEmpty)
        #expect(try await fixture.log().verify().isWhole)

        try await fixture.rewriteFile(tampering.query)
        let report = try await fixture.log().verify()
        let finding = try #require(report.findings.first, "nothing was found")
        #expect(finding.problem == tampering.found, "\(report.findings)")
        #expect(finding.sequence == tampering.sequence)
    }

    /// A rewrite that keeps every row is none: OPTIMIZE may join files.
    @Test func sortingAFileAnewIsNoChange() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(5, in: log)
        await log.close()
        try await fixture.rewriteFile("FROM rows ORDER BY sequence DESC")
        #expect(try await fixture.log().verify().isWhole)
    }

    @Test func aMissingFileOrTableIsFound() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(5, in: log)
        await log.close()
        let path = try #require(fixture.files(fixture.events, ".parquet").first)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await fixture.log().verify().findings.contains { $0.problem == .unreadable })
        try FileManager.default.removeItem(atPath: fixture.events)
        let report = try await fixture.log().verify()
        #expect(report.findings.map(\.problem) == [.cut])
        #expect(report.findings.first?.message.contains("all 5 lines") == true)
    }

    /// Whoever can rewrite everything, the metastore included, is found by a head that was kept elsewhere.
    @Test func aChainThatWasWrittenAnewIsFoundByAKeptHead() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(3, in: log)
        let kept = try AuditAnchor.all(inReport: try await log.verify().json)
        #expect(kept.map(\.sequence) == [3])
        try await fixture.record(2, in: log, from: 4)
        #expect(try await log.verify(anchors: kept).isWhole)
        await log.close()

        let chain = kept[0].chain
        var previous = AuditHash.genesis(of: chain)
        var rows: [String] = []
        for number in 1...5 {
            var line = AuditLine(
                chain: chain, sequence: Int64(number), event: fixture.event(number), hash: previous)
            if number == 2 { line.event.principal = "nobody" }
            line.hash = line.expectedHash(after: previous)
            previous = line.hash
            rows.append("(\(number), '\(line.event.principal)', '\(line.hash)')")
        }
        try await fixture.rewriteFile(
            """
            SELECT r.* REPLACE (v.principal AS principal, v.hash AS hash)
            FROM rows r JOIN (VALUES \(rows.joined(separator: ","))) v(sequence, principal, hash) USING (sequence)
            """)
        let hash = previous.description
        try await fixture.metastore.write { db in
            _ = try db.execute("UPDATE audit_chains SET head_hash = ?", [hash])
        }
        #expect(try await fixture.log().verify().isWhole, "the forger did his work well")
        let report = try await fixture.log().verify(anchors: kept)
        #expect(report.findings.map(\.problem) == [.changed])
        #expect(report.findings.first?.sequence == 3)
    }

    /// A look at the newest days takes the first line of a chain as it is, and checks the others.
    @Test func aLookAtTheEndOnlyFindsWhatIsThere() async throws {
        let fixture = try await AuditFixture()
        let log = fixture.log()
        try await fixture.record(5, in: log)
        await log.close()
        try await fixture.rewriteFile(
            "SELECT * REPLACE (if(sequence IN (1, 5), 'x', door) AS door) FROM rows")
        let start = fixture.time.nowMicroseconds() + 3
        let report = try await fixture.log().verify(from: start)
        #expect(report.lineCount == 3)
        #expect(report.findings.map(\.sequence) == [5])
        #expect(try await fixture.log().verify(from: start + 2).isWhole, "line 5 is the first then")
    }
}
