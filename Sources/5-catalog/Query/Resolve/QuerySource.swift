internal import Base
internal import TableModel
package import Engine

/// A place in a query where rows come in from outside, and what to put there.
package struct QuerySource: Sendable {
    package enum Origin: Hashable, Sendable {
        /// A table of the catalog: one to three parts as written.
        case table([String])
        /// A Delta table by its folder, for the local owner.
        case deltaPath(String)
        /// The rows of a table that changed between two versions or times.
        case changes(ChangeRange)
        /// A CSV, JSON or Parquet file, for the local owner.
        case file(String)
    }

    package var origin: Origin
    /// What to replace, in the user's text.
    package var range: Range<Int>
    /// The name that columns may be qualified with, unless the query gives an alias of its own.
    var defaultAlias: String?
    /// Set where the grammar takes a name or a query, but nothing in brackets: `TABLE t`, `SUMMARIZE t`.
    var needsSelect: Bool
    package var travel: TravelValue?

    /// What replaces the reference, given SQL that can stand in FROM.
    func replacement(_ relation: String) -> String {
        let alias = defaultAlias.map { " AS " + quoteIdentifier($0) } ?? ""
        return (needsSelect ? "SELECT * FROM " : "") + relation + alias
    }
}

/// What `table_changes` asks for.
package struct ChangeRange: Hashable, Sendable {
    package enum Table: Hashable, Sendable {
        /// One to three parts.
        case name([String])
        /// The folder of a table, for the local owner.
        case path(String)
    }

    package var table: Table
    /// A whole number is a version, all else a time.
    package var first: EngineValue
    /// Included; `nil` is the newest.
    package var last: EngineValue?
}

/// The version or time that a source asks for.
package struct TravelValue: Sendable {
    package enum Expression: Sendable {
        case value(EngineValue)
        /// SQL without tables, still to be computed.
        case sql(String)
    }
    package var unit: TravelClause.Unit
    package var expression: Expression
    /// Where it stands in the user's text, for errors.
    package var offset: Int
}

extension QuerySource {
    /// Whether a name is that of a file that DuckDB can read.
    static func isFile(_ name: String) -> Bool { reader(of: name) != nil }

    /// The function that reads such a file, by its extension.
    static func reader(of name: String) -> String? {
        var parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        if let last = parts.last, ["gz", "zst"].contains(last) { parts.removeLast() }
        guard parts.count > 1, let last = parts.last else { return nil }
        switch last {
        case "csv", "tsv": return "read_csv"
        case "json", "jsonl", "ndjson": return "read_json"
        case "parquet": return "read_parquet"
        default: return nil
        }
    }

    /// `data/trips.csv.gz` as `trips`.
    static func alias(ofFile name: String) -> String {
        let base = name.split(separator: "/").last.map(String.init) ?? name
        return base.split(separator: ".").first.map(String.init) ?? base
    }
}
