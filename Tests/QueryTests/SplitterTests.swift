import Base
import Engine
import Testing

import Query

@Suite("Cutting SQL into tokens and statements")
struct SplitterTests {
    @Test(
        "Semicolons end statements, except in quotes and comments",
        arguments: [
            ("select 1; select 2", ["select 1", "select 2"]),
            ("select ';'; select \"a;b\" ;; ", ["select ';'", "select \"a;b\""]),
            ("-- a; b\nselect 1 -- c;\n; /* ; /* ; */ ; */ select 2", ["select 1", "select 2"]),
            ("select $$a;b$$; select $t$ ; $$ ; $t$", ["select $$a;b$$", "select $t$ ; $$ ; $t$"]),
            ("select 'it''s;'; select E'\\';'; select 1", ["select 'it''s;'", "select E'\\';'", "select 1"]),
            ("", []), (" ;\n; -- nothing", []), ("select `a;b`", ["select `a;b`"]),
            ("select $1; select ?", ["select $1", "select ?"]),
        ])
    func splits(_ script: String, _ expected: [String]) throws {
        #expect(try splitStatements(script) == expected)
    }

    @Test(
        "What has no end is an error that tells where it began",
        arguments: [("select 'abc", 7), ("select 1 /* x", 9), ("select \"a", 7), ("  $$ a", 2), ("e'\\'", 1)])
    func unended(_ sql: String, _ position: Int) throws {
        let error = #expect(throws: TarnError.self) { try splitStatements(sql) }
        #expect(error?.context.first { $0.name == "position" }?.value == "\(position)")
    }

    @Test("Tokens are words, names, strings, numbers, parameters and signs")
    func tokens() throws {
        let text = try SQLText("sel é1 \"q\"\"x\" 'a''b' 1.5e-3 .5 $1 ?2 $nm :p x::int a->>'b' 1_000")
        let kinds = text.tokens.map(\.kind)
        #expect(
            kinds == [
                .word, .word, .quotedName, .string, .number, .number, .parameter, .parameter, .parameter,
                .sign, .word,
                .word, .sign, .word, .word, .sign, .sign, .string, .number,
            ])
        #expect(text.name(2) == "q\"x")
        #expect(text.stringValue(3) == "a'b")
    }

    @Test(
        "Strings are read as DuckDB reads them",
        arguments: [
            ("'a''b'", "a'b"), ("E'a\\nb\\t\\'\\\\'", "a\nb\t'\\"), ("$$a'b$$", "a'b"),
            ("$q$a$$b$q$", "a$$b"),
            ("E'\\x41\\101\\u00e9\\U0001F600'", "AAé😀"), ("''", ""),
        ])
    func strings(_ token: String, _ value: String) throws {
        #expect(try SQLText(token).stringValue(0) == value)
    }

    @Test("A text ends a statement when its last token is a semicolon")
    func ends() {
        #expect(endsStatement("select 1;"))
        #expect(endsStatement("select 1; -- done"))
        #expect(!endsStatement("select ';"))
        #expect(!endsStatement("select 1"))
        #expect(!endsStatement("-- ;"))
    }

    /// No text makes the lexer, the splitter or the statement parser trap, and every token lies within the text.
    @Test("Random text is read or refused, never more", arguments: [11 as UInt64, 12, 13, 14])
    func fuzz(seed: UInt64) throws {
        let random = SeededRandomSource(seed: seed)
        let words = [
            "select", "from", "create", "table", "insert", "into", "(", ")", ",", ";", "'", "\"", "`", "$$",
            "$1", "?",
            "--", "/*", "*/", "\n", " ", "at", "version", "=>", "1", "1e", ".", "int", "array", "<", ">",
            "struct", ":",
            "::", "a", "é", "\u{A0}", "E'", "\\", "\0", "alter", "add", "column", "show", "tables", "in",
            "copy", "to",
            "describe", "history", "limit", "comment", "tblproperties", "partitioned", "by", "map", "decimal",
            "[", "]",
            "not", "null", "values", "with", "as", "default", "drop", "if", "exists", "use", "set", "=",
            "timestamp", "of",
        ]
        for _ in 0..<3000 {
            var sql = ""
            for _ in 0..<Int(random.next() % 24) {
                sql += words[Int(random.next() % UInt64(words.count))]
                if random.next() % 3 > 0 { sql += " " }
            }
            guard let text = try? SQLText(sql) else { continue }
            var end = 0
            for token in text.tokens {
                #expect(token.range.lowerBound >= end && token.range.upperBound <= text.bytes.count)
                end = token.range.upperBound
            }
            for statement in text.statements {
                let part = text.part(statement)
                var parser = StatementParser(part)
                _ = try? parser.parse()
                _ = try? NormalizedQuery(part, parameters: .positional([.int64(1)])).forParser()
            }
        }
    }
}
