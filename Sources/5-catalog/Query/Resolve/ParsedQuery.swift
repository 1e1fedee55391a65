internal import Base
internal import Engine

/// A query that DuckDB's parser has read and whose outside names are known, not yet looked up.
package struct ParsedQuery: Sendable {
    let query: NormalizedQuery
    let tree: QueryTree
    package let sources: [QuerySource]
    let rewriter: QueryRewriter
}

/// Reads queries with DuckDB's parser; the trees of texts seen before are kept.
package struct QueryReader: Sendable {
    let planner: PruningPlanner
    private let trees = BoundedCache<TreeKey, QueryTree>(limit: 512)
    /// Longer texts are rarely sent twice.
    private static let longestKept = 64 << 10

    private struct TreeKey: Hashable {
        var text: String
        var localFiles: Bool
    }

    package init(planner: PruningPlanner) { self.planner = planner }

    /// Reads one query; `localFiles` tells whether the caller may read files of this machine.
    ///
    /// A syntax error is `.invalidInput` with its place; a function or file that is not allowed `.permissionDenied`.
    package func read(
        _ text: SQLText, parameters: SQLParameters, localFiles: Bool, casts: TextEdits = TextEdits()
    ) async throws -> ParsedQuery {
        let query = try NormalizedQuery(text, parameters: parameters, casts: casts)
        let edited = try query.forParser()
        let tree: QueryTree
        do {
            tree = try await self.tree(edited.text, localFiles: localFiles)
        } catch let error as TreeError {
            guard let offset = error.offset else { throw TarnError(error.code, error.message) }
            throw sqlError(error.code, error.message, text, at: edited.original(offset))
        }
        var finder = SourceFinder(query, edited, localFiles: localFiles)
        let sources = try finder.sources(of: tree)
        return ParsedQuery(
            query: query, tree: tree, sources: sources,
            rewriter: QueryRewriter(query, edited: edited, tree: tree, sources: sources))
    }

    private func tree(_ text: String, localFiles: Bool) async throws -> QueryTree {
        let key = TreeKey(text: text, localFiles: localFiles)
        if let kept = trees[key] { return kept }
        let tree = try QueryTree(serialized: try await planner.serialize(text), localFiles: localFiles)
        if text.utf8.count <= Self.longestKept { trees[key] = tree }
        return tree
    }
}
