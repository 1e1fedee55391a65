import Base
import Engine
import Synchronization
import TableModel

/// What columns data files really have, by location: files never change, so each is looked at once.
final class FileLayoutCache: Sendable {
    private struct State {
        var byLocation: [String: FileLayout] = [:]
        var bySignature: [UInt64: FileLayout] = [:]
    }
    private let state = Mutex(State())
    private static let fileLimit = 16_384
    private static let layoutLimit = 1024

    /// The columns of one file.
    ///
    /// - Throws: The engine's error for a file that is missing or is no Parquet file.
    func layout(of location: String, _ engine: Engine) async throws -> FileLayout {
        if let known = state.withLock({ $0.byLocation[location] }) { return known }
        let layout = try await engine.onSessionThread { try Self.read(location, $0) }
        keep([location: layout], [:])
        return layout
    }

    /// The columns of each file, the same object for files of the same layout.
    ///
    /// - Throws: The engine's error for a file that is missing or is no Parquet file.
    func layouts(of locations: [String], _ engine: Engine) async throws -> [FileLayout] {
        let (files, signatures) = state.withLock { ($0.byLocation, $0.bySignature) }
        let known = locations.map { files[$0] }
        if !known.contains(where: { $0 == nil }),
            Set(known.compactMap { $0.map(ObjectIdentifier.init) }).count == 1
        {
            return known.compactMap { $0 }
        }
        let (read, new) = try await engine.onSessionThread { connection in
            var new: [UInt64: FileLayout] = [:]
            var read: [String: FileLayout] = [:]
            for (location, signature) in try Self.signatures(of: locations, connection) {
                if let layout = signatures[signature] ?? new[signature] {
                    read[location] = layout
                } else {
                    let layout = try Self.read(location, connection)
                    new[signature] = layout
                    read[location] = layout
                }
            }
            return (read, new)
        }
        keep(read, new)
        return try locations.map { location throws(TarnError) in
            guard let layout = read[location] else {
                throw TarnError(.internal, "The engine gave no columns of the file \(location).")
            }
            return layout
        }
    }

    private func keep(_ files: [String: FileLayout], _ signatures: [UInt64: FileLayout]) {
        state.withLock { state in
            if state.byLocation.count + files.count > Self.fileLimit { state.byLocation.removeAll() }
            if state.bySignature.count + signatures.count > Self.layoutLimit { state.bySignature.removeAll() }
            state.byLocation.merge(files) { $1 }
            state.bySignature.merge(signatures) { $1 }
        }
    }

    private static func list(_ locations: [String]) -> String {
        locations.map { quoteLiteral(ParquetScanSQL.withoutWildcards($0)) }.joined(separator: ",")
    }

    /// A number for each file that is the same for files of the same columns.
    private static func signatures(
        of locations: [String], _ connection: EngineConnection
    ) throws -> [(String, UInt64)] {
        let result = try connection.execute(
            """
            SELECT file_name, hash(list((name, type, type_length, repetition_type = 'REPEATED', num_children, \
            converted_type, scale, precision, field_id, logical_type) ORDER BY column_id)) \
            FROM parquet_schema([\(list(locations))]) GROUP BY file_name
            """, [])
        defer { result.close() }
        var found: [(String, UInt64)] = []
        while let chunk = try result.nextChunk() {
            guard let hashes = chunk.column(1).uint64s else { break }
            for row in 0..<chunk.rowCount { found.append((chunk.column(0).string(row), hashes[row])) }
        }
        return found
    }

    private static func read(_ location: String, _ connection: EngineConnection) throws -> FileLayout {
        let file = list([location])
        let result = try connection.execute(
            "SELECT * FROM read_parquet(\(file), hive_partitioning=false) LIMIT 0", [])
        let columns = zip(result.columnNames, result.columnTypes).map { LayoutNode($0, $1) }
        result.close()
        let schema = try connection.execute(
            """
            SELECT name, field_id, coalesce(repetition_type = 'REPEATED', false), \
            coalesce(num_children, 0)::BIGINT FROM parquet_schema(\(file)) ORDER BY column_id
            """, [])
        defer { schema.close() }
        var elements: [ParquetElement] = []
        while let chunk = try schema.nextChunk() {
            for row in 0..<chunk.rowCount {
                var id: Int?
                if case .integer(let number) = chunk.column(1).scalar(row) { id = Int(number) }
                elements.append(
                    ParquetElement(
                        name: chunk.column(0).string(row), fieldID: id,
                        isRepeated: chunk.column(2).text(row) == "true",
                        childCount: Int(chunk.column(3).int64s?[row] ?? 0)))
            }
        }
        return FileLayout(LayoutNode.adding(elements, to: columns))
    }
}
