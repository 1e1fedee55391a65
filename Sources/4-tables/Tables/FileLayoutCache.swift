import Base
import Engine
import Synchronization
import TableModel

/// What columns a data file really has, by its location: files never change, so it is looked up once.
final class FileLayoutCache: Sendable {
    /// Lower-case column name to the engine's type name.
    typealias Layout = [String: String]

    private let layouts = Mutex<[String: Layout]>([:])
    private static let limit = 256

    /// The columns as the engine sees them when it opens these files together.
    ///
    /// - Parameters:
    ///   - locations: The files.
    ///   - unified: Looks at all the files, not only the first.
    ///   - engine: Opens them.
    /// - Returns: The columns by lower-case name.
    /// - Throws: The engine's error for a file that is missing or is no Parquet file.
    func layout(of locations: [String], unified: Bool, _ engine: Engine) async throws -> Layout {
        let key = unified ? locations.joined(separator: "\n") : locations.first ?? ""
        if let known = layouts.withLock({ $0[key] }) { return known }
        let files = (unified ? locations : Array(locations.prefix(1)))
            .map { quoteLiteral(ParquetScanSQL.withoutWildcards($0)) }.joined(separator: ",")
        let options = unified ? ", union_by_name=true" : ""
        let sql = "SELECT * FROM read_parquet([\(files)], hive_partitioning=false\(options)) LIMIT 0"
        let layout = try await engine.onSessionThread { connection in
            let result = try connection.execute(sql, [])
            defer { result.close() }
            return Layout(
                zip(result.columnNames.map { $0.lowercased() }, result.columnTypes.map(\.name)),
                uniquingKeysWith: { first, _ in first })
        }
        layouts.withLock { layouts in
            if layouts.count >= Self.limit { layouts.removeAll(keepingCapacity: true) }
            layouts[key] = layout
        }
        return layout
    }
}
