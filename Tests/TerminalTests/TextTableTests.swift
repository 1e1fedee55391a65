import Terminal
import Testing

@Suite struct TextTableTests {
    private func render(
        _ columns: [TextColumn], _ rows: [[String?]], width: Int? = nil, lookahead: Int = 1000
    ) -> String {
        var table = TextTable(columns: columns, maximumWidth: width, lookahead: lookahead)
        var out = rows.reduce(into: "") { $0 += table.add($1) }
        out += table.finish()
        return out
    }

    @Test func alignsNumbersRightAndTextLeft() {
        let out = render(
            [TextColumn("carrier"), TextColumn("flights", isNumeric: true)],
            [["UA", "58665"], ["東京", nil], [nil, "7"]])
        #expect(
            out == """
                 carrier │ flights
                ─────────┼─────────
                 UA      │   58665
                 東京    │    NULL
                 NULL    │       7

                """)
    }

    @Test func printsTheHeaderOfAnEmptyAnswerAndNothingWithoutColumns() {
        #expect(render([TextColumn("a")], []) == " a\n───\n")
        #expect(render([], [[], []]) == "")
    }

    @Test(arguments: [10, 20, 30, 45, 80])
    func fitsAnyWidth(_ width: Int) {
        let columns = (0..<12).map { TextColumn("column_\($0)", isNumeric: $0 % 2 == 0) }
        let rows = (0..<5).map { row in (0..<12).map { String(repeating: "東x", count: row + $0) } }
        let out = render(columns, rows, width: width)
        for line in out.split(separator: "\n") { #expect(textWidth(String(line)) <= max(width, 16)) }
        #expect(out.contains("column_0"))
    }

    @Test func cutsOnlyTheWidestColumns() {
        let out = render(
            [TextColumn("a"), TextColumn("b"), TextColumn("c")],
            [["short", String(repeating: "x", count: 100), String(repeating: "y", count: 100)]], width: 51)
        #expect(out.contains(" short │ " + String(repeating: "x", count: 18) + "… │"))
    }

    @Test func laterRowsStreamWithTheFirstRowsWidths() {
        var table = TextTable(columns: [TextColumn("n", isNumeric: true), TextColumn("t")], lookahead: 2)
        #expect(table.add(["1", "a"]) == "")
        #expect(table.add(["22", "b"]) == "  n │ t\n────┼───\n  1 │ a\n 22 │ b\n")
        #expect(table.add(["4444", "longer"]) == " 4444 │ longer\n")
        #expect(table.finish() == "")
    }
}
