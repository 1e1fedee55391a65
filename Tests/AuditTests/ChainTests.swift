import Base
import Catalog
import Testing

@testable import Audit

@Suite struct ChainTests {
    private static let chain = "00000000-0000-4000-8000-000000000001"

    private static let event = AuditEvent(
        timeMicroseconds: 1_700_000_000_000_000, principal: "zoë", principalID: "u1", action: "SELECT",
        objectKind: "table", objectName: "main.default.\"a\n\"", objectID: nil, outcome: "OK", door: "sql",
        requestID: nil, clientAddress: "127.0.0.1", details: "{\"a\":1}")

    /// The bytes and the hashes are a format that outlives the program; these were computed with Python's json and
    /// hashlib, from docs/formats/audit.md alone.
    @Test func canonicalBytesAndHashesAreWhatTheFormatSays() {
        var bytes: [UInt8] = []
        Self.event.writeCanonical(chain: Self.chain, sequence: 1, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                [1,"00000000-0000-4000-8000-000000000001",1,1700000000000000,"zoë","u1","SELECT","table",\
                "main.default.\\"a\\n\\"",null,"OK","sql",null,"127.0.0.1","{\\"a\\":1}"]
                """)
        let genesis = AuditHash.genesis(of: Self.chain)
        #expect(genesis.description == "9f64a934577a708ce2196aa1c38ad4a8ab3096dc4a1d889b3d5466e8d8c70151")
        #expect(
            AuditHash.next(after: genesis, bytes).description
                == "80f75d261d1d019df061d80938dbc3a5d46578e923175c1eb5bf51f6bbb29fd5")
    }

    @Test func aHashReadsBackFromItsDigitsAndFromNothingElse() throws {
        let hash = AuditHash.genesis(of: "x")
        #expect(AuditHash(hex: hash.description) == hash)
        #expect(AuditHash(hex: hash.description.uppercased()) == nil)
        #expect(AuditHash(hex: String(hash.description.dropLast())) == nil)
        #expect(AuditHash(hex: String(repeating: "g", count: 64)) == nil)
    }

    /// Whatever text comes in, a line reads back as the same bytes, and so with the same hash.
    @Test(arguments: [
        "plain", "", "a\"b\\c", "new\nline\r\t\u{1}\u{7f}", "zoë \u{1F600}", "e\u{301} and é",
        "\u{0} nul", "[1,2]", "null",
    ])
    func linesReadBackAsTheyWereWritten(_ text: String) throws {
        var event = Self.event
        event.objectName = text
        event.requestID = text
        event.details = text
        var line = AuditLine(
            chain: Self.chain, sequence: 7, event: event, hash: .genesis(of: Self.chain))
        line.hash = line.expectedHash(after: .genesis(of: Self.chain))
        var bytes: [UInt8] = []
        line.hash.writeHex(to: &bytes)
        bytes.append(0x20)
        event.writeCanonical(chain: Self.chain, sequence: 7, to: &bytes)
        #expect(!bytes.contains(0x0A), "a line must not break")
        let read = try #require(AuditLine(journal: bytes[...]))
        #expect(read == line)
        #expect(read.expectedHash(after: .genesis(of: Self.chain)) == line.hash)
    }

    @Test(arguments: [
        "", "x", "[1]", String(repeating: "0", count: 64) + " [1,\"c\",1]",
        String(repeating: "0", count: 64) + " {}",
        String(repeating: "0", count: 64)
            + " [2,\"c\",1,1,\"\",\"\",\"\",null,null,null,\"\",\"\",null,null,null]",
    ])
    func whatIsNoLineIsNotReadAsOne(_ text: String) {
        #expect(AuditLine(journal: Array(text.utf8)[...]) == nil)
    }

    /// Names and details that strangers send cannot fill the disk, and stay JSON when they are cut.
    @Test func longNamesAndDetailsAreCut() throws {
        let long = String(repeating: "ä", count: 100_000)
        let event = AuditEvent(
            timeMicroseconds: 0, principal: .system, action: long, objectName: long, door: "http",
            details: ["statement": .string(long), "list": .array([.string(long)]), "n": .int(1)])
        #expect(event.action.utf8.count <= 1_030)
        #expect(event.objectName?.hasSuffix("...") == true)
        let details = try JSONValue.parse(try #require(event.details))
        #expect(event.details?.utf8.count ?? 0 <= 9_000)
        #expect(details["n"] == .int(1))
        #expect(details["list"] == nil)
    }
}
