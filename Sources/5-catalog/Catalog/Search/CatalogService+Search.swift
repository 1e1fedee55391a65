package import Base
import Metastore

/// An object that a search found.
package struct SearchHit: Hashable, Sendable {
    package enum Place: String, Sendable, CaseIterable {
        case name, tag, comment, column
    }

    package let securable: Securable
    /// From the catalog down.
    package let nameParts: [String]
    package let certification: Certification?
    /// Where the words were found, by rank.
    package let places: [Place]
    /// The columns that hold one of the words in their name or comment.
    package let columns: [String]
}

extension CatalogService {
    /// So many objects are looked at for one page at most.
    private static let searchWork = 2_000
    /// In characters, and in words.
    private static let longestQuery = 1_000
    private static let mostWords = 16

    /// Searches names, tags, comments and columns of all that the principal may see.
    ///
    /// Ranks: names that begin with the text (the name itself first, then by name), names that have all words, then what
    /// has all words in name, tags, comment and columns together; the last two in the order in which the objects were
    /// made. A word matches as the beginning of a word; case and accents do not count.
    ///
    /// - Parameters:
    ///   - text: What to look for; at least one character.
    ///   - kinds: Only objects of these; empty is all.
    ///   - limit: Hits on the page.
    ///   - after: `next` of an earlier page of the same search.
    /// - Returns: A page; it may be short with a next one, where much of what was found is not for the principal.
    /// - Throws: `.invalidInput` for an empty or overlong text.
    package func search(
        _ text: String, kinds: Set<SecurableKind> = [], limit: Int = 20, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<SearchHit> {
        // No name holds control characters, and PostgreSQL takes no NUL.
        let plain = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        let key = NameRules.key(of: plain.trimmingWhitespace)
        if key.isEmpty { throw TarnError(.invalidInput, "A search needs something to look for.") }
        let words = SearchWords.words(of: text, splitsCase: false)
        if text.unicodeScalars.count > Self.longestQuery || words.count > Self.mostWords {
            throw TarnError(
                .invalidInput,
                "A search takes \(Self.mostWords) words and \(Self.longestQuery) characters at most.")
        }
        let size = min(max(1, limit), Self.largestPage)
        let start = try SearchPlace(after)
        return try await read { rows in
            var search = CatalogSearch(
                rows: rows, key: key, words: words, kinds: kinds, size: size, place: start,
                work: Self.searchWork)
            return try search.page()
        }
    }
}

/// Where a search goes on: the rank, and the last object of it that was looked at.
private enum SearchPlace: Hashable {
    case byName(key: String, id: String)
    case inName(Int64)
    case anywhere(Int64)

    init(_ text: String?) throws(TarnError) {
        guard let text else {
            self = .byName(key: "", id: "")
            return
        }
        let parts = text.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("b", 3): self = .byName(key: parts[1], id: parts[2])
        case ("n", 2): self = .inName(Int64(parts[1]) ?? 0)
        case ("a", 2): self = .anywhere(Int64(parts[1]) ?? 0)
        default: throw TarnError(.invalidInput, "The place in the search is not one of its own.")
        }
    }

    var text: String {
        switch self {
        case .byName(let key, let id): "b\u{1F}\(key)\u{1F}\(id)"
        case .inName(let seq): "n\u{1F}\(seq)"
        case .anywhere(let seq): "a\u{1F}\(seq)"
        }
    }
}

/// One page of a search on its way.
private struct CatalogSearch {
    let rows: CatalogRows
    let key: String
    let words: [String]
    let kinds: Set<SecurableKind>
    let size: Int
    var place: SearchPlace
    var work: Int
    private var hits: [SearchHit] = []
    /// Containers that the principal sees or not.
    private var seen: [String: Bool] = [:]

    init(
        rows: CatalogRows, key: String, words: [String], kinds: Set<SecurableKind>, size: Int,
        place: SearchPlace, work: Int
    ) {
        self.rows = rows
        self.key = key
        self.words = words
        self.kinds = kinds
        self.size = size
        self.place = place
        self.work = work
    }

    mutating func page() throws -> CatalogPage<SearchHit> {
        while hits.count < size && work > 0 {
            if try !step() { return CatalogPage(entries: hits, next: nil) }
        }
        return CatalogPage(entries: hits, next: place.text)
    }

    /// Looks at some more; whether there may be more still.
    private mutating func step() throws -> Bool {
        // Few are let go of again when a page is full.
        let batch = min(size + 1, work, 200)
        switch place {
        case .byName(let last, let id):
            let found = try rows.found(nameKey: key, after: (last, id), limit: batch)
            for object in found where hits.count < size {
                try take(object)
                place = .byName(key: object.nameKey, id: object.id)
            }
            if found.count < batch && hits.count < size {
                if words.isEmpty { return false }
                place = .inName(0)
            }
        case .inName(let last):
            let found = try rows.found(words, inName: true, after: last, limit: batch)
            for (seq, object) in found where hits.count < size {
                try takeUnlessByName(object)
                place = .inName(seq)
            }
            if found.count < batch && hits.count < size { place = .anywhere(0) }
        case .anywhere(let last):
            let found = try rows.found(words, inName: false, after: last, limit: batch)
            for (seq, object) in found where hits.count < size {
                try takeUnlessByName(object)
                place = .anywhere(seq)
            }
            if found.count < batch && hits.count < size { return false }
        }
        return true
    }

    private mutating func takeUnlessByName(_ object: Securable) throws {
        if begins(object) { work -= 1 } else { try take(object) }
    }

    /// As the index compares: by bytes.
    private func begins(_ object: Securable) -> Bool { object.nameKey.utf8.starts(with: key.utf8) }

    private mutating func take(_ object: Securable) throws {
        work -= 1
        if object.kind == .metastore || (!kinds.isEmpty && !kinds.contains(object.kind)) { return }
        let chain = try rows.chain(of: object)
        for step in chain where step.kind != .metastore {
            let sees = try step.id == object.id ? rows.sees(step) : containerIsSeen(step)
            if !sees { return }
        }
        hits.append(try hit(object, chain))
    }

    private mutating func containerIsSeen(_ container: Securable) throws -> Bool {
        if let known = seen[container.id] { return known }
        let sees = try rows.sees(container)
        seen[container.id] = sees
        return sees
    }

    private func hit(_ object: Securable, _ chain: [Securable]) throws -> SearchHit {
        let tags = try rows.allTags(of: object)
        let columns = object.kind == .table ? try rows.columns(of: object.id) ?? [] : []
        let matching = columns.filter { matches($0.name + " " + ($0.comment ?? "")) }.map(\.name)
        var places: [SearchHit.Place] = []
        if begins(object) || matches(object.name) { places.append(.name) }
        if tags.contains(where: { matches($0.key + " " + $0.value) }) { places.append(.tag) }
        if matches(object.comment ?? "") { places.append(.comment) }
        if !matching.isEmpty { places.append(.column) }
        return SearchHit(
            securable: object, nameParts: chain.filter { $0.kind != .metastore }.map(\.name).reversed(),
            certification: tags.first { $0.column == nil && $0.key == CatalogTag.certificationKey }
                .flatMap { Certification(rawValue: $0.value) },
            places: places, columns: matching)
    }

    /// Whether one of the words begins one of a text's.
    private func matches(_ text: String) -> Bool {
        if text.isEmpty { return false }
        let own = SearchWords.words(of: text)
        return words.contains { word in own.contains { $0.hasPrefix(word) } }
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
