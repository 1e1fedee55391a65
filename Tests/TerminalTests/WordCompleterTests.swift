import Terminal
import Testing

@Suite struct WordCompleterTests {
    private let completer = WordCompleter(
        keywords: ["SELECT", "SET", "SHOW"],
        names: ["main.default.flights", "flights", "flight_id", "Seats", "main"])

    @Test(arguments: [
        ("sel", 3, ["select"]), ("SE", 2, ["Seats", "SELECT", "SET"]),
        ("x FROM fli", 3, ["flight_id", "flights"]),
        ("main.def", 8, ["main.default.flights"]), ("t.fl", 2, ["flight_id", "flights"]),
        ("t.", 0, ["flight_id", "flights", "main", "Seats"]),
        ("zzz", 0, []), ("select ", 0, []), ("", 0, []),
    ])
    func offersWhatBeginsWithTheLastWord(_ text: String, _ replaced: Int, _ candidates: [String]) {
        let completion = completer.completion(for: text)
        #expect(
            completion.candidates.sorted { $0.lowercased() < $1.lowercased() }
                == candidates.sorted { $0.lowercased() < $1.lowercased() })
        #expect(completion.replacedCount == replaced)
    }
}
