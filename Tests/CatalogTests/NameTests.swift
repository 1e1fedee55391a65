import Base
import Catalog
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("t", "main.default.t"), ("s.t", "main.s.t"), ("c.s.t", "c.s.t"), ("c.\"s t\".t", "c.\"s t\".t"),
        ("`a b`", "main.default.\"a b\""), ("\"a\"\"b\".t", "main.\"a\"\"b\".t"),
        ("\"a.b\"", "main.default.\"a.b\""),
        ("日本.表", "main.日本.表"), ("1a", "main.default.1a"),
    ])
    func namesAreReadAndWritten(_ text: String, _ expected: String) throws {
        #expect(try QualifiedName(text).description == expected)
        #expect(try QualifiedName(expected) == QualifiedName(text))
    }

    @Test(arguments: ["", ".", "a.", ".a", "a..b", "a.b.c.d", "\"a", "`a", "\"a\"b", "\"\""])
    func whatIsNoNameIsRefused(_ text: String) {
        #expect { try QualifiedName(text) } throws: { ($0 as? TarnError)?.code == .invalidInput }
    }

    @Test(arguments: [
        "", "a.b", "a/b", "a\\b", "a\nb", "a\u{0}", "a\u{7F}", "\u{85}", String(repeating: "é", count: 256),
    ])
    func namesThatCannotBeGivenAreRefused(_ name: String) {
        for kind in [SecurableKind.catalog, .schema, .table] {
            #expect { try NameRules.check(name, of: kind) } throws: {
                ($0 as? TarnError)?.code == .invalidInput
            }
        }
    }

    @Test(arguments: [
        "a", " ", "a b", "a-b", "a%20=b", "日本", "é", "'\"`;--", String(repeating: "é", count: 255), "🏔",
    ])
    func otherNamesAreFine(_ name: String) throws {
        for kind in [SecurableKind.catalog, .schema, .table] { try NameRules.check(name, of: kind) }
    }

    @Test func someNamesAreReserved() {
        #expect(throws: TarnError.self) { try NameRules.check("Information_Schema", of: .schema) }
        #expect(throws: TarnError.self) { try NameRules.check("temp", of: .catalog) }
        #expect(throws: Never.self) { try NameRules.check("temp", of: .table) }
    }

    @Test func caseAndCompositionDoNotTellNamesApart() {
        #expect(NameRules.key(of: "É") == NameRules.key(of: "e\u{301}"))
        #expect(NameRules.key(of: "ORDERS") == NameRules.key(of: "orders"))
        #expect(NameRules.key(of: "a") != NameRules.key(of: "b"))
    }
}
