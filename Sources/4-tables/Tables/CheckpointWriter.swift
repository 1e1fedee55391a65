import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Writes a checkpoint: the engine reads the actions straight from the snapshot and writes Parquet, so that memory does
/// not grow with the table.
///
/// A table whose `delta.checkpointPolicy` is `v2` gets a JSON file with sidecars, any other one Parquet file. Either
/// appears whole under its name or not at all.
struct CheckpointWriter {
    private let table: DeltaTable
    private let snapshot: DeltaSnapshot
    private let plan: CheckpointPlan

    /// With no more file actions than this a checkpoint of the second kind needs no sidecar.
    static let inlineLimit = 1000
    /// So many file actions go into one sidecar.
    static let sidecarLimit = 500_000

    init(_ table: DeltaTable, _ snapshot: DeltaSnapshot) {
        self.table = table
        self.snapshot = snapshot
        plan = CheckpointPlan(snapshot, nowMilliseconds: table.context.time.nowMilliseconds())
    }

    /// - Returns: The hint to leave behind.
    func write() async throws -> LastCheckpoint {
        TableFeatures.isActive("v2Checkpoint", snapshot)
            ? try await writeSecondKind() : try await writeParquet()
    }

    private func writeParquet() async throws -> LastCheckpoint {
        let temporary = try LogFolder.file(".checkpoint-\(table.context.random.uuid()).parquet")
        let name = LogFileName.checkpoint(snapshot.version).text
        do {
            let (adds, removes) = (Self.source(plan.adds), Self.source(plan.removes))
            let sql = CheckpointSQL(snapshot)
            let others = Self.source(plan.otherLines)
            let query = sql.checkpoint(adds: adds, removes: removes, others: others)
            try await copy(query, to: temporary, keeping: [adds, removes, others])
            try await table.store.moveIntoPlace(temporary, as: try LogFolder.file(name))
        } catch {
            try? await table.store.delete(temporary)
            throw error
        }
        let written = try await table.store.head(try LogFolder.file(name))
        return plan.lastCheckpoint(byteCount: written?.byteCount)
    }

    private func writeSecondKind() async throws -> LastCheckpoint {
        var sidecars: [CheckpointSidecar]?
        if plan.addFileCount + plan.removes.count > Self.inlineLimit { sidecars = try await writeSidecars() }
        let bytes = plan.jsonCheckpoint(sidecars: sidecars)
        let name = LogFileName.checkpointV2(
            snapshot.version, id: table.context.random.uuid(), isJSON: true)
        try await table.store.put(try LogFolder.file(name.text), bytes, mode: .ifAbsent)
        let total = Int64(bytes.count) + (sidecars ?? []).reduce(0) { $0 + $1.byteCount }
        return plan.lastCheckpoint(byteCount: total)
    }

    /// Sidecars have names of their own and belong to nothing until a checkpoint names them.
    private func writeSidecars() async throws -> [CheckpointSidecar] {
        try await table.store.ensureFolder(LogFolder.path.appending("_sidecars"))
        let files = plan.adds
        var parts = stride(from: 0, to: files.count, by: Self.sidecarLimit).map {
            (adds: Array(files[$0..<min(files.count, $0 + Self.sidecarLimit)]), removes: [DataFileView]())
        }
        if parts.isEmpty { parts = [([], [])] }
        parts[parts.count - 1].removes = plan.removes
        var sidecars: [CheckpointSidecar] = []
        for part in parts {
            let name = "\(table.context.random.uuid()).parquet"
            let path = try LogFolder.sidecar(name)
            let (adds, removes) = (Self.source(part.adds), Self.source(part.removes))
            let query = CheckpointSQL(snapshot).sidecar(adds: adds, removes: removes)
            try await copy(query, to: path, keeping: [adds, removes])
            try await table.store.makeDurable([path])
            guard let written = try await table.store.head(path) else {
                throw TarnError(.storage, "The sidecar \(path) vanished while it was written. Try again.")
            }
            sidecars.append(
                CheckpointSidecar(
                    rawPath: name, byteCount: written.byteCount,
                    modifiedMilliseconds: written.modifiedMicroseconds / 1000))
        }
        return sidecars
    }

    private func copy(_ query: String, to path: StorePath, keeping sources: [EngineRowSource]) async throws {
        // Rows of a checkpoint have no order, so all threads may write.
        let sql = """
            COPY (\(query)) TO \(quoteLiteral(table.store.engineLocation(path))) \
            (FORMAT parquet, COMPRESSION snappy, PRESERVE_ORDER false)
            """
        try await table.context.engine.onSessionThread { connection in
            try withExtendedLifetime(sources) { _ = try connection.execute(sql, []) }
        }
    }

    // MARK: Rows

    /// The columns path, values, size, time, stats and rare of `CheckpointSQL`.
    private static func source(_ files: [DataFileView]) -> EngineRowSource {
        EngineRowSource(columns: CheckpointSQL.fileColumns, rowCount: files.count) {
            rows, columns in
            guard let sizes = columns[2].int64s, let times = columns[3].int64s else { return }
            for (place, row) in rows.enumerated() {
                let file = files[row]
                if let size = file.knownByteCount { sizes[place] = size } else { columns[2].setNull(place) }
                if let time = file.removedMilliseconds {
                    times[place] = time
                } else {
                    columns[3].setNull(place)
                }
                file.withCheckpointTexts { texts in
                    columns[0].set(place, validText: texts.path)
                    put(texts.partitionValues, columns[1], place)
                    put(texts.stats, columns[4], place)
                    put(texts.rare, columns[5], place)
                }
            }
        }
    }

    private static func source(_ lines: [[UInt8]]) -> EngineRowSource {
        EngineRowSource(columns: [("line", .varchar)], rowCount: lines.count) {
            rows, columns in
            for (place, row) in rows.enumerated() {
                lines[row].withUnsafeBufferPointer { columns[0].set(place, validText: $0) }
            }
        }
    }

    private static func put(_ text: UnsafeBufferPointer<UInt8>?, _ column: EngineColumnWriter, _ row: Int) {
        if let text { column.set(row, validText: text) } else { column.setNull(row) }
    }
}
