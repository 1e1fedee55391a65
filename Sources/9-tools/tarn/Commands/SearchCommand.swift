import ArgumentParser
import Base
import Catalog
import Lakehouse

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Search names, tags, comments and columns of all that the catalog holds.",
        discussion: """
            Every word must be the beginning of a word of what is found; case and accents do not count. Names that begin
            with the words come first, then names that have them all, then everything else that has.

            Examples:
              tarn search orders
              tarn search customer email --kind table --json
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "What to look for.") var words: [String]
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Only objects of this kind; may be repeated.", valueName: "kind"))
    var kind: [String] = []
    @Option(help: ArgumentHelp("At most so many (default 20).", valueName: "count")) var limit = 20

    func validate() throws {
        if let wrong = kind.first(where: { SecurableKind(rawValue: $0) == nil }) {
            let known = SecurableKind.allCases.map(\.rawValue)
            throw ValidationError(
                "There is no kind '\(wrong)'; the kinds are \(known.joined(separator: ", ")).")
        }
        if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() async throws {
        let lake = try options.openLakehouse()
        let catalog = try await lake.catalog
        let kinds = Set(kind.compactMap(SecurableKind.init))
        let text = words.joined(separator: " ")
        var hits: [SearchHit] = []
        var place: String?
        repeat {
            let page = try await catalog.search(
                text, kinds: kinds, limit: min(limit - hits.count, CatalogService.largestPage), after: place)
            hits += page.entries
            place = page.next
        } while place != nil && hits.count < limit
        try printList(
            ["kind", "name", "certification", "matched in", "columns", "comment"],
            hits.map { hit in
                [
                    hit.securable.kind.rawValue, hit.nameParts.joined(separator: "."),
                    hit.certification?.rawValue,
                    hit.places.map(\.rawValue).joined(separator: ", "), hit.columns.joined(separator: ", "),
                    hit.securable.comment,
                ]
            }, asJSON: output.isJSON)
        await lake.close()
    }
}
