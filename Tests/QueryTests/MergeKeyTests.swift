import TableModel
import Testing

import Query

@Suite("Keys in the condition of a MERGE")
struct MergeKeyTests {
    /// An equality is found where it is certain, and only there.
    ///
    /// Method: conditions over two tables that share
    /// `id` and `both`; the target has `a` and `st` besides, the source `b`.
    @Test(
        "What is found",
        arguments: [
            ("t.id = s.id", "id=s.id"), ("s.id = t.id", "id=s.id"), ("(t.id = s.id)", "id=s.id"),
            ("((t.id = s.id) AND t.a > 3 AND (s.b = a))", "id=s.id, a=s.b"),
            ("T.ID = S.id AND `t`.\"a\" = s.b + 1", "id=s.id, a=s.b + 1"),
            ("a = b", "a=b"), ("t.st.x = s.b", "st.x=s.b"), ("a = lower(s.b)", "a=lower(s.b)"),
            ("t.a = coalesce(s.b, 'x') AND t.id BETWEEN 1 AND 3", "a=coalesce(s.b, 'x')"),
            ("t.id BETWEEN 1 AND 3 AND t.a = s.b", "a=s.b"),
            // An OR leaves both sides open.
            ("t.id = s.id OR t.a = s.b", ""), ("(t.id = s.id OR t.a = 1) AND t.a = s.b", "a=s.b"),
            ("NOT t.id = s.id", ""), ("t.id IS NOT DISTINCT FROM s.id", ""), ("t.id = s.id = true", ""),
            ("t.id >= s.id", ""), ("t.id <> s.id", ""), ("t.id = 3", ""), ("t.a = t.id", ""),
            ("t.id + 1 = s.id", ""), ("t.a = s.b + t.id", ""), ("id = s.id", ""), ("t.id = id", ""),
            ("t.a = (SELECT max(b) FROM s)", ""), ("both = b", ""), ("t.nope = s.b", ""),
            ("t.a = s.nope", ""),
            ("CASE WHEN t.id = s.id THEN true END", ""), ("t.a = CAST(s.b AS INT)", ""),
        ])
    func find(_ condition: String, _ expected: String) throws {
        let text = try SQLText(condition)
        let keys = MergeKeys(
            text: text, target: ("t", ["id", "a", "both", "st"]), source: ("s", ["id", "b", "both"])
        ).find(in: text.extent)
        let found = keys.map {
            "\($0.target.parts.joined(separator: ".").lowercased())=\(text.string($0.source).replacing("S.id", with: "s.id"))"
        }
        #expect(found.joined(separator: ", ") == expected)
    }
}
