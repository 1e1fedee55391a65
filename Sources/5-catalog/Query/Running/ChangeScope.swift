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
        let targetIndex = parsed.sources.firstIndex { $0.range == target }
        let planned = try await parsed.plan(resolved.map(\.source), planner: call.service.planner)
        targetFilter = targetIndex.flatMap { planned?[$0] } ?? .always
        var relations: [String] = []
        var resources: [any Sendable] = []
        var facts = ScanFacts()
        for (index, (source, name, version)) in resolved.enumerated() {
            // The target's own rows are for the table to find; only to tell what is wrong are they read from here.
            if index == targetIndex, planned != nil {
                relations.append("(SELECT 1)")
                continue
            }
            let filter = prunesSubqueries ? planned?[index] : nil
            let relation = try await source.relation(filter == .always ? nil : filter)
            relations.append(relation.sql)
            resources += relation.resources
            if index == targetIndex { continue }
            facts.tables.append(
                .init(
                    name: name, version: version, filesScanned: relation.filesScanned,
                    filesPruned: relation.filesPruned, filter: filter))
        }
        self.relations = relations
        self.facts = facts
        self.resources = resources
        if planned == nil {
            let run = try parsed.rewriter.run(relations: relations, fullNames: fullNames)
            _ = try await call.shape(
                of: PreparedQuery(
                    text: run.text, parameters: run.parameters, facts: facts, source: call.text,
                    resources: resources))
        }
    }

    /// An expression of the statement; parameters are literals in it.
    func sql(_ range: Range<Int>) throws -> String {
        try parsed.rewriter.part(range, relations: relations, fullNames: fullNames)
    }
}
