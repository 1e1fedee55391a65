import Base
import Testing

@Suite struct JSONTests {
    /// Text, then the same document written without spaces.
    @Test(arguments: [
        (
            #" {"a" : [1, -2.50e+3, "x\u00e9\n\ud83d\ude00"], "b": null} "#,
            "{\"a\":[1,-2.50e+3,\"xé\\n😀\"],\"b\":null}"
        ),
        ("[]", "[]"), ("{}", "{}"), ("12345678901234567890", "12345678901234567890"),
        (#""\u0001\\\"""#, #""\u0001\\\"""#),
    ])
    func documentsSurviveARoundTrip(_ text: String, _ expected: String) throws {
        let value = try JSONValue.parse(text)
        #expect(value.jsonText == expected)
        #expect(try JSONValue.parse(value.jsonText) == value)
        #expect(try JSONValue.parse(value.prettyText) == value)
    }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\"}", "tru", "01", "1.", "\"a", "\"\\x\"", "[1] 2", "{\"a\":1,}", "-",
        "\"\u{1}\"",
        "nul", "[1 2]", "\"\\u12\"",
    ])
    func badTextIsRefusedWithItsPlace(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text) }
    }

    @Test func deepNestingIsRefused() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text) }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
    }
}
