import Terminal
import Testing

@Suite struct TextWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("naïve", 5), ("nai\u{308}ve", 5), ("東京", 4), ("ｶﾅ", 2), ("한국", 4), ("👩‍👩‍👧", 2),
        ("❤️", 2),
        ("é\u{301}\u{302}", 1), ("a\u{200B}b", 2), ("🇩🇪", 2), ("Ω≈ç√", 4),
    ])
    func countsColumns(_ text: String, _ width: Int) { #expect(textWidth(text) == width) }

    @Test func cutsBetweenCharactersAndMarksTheCut() {
        #expect(truncated("abcdef", toWidth: 4) == "abc…")
        #expect(truncated("東京都", toWidth: 4) == "東…")
        #expect(truncated("abcd", toWidth: 4) == "abcd")
        #expect(truncated("abcd", toWidth: 0) == "")
    }

    @Test func showsControlCharactersInsteadOfSendingThem() {
        #expect(printable("a\nb\u{1B}[31m\u{9B}\u{202E}x") == "a\\nb\\x1B[31m\\x9B\\u202Ex")
    }
}
