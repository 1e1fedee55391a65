/// SQL that stands around tables: policies, a view.
///
/// The same text is made twice: around the scans that run, and around empty stand-ins that tell which files can be left
/// out. So a predicate on a mask's outcome never prunes by what is behind the mask.
package struct Composite: Sendable {
    /// What it reads, in order.
    package var inner: [ResolvedSource]
    /// Makes SQL for FROM, in brackets, of one relation for each of `inner`.
    package var sql: @Sendable ([String]) -> String
}

extension ResolvedSource {
    /// The tables at the bottom, in the order in which the text names them.
    package var leaves: [ResolvedSource] { composite.map { $0.inner.flatMap(\.leaves) } ?? [self] }

    /// SQL for FROM, given that of the leaves; takes as many from the front as there are.
    func sql(over relations: inout ArraySlice<String>) -> String {
        guard let composite else { return relations.popFirst() ?? "(SELECT 1)" }
        var inner: [String] = []
        for source in composite.inner { inner.append(source.sql(over: &relations)) }
        return composite.sql(inner)
    }
}

extension Sequence where Element == ResolvedSource {
    /// SQL for each of them, given that of all their leaves.
    func sql(over leaves: [String]) -> [String] {
        var rest = leaves[...]
        return map { $0.sql(over: &rest) }
    }
}
