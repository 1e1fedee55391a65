import Base
import Metastore

/// The index behind the search: one document an object, with the words of its name, tags, comment and columns.
///
/// SQLite has FTS5, PostgreSQL a GIN index over a tsvector; the words are made here, so that both find the same. Documents
/// change in the transaction that changes the object, and go with it.
enum SearchIndex {
    /// In the order of their weights: A, B, C, D.
    static let fields = ["name", "tags", "comment", "columns"]

    static let migration = MetastoreMigration("catalog-search-1") { db in
        try db.script("CREATE INDEX catalog_securables_name ON catalog_securables (name_key, id)")
        switch db.dialect {
        case .sqlite:
            try db.script(
                """
                CREATE TABLE catalog_search_documents (
                    seq INTEGER PRIMARY KEY,
                    securable_id TEXT NOT NULL UNIQUE REFERENCES catalog_securables (id) ON DELETE CASCADE
                ) STRICT;
                CREATE VIRTUAL TABLE catalog_search USING fts5(
                    name, tags, comment, columns, prefix = '2 3 4',
                    tokenize = 'unicode61 remove_diacritics 0');
                CREATE TRIGGER catalog_search_forget AFTER DELETE ON catalog_search_documents
                BEGIN DELETE FROM catalog_search WHERE rowid = old.seq; END;
                """)
        case .postgres:
            try db.script(
                """
                CREATE TABLE catalog_search_documents (
                    seq INTEGER PRIMARY KEY,
                    securable_id TEXT NOT NULL UNIQUE REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    words TSVECTOR
                );
                CREATE INDEX catalog_search_words ON catalog_search_documents USING GIN (words);
                """)
        }
        // What was there before the search was.
        let rows = CatalogRows(db: db, warehouse: "", principal: .system)
        var last = ""
        while true {
            // Only columns of that time: a later version's own SQL may name others.
            let found = try db.rows(
                "SELECT id, kind, name, comment FROM catalog_securables WHERE id > ? ORDER BY id LIMIT 1000",
                [last])
            for row in found {
                guard let kind = SecurableKind(rawValue: try row("kind")) else { continue }
                try rows.index(
                    Securable(
                        id: try row("id"), kind: kind, parentID: nil, name: try row("name"), ownerID: nil,
                        comment: try row("comment"), properties: [:], location: nil, detail: "{}",
                        createdMicroseconds: 0, createdBy: nil, updatedMicroseconds: 0, updatedBy: nil))
            }
            guard found.count == 1000, let next = found.last else { return }
            last = try next("id")
        }
    }
}

extension CatalogRows {
    /// Whether objects are there and none of them can be found: after a restore, which leaves the index out.
    func lacksSearchIndex() throws -> Bool {
        try db.row("SELECT 1 FROM catalog_search_documents LIMIT 1") == nil
            && db.row("SELECT 1 FROM catalog_securables WHERE parent_id IS NOT NULL LIMIT 1") != nil
    }

    /// Indexes everything that is there.
    func makeSearchIndex() throws {
        var last = ""
        while true {
            let ids: [String] = try db.column(
                "SELECT id FROM catalog_securables WHERE id > ? AND parent_id IS NOT NULL ORDER BY id LIMIT 1000",
                [last])
            for id in ids { if let found = try securable(id: id) { try index(found) } }
            guard let next = ids.last else { return }
            last = next
        }
    }
}

extension SearchIndex {
    /// The terms of SQLite's index, to see which words begin with one.
    static let terms = MetastoreMigration("catalog-search-2") { db in
        if db.dialect == .sqlite {
            try db.script(
                "CREATE VIRTUAL TABLE catalog_search_terms USING fts5vocab(catalog_search, 'instance')")
        }
    }
}

extension CatalogRows {
    /// Brings an object's document up to date.
    func index(_ object: Securable) throws {
        if object.kind == .metastore { return }
        try db.execute(
            "INSERT INTO catalog_search_documents (securable_id) VALUES (?) ON CONFLICT (securable_id) DO NOTHING",
            [object.id])
        let seq: Int64? = try db.value(
            "SELECT seq FROM catalog_search_documents WHERE securable_id = ?", [object.id])
        guard let seq else { return }
        let tags = try allTags(of: object)
        let columns = object.kind == .table ? try self.columns(of: object.id) ?? [] : []
        let fields = [
            SearchWords.words(of: object.name),
            SearchWords.words(of: tags.map { $0.key + " " + $0.value }.joined(separator: " ")),
            SearchWords.words(of: object.comment ?? ""),
            SearchWords.words(
                of: columns.map { $0.name + " " + ($0.comment ?? "") }.joined(separator: " ")),
        ]
        switch db.dialect {
        case .sqlite:
            try db.execute("DELETE FROM catalog_search WHERE rowid = ?", [seq])
            try db.execute(
                "INSERT INTO catalog_search (rowid, name, tags, comment, columns) VALUES (?, ?, ?, ?, ?)",
                [seq] + fields.map { $0.joined(separator: " ") })
        case .postgres:
            try db.execute(
                "UPDATE catalog_search_documents SET words = CAST(? AS tsvector) WHERE seq = ?",
                [Self.vector(fields), seq])
        }
    }

    /// Objects whose document has all words, each as the beginning of one of its own; in the order of the documents.
    ///
    /// - Parameters:
    ///   - words: At least one.
    ///   - inName: Whether all have to be in the name; else those that have them there are left out.
    ///   - seq: The document after which to go on.
    ///   - limit: At most so many.
    /// - Returns: The objects, with their documents' numbers.
    /// - Throws: What the metastore throws.
    func found(
        _ words: [String], inName: Bool, after seq: Int64, limit: Int
    ) throws -> [(seq: Int64, object: Securable)] {
        let sql: String
        let query: String
        switch db.dialect {
        case .sqlite:
            let all = "(" + (try words.map(beginning)).joined(separator: " AND ") + ")"
            query = inName ? "{name} : \(all)" : "\(all) NOT ({name} : \(all))"
            sql = """
                SELECT f.rowid AS seq, d.securable_id FROM catalog_search f
                JOIN catalog_search_documents d ON d.seq = f.rowid
                WHERE catalog_search MATCH ? AND f.rowid > ? ORDER BY f.rowid LIMIT ?
                """
        case .postgres:
            let name = words.map { "'\($0)':*A" }.joined(separator: " & ")
            let all = words.map { "'\($0)':*" }.joined(separator: " & ")
            query = inName ? name : "\(all) & !(\(name))"
            sql = """
                SELECT seq, securable_id FROM catalog_search_documents
                WHERE words @@ CAST(? AS tsquery) AND seq > ? ORDER BY seq LIMIT ?
                """
        }
        return try db.rows(sql, [query, seq, limit]).compactMap { row in
            guard let object = try securable(id: try row("securable_id")) else { return nil }
            return (try row("seq"), object)
        }
    }

    /// A word as FTS5 looks for what begins with it.
    ///
    /// FTS5 gathers all documents of a beginning in memory first, unless its length has an index of its own. Exact terms
    /// it reads as it goes, so that a word that begins few others costs no memory, however many documents have it.
    private func beginning(_ word: String) throws -> String {
        let most = 32
        if word.unicodeScalars.count <= 4 { return "\"\(word)\"*" }
        var terms: [String] = []
        var place = word
        // From term to term by seeking: a row of this table is one place of one word.
        while terms.count <= most,
            let term: String = try db.value(
                "SELECT term FROM catalog_search_terms WHERE term >= ? LIMIT 1", [place]),
            term.utf8.starts(with: word.utf8)
        {
            terms.append(term)
            place = term + "\u{1}"
        }
        if terms.isEmpty || terms.count > most { return "\"\(word)\"*" }
        return "(" + terms.map { "\"\($0)\"" }.joined(separator: " OR ") + ")"
    }

    /// Objects whose name begins so, in the order of their names.
    func found(
        nameKey prefix: String, after place: (key: String, id: String), limit: Int
    ) throws -> [Securable] {
        let ids: [String] = try db.column(
            """
            SELECT id FROM catalog_securables
            WHERE name_key >= ? AND name_key < ? AND (name_key, id) > (?, ?) ORDER BY name_key, id LIMIT ?
            """, [prefix, prefix + "\u{10FFFF}", place.key, place.id, limit])
        return try ids.compactMap { try securable(id: $0) }
    }

    /// `'word':1A,4D`: which fields have it.
    private static func vector(_ fields: [[String]]) -> String {
        var places: [String: [String]] = [:]
        for (index, weight) in ["A", "B", "C", "D"].enumerated() {
            for word in fields[index] { places[word, default: []].append("\(index + 1)\(weight)") }
        }
        return places.map { "'\($0.key)':" + $0.value.joined(separator: ",") }.joined(separator: " ")
    }
}
