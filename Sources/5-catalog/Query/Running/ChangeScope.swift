internal import Base
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

/// A query that a DELETE, UPDATE or MERGE implies, read and checked: gives the statement's expressions as the engine's
/// SQL, with the tables of their subqueries in place.
///
/// ```
/// UPDATE t AS x SET a = b + 1 WHERE c        as        FROM t AS x SELECT b + 1 WHERE c
/// ```
///
/// The user's text stays as it is but for a few words, so that what is wrong with it is told with its place.
struct ChangeScope: Sendable {
    private let parsed: ParsedQuery
    private let relations: [String]
    private let fullNames: [[String]?]
    /// What the optimizer demands of the target's columns.
    let targetFilter: ScanFilter
    /// The tables of subqueries.
    let facts: ScanFacts
    /// Tables of subqueries that have policies for the one who asks.
    let governed: Set<String>
    /// For finding out where its columns come from.
    let question: ColumnDerivation.Question?
    /// What their scans need to stay alive.
    let resources: [any Sendable]

    /// - Parameters:
    ///   - edits: Make a query of the statement's text.
    ///   - target: Where the statement names its target; `nil` if the query leaves it out.
    ///   - prunesSubqueries: Whether the query's filters hold for all uses of the expressions.
    ///   - call: The statement.
    /// - Throws: As any query; the place is that in the user's text.
    init(
        _ edits: TextEdits, target: Range<Int>?, prunesSubqueries: Bool, _ call: StatementCall
    ) async throws {
        parsed = try await call.service.reader.read(
            call.text, parameters: call.parameters, localFiles: call.context.localFiles, casts: edits)
        let resolved = try await call.resolve(parsed.sources)
        fullNames = resolved.map(\.source.fullName)
        question =
            call.service.observe == nil ? nil : ColumnDerivation.Question(parsed, resolved)
        let targetIndex = parsed.sources.firstIndex { $0.range == target }
        let planned = try await parsed.plan(resolved.map(\.source), planner: call.service.planner)
        // A target has no policies for the one who asks, so it is one leaf.
        let targetLeaf = targetIndex.map { resolved[..<$0].reduce(0) { $0 + $1.source.leaves.count } }
        targetFilter = targetLeaf.flatMap { planned?[$0] } ?? .always
        var leafRelations: [String] = []
        var resources: [any Sendable] = []
        var facts = ScanFacts()
        var governed: Set<String> = []
        var next = 0
        for (index, (source, name, version)) in resolved.enumerated() {
            var fact = ScanFacts.Table(
                name: name, version: version, filesScanned: 0, filesPruned: 0, filter: nil)
            for leaf in source.leaves {
                defer { next += 1 }
                // The target's own rows are for the table to find; only to tell what is wrong are they read from here.
                if index == targetIndex, planned != nil {
                    leafRelations.append("(SELECT 1)")
                    continue
                }
                let filter = prunesSubqueries ? planned?[next] : nil
                let relation = try await leaf.relation(filter == .always ? nil : filter)
                leafRelations.append(relation.sql)
                resources += relation.resources
                if source.isGoverned { continue }
                fact.filesScanned += relation.filesScanned
                fact.filesPruned += relation.filesPruned
                if source.composite == nil { fact.filter = filter }
            }
            if source.isGoverned { governed.insert(name) }
            if index != targetIndex { facts.tables.append(fact) }
        }
        self.governed = governed
        relations = resolved.map(\.source).sql(over: leafRelations)
        self.facts = facts
        self.resources = resources
        if planned == nil {
            let run = try parsed.rewriter.run(relations: relations, fullNames: fullNames)
            _ = try await call.shape(
                of: PreparedQuery(
                    text: run.text, parameters: run.parameters, facts: facts, source: call.text,
                    resources: resources, governed: governed))
        }
    }

    /// An expression of the statement; parameters are literals in it.
    func sql(_ range: Range<Int>) throws -> String {
        try parsed.rewriter.part(range, relations: relations, fullNames: fullNames)
    }
}
