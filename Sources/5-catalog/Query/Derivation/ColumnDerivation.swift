internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel

/// Queries whose columns a statement wrote into a table: enough to find out, on the side and without reading any data,
/// from which columns each one comes.
package struct ColumnDerivation: Sendable {
    /// What a query reads, as `FROM` names it.
    struct Source: Sendable {
        /// In the catalog; `nil` for anything else.
        var id: String?
        var name: String
        var schema: TableSchema
        /// Of each column; see `CatalogColumn.key`.
        var keys: @Sendable () -> [String]
    }

    /// One query by itself.
    struct Question: Sendable {
        var sources: [Source]
        /// The query over one relation for each source; `nil` where a parameter cannot be written.
        var sql: @Sendable ([String]) throws -> String?
    }

    /// A query with the columns of the written table that its columns go to, in order; `nil` goes nowhere.
    struct Part: Sendable {
        var question: Question
        var targets: [String?]
    }

    var parts: [Part]

    /// Those parts of some queries that read anything.
    init?(_ parts: [(Question?, [String?])]) {
        self.parts = parts.compactMap { question, targets in
            guard let question, !question.sources.isEmpty else { return nil }
            return Part(question: question, targets: targets)
        }
        if self.parts.isEmpty { return nil }
    }
}

extension ColumnDerivation.Question {
    /// `nil` where the columns of a source are not known before it is read.
    init?(_ parsed: ParsedQuery, _ resolved: [(source: ResolvedSource, name: String, version: Int64?)]) {
        var sources: [ColumnDerivation.Source] = []
        for (source, name, _) in resolved {
            guard let schema = source.schema else { return nil }
            sources.append(.init(id: source.id, name: name, schema: schema, keys: source.columnKeys))
        }
        let names = resolved.map(\.source.fullName)
        self.init(sources: sources) { try parsed.rewriter.plan(relations: $0, fullNames: names) }
    }

    /// A whole table as it is.
    init(id: String?, name: String, _ snapshot: DeltaSnapshot) {
        self.init(
            sources: [
                .init(id: id, name: name, schema: snapshot.schema) {
                    CatalogColumn.columns(of: snapshot).map(\.key)
                }
            ]
        ) { "SELECT * FROM \($0[0])" }
    }
}

/// That a column of the written table comes from a column that was read.
package struct DerivedColumn: Hashable, Sendable {
    /// Of the table read; `nil` for one that is not in the catalog.
    package var sourceID: String?
    package var sourceName: String
    /// The column's key.
    package var sourceColumn: String
    /// The name of the column written; `nil` where the column decides which rows there are, or in which groups or order.
    package var target: String?
}
