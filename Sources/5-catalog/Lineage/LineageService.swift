package import Base
package import Catalog
package import Metastore

/// What came from what, as far as statements, definitions and other programs' events tell.
///
/// ```swift
/// await lineage.record(LineageChange(sources: [.init(orders)], targets: [.init(totals)], ...))
/// let graph = try await lineage.graph(from: totals, .upstream, depth: 3, for: principal)
/// ```
///
/// Tables are known by their ids, so that edges outlive renames; a dropped table stays as a past node. Recording never
/// waits; what was recorded shows up within 100 ms.
package final class LineageService: Sendable {
    let metastore: Metastore
    let catalog: CatalogService
    let time: any TimeSource
    private let writer: LineageWriter

    /// - Parameters:
    ///   - metastore: Opened with `LineageMigrations.all` too.
    ///   - catalog: Says what exists, what it is called now, and who may see it.
    ///   - time: For the times of what is recorded.
    package init(
        _ metastore: Metastore, catalog: CatalogService, time: any TimeSource = SystemTimeSource()
    ) {
        self.metastore = metastore
        self.catalog = catalog
        self.time = time
        writer = LineageWriter(metastore, time: time)
    }

    /// Remembers a change, soon.
    package func record(_ change: LineageChange) async { await writer.add(change) }

    /// Returns when everything that was recorded before can be read.
    package func flush() async { await writer.flush() }

    /// Writes what is still to be written.
    package func close() async { await writer.close() }

    /// How many changes could not be written.
    package var droppedCount: Int { get async { await writer.droppedCount } }
}
