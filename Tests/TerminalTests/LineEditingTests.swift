import Base
import Foundation
import Terminal
import Testing

@Suite struct KeyDecoderTests {
    @Test func readsControlKeysSequencesAndCharacters() {
        var decoder = KeyDecoder()
        let bytes = Array("a\r\t\u{7F}\u{3}\u{1B}[A\u{1B}OC\u{1B}[1;5D\u{1B}[3~é東\u{1B}b".utf8)
        #expect(
            decoder.keys(in: bytes) == [
                .character("a"), .enter, .tab, .backspace, .control("c"), .up, .right, .wordLeft, .delete,
                .character("é"), .character("東"), .wordLeft,
            ])
    }

    @Test func waitsForTheRestOfSplitInput() {
        let bytes = Array("東\u{1B}[1;5Cx".utf8)
        for cut in 1..<bytes.count {
            var decoder = KeyDecoder()
            let keys = decoder.keys(in: bytes[..<cut]) + decoder.keys(in: bytes[cut...])
            #expect(keys == [.character("東"), .wordRight, .character("x")], "cut at \(cut)")
        }
    }

    /// Whatever bytes come, decoding ends and never yields a control character as text.
    @Test func survivesNoise() {
        let random = SeededRandomSource(seed: 7)
        for _ in 0..<2000 {
            var decoder = KeyDecoder()
            let bytes = (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for case .character(let character) in decoder.keys(in: bytes) {
                #expect(character.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            }
        }
    }
}

@Suite struct LineBufferTests {
    private func type(_ text: String, into buffer: inout LineBuffer) {
        for character in text { _ = buffer.apply(.character(character)) }
    }

    @Test func editsAtTheCursor() {
        var buffer = LineBuffer()
        type("selct 1", into: &buffer)
        for _ in 0..<4 { _ = buffer.apply(.left) }
        type("e", into: &buffer)
        #expect(buffer.text == "select 1")
        _ = buffer.apply(.control("k"))
        #expect(buffer.text == "sele")
        _ = buffer.apply(.control("u"))
        #expect(buffer.text == "")
        type("one two_2, three", into: &buffer)
        _ = buffer.apply(.control("w"))
        _ = buffer.apply(.control("w"))
        #expect(buffer.text == "one ")
        _ = buffer.apply(.home)
        _ = buffer.apply(.wordRight)
        #expect(buffer.textBeforeCursor == "one")
    }

    @Test func joinsMarksWithTheCharacterBeforeThem() {
        var buffer = LineBuffer()
        type("e\u{301}x", into: &buffer)
        _ = buffer.apply(.backspace)
        #expect(buffer.text == "e\u{301}")
        #expect(buffer.cursor == 1)
        _ = buffer.apply(.backspace)
        #expect(buffer.text == "")
    }

    @Test func walksTheHistoryByPrefix() {
        var buffer = LineBuffer(history: ["select 1", "show tables", "select 2"])
        type("sel", into: &buffer)
        _ = buffer.apply(.up)
        #expect(buffer.text == "select 2")
        _ = buffer.apply(.up)
        #expect(buffer.text == "select 1")
        _ = buffer.apply(.up)
        #expect(buffer.text == "select 1")
        _ = buffer.apply(.down)
        _ = buffer.apply(.down)
        #expect(buffer.text == "sel")
    }

    @Test func endsOnlyAnEmptyLine() {
        var buffer = LineBuffer()
        #expect(buffer.apply(.control("d")) == .endOfInput)
        type("a", into: &buffer)
        #expect(buffer.apply(.control("d")) == .edited)
        #expect(buffer.apply(.control("c")) == .interrupted)
        #expect(buffer.apply(.enter) == .submitted("a"))
    }

    /// Whatever keys come, the cursor stays inside the text.
    @Test func staysConsistent() {
        let random = SeededRandomSource(seed: 11)
        let keys: [Key] = [
            .character("a"), .character(" "), .character("\u{301}"), .character("👩"), .character("\u{200D}"),
            .left,
            .right, .home, .end, .backspace, .delete, .control("k"), .control("w"), .control("u"), .wordLeft,
            .wordRight, .up, .down,
        ]
        var buffer = LineBuffer(history: ["x", "", "aé"])
        for _ in 0..<20_000 {
            _ = buffer.apply(keys[Int(random.next() % UInt64(keys.count))])
            #expect(buffer.cursor >= 0 && buffer.cursor <= buffer.characters.count)
        }
    }
}

@Suite struct LineHistoryTests {
    @Test func keepsStatementsBetweenSessions() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "tarn-history-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "history").path
        var history = LineHistory(path: path, limit: 3)
        for entry in ["one", "select 1,\n  '\\n';", "select 1,\n  '\\n';", "  ", "three", "four"] {
            history.add(entry)
        }
        #expect(LineHistory(path: path, limit: 3).entries == ["select 1,\n  '\\n';", "three", "four"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
