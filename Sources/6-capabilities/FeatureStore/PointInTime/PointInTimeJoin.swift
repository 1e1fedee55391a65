internal import Base
internal import Engine
package import TableModel

/// Joins the latest rows of several views to the events of a spine, a few views at a time.
///
/// 1. The engine numbers the distinct keys of the spine; the events go into a `SpineIndex`.
/// 2. Each view is scanned once. The engine decodes it, drops rows of other keys and times, and streams what is left as
///    column vectors into a `LatestRows`; no row is sorted, and none is kept unless it leads its slot.
/// 3. Narrow features lie in the slots already. Wide ones (text, nested) are fetched by a second scan for the winners.
/// 4. Each view's features become a table as long as the spine, in its order.
package struct PointInTimeJoin: Sendable {
    package let spine: SpineTable
    private var indexes: [[String]: Indexed] = [:]
    /// The tables to put beside the spine, and which of their columns the result has under which name.
    private var parts: [(table: String, items: [String])] = []
    private var viewCount = 0

    private struct Indexed: Sendable {
        var index: SpineIndex
        var keysTable: String
        var bounds: ColumnBounds?
    }

    package init(spine: SpineTable) { self.spine = spine }

    /// A filter that leaves out files of a view that cannot hold a row that matches.
    ///
    /// - Parameter view: Its relation is not looked at.
    /// - Returns: A filter on the view's times, and on its key where there is only one.
    /// - Throws: What the engine throws.
    package mutating func fileFilter(for view: JoinedView) async throws -> ScanFilter {
        let indexed = try await indexed(view)
        guard let events = indexed.index.timeRange else { return .never }
        let (low, high) = view.timeRange(for: events)
        var parts: [ScanFilter] = []
        if let scalar = Self.scalar(high, view.timeType) {
            parts.append(.compare(ColumnPath(view.timeColumn), .lessOrEqual, scalar))
        }
        if let low, let scalar = Self.scalar(low, view.timeType) {
            parts.append(.compare(ColumnPath(view.timeColumn), .greaterOrEqual, scalar))
        }
        if let key = view.keys.first, let bounds = indexed.bounds, let low = bounds.minimum,
            let high = bounds.maximum
        {
            parts.append(.compare(ColumnPath(key.viewColumn), .greaterOrEqual, low))
            parts.append(.compare(ColumnPath(key.viewColumn), .lessOrEqual, high))
        }
        return .and(parts)
    }

    private static func scalar(_ microseconds: Int64, _ type: DataType) -> Scalar? {
        switch type {
        case .timestamp: .timestamp(microseconds)
        case .timestampNtz: .timestampNtz(microseconds)
        default: nil
        }
    }

    /// Joins one view.
    ///
    /// - Parameters:
    ///   - view: Its keys' spine columns exist and are comparable.
    ///   - withTimes: Adds the columns `__event_time` and `__created` (microseconds) of the row that matched.
    /// - Throws: What the engine throws.
    package mutating func join(_ view: JoinedView, withTimes: Bool = false) async throws {
        try await run([try await step(view, withTimes: withTimes)])
    }

    /// Joins several views, some at a time: while one waits for its rows to be decoded, another takes its own in.
    ///
    /// - Parameter views: Each as for `join(_:withTimes:)`; their features come out in this order.
    /// - Throws: What the engine throws; then no more views are begun.
    package mutating func join(_ views: [JoinedView]) async throws {
        var steps: [ViewJoin] = []
        for view in views { steps.append(try await step(view, withTimes: false)) }
        try await run(steps)
    }

    /// Memory follows the views that are joined at once, so more than this many wait.
    private static let concurrentViewLimit = 3

    private mutating func step(_ view: JoinedView, withTimes: Bool) async throws -> ViewJoin {
        let indexed = try await indexed(view)
        defer { viewCount += 1 }
        return ViewJoin(
            view: view, workspace: spine.workspace, index: indexed.index, keysTable: indexed.keysTable,
            number: viewCount, withTimes: withTimes)
    }

    private mutating func run(_ steps: [ViewJoin]) async throws {
        let engine = spine.workspace.engine
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, step) in steps.enumerated() {
                if place >= Self.concurrentViewLimit { try await group.next() }
                group.addTask { try await engine.onSessionThread { try step.run(on: $0) } }
            }
            // One by one, so that the first error ends the others.
            while try await group.next() != nil {}
        }
        parts += steps.flatMap(\.parts)
    }

    private mutating func indexed(_ view: JoinedView) async throws -> Indexed {
        let keys = view.keys.map(\.spineColumn)
        if let known = indexes[keys] { return known }
        let role = "keys \(indexes.count)"
        let (index, bounds) = try await spine.index(by: keys, role: role)
        let made = Indexed(index: index, keysTable: spine.workspace.table(role), bounds: bounds)
        indexes[keys] = made
        return made
    }

    /// The result: the spine's columns, then the features of each view in the order in which they were joined.
    ///
    /// - Parameters:
    ///   - spineColumns: Which of the spine's to give; `nil` is all.
    ///   - timesFirst: Whether the columns that `withTimes` added stand before the features.
    /// - Returns: SQL that gives one row for each of the spine's, in its order.
    package func resultSQL(spineColumns: [String]? = nil, timesFirst: Bool = false) -> String {
        let own = spineColumns.map { $0.map { "s." + quoteIdentifier($0) } } ?? ["s.*"]
        var items = parts.flatMap(\.items)
        if timesFirst { items = Array(items.suffix(2) + items.dropLast(2)) }
        items = own + items
        // All parts have a row for each of the spine's, in the order in which they were added.
        let joins = parts.map { " POSITIONAL JOIN \($0.table)" }.joined()
        return "SELECT \(items.joined(separator: ", ")) FROM \(spine.table) s\(joins)"
    }
}

/// The join of one view, on a session's thread.
private struct ViewJoin: Sendable {
    let view: JoinedView
    let workspace: JoinWorkspace
    let index: SpineIndex
    let keysTable: String
    let number: Int
    let withTimes: Bool

    private var narrow: [JoinedView.Feature] { view.features.filter(\.isNarrow) }
    private var wide: [JoinedView.Feature] { view.features.filter { !$0.isNarrow } }
    private var narrowRole: String { "narrow \(number)" }
    private var wideRole: String { "wide \(number)" }
    private var winnersRole: String { "winners \(number)" }

    /// In the order of the view's features.
    var parts: [(table: String, items: [String])] {
        var place = (narrow: 0, wide: 0)
        var items: [String] = []
        for feature in view.features {
            let column: String
            if feature.isNarrow {
                column = "n\(number).c\(place.narrow)"
                place.narrow += 1
            } else {
                column = "w\(number).w\(place.wide)"
                place.wide += 1
            }
            items.append("\(column) AS \(quoteIdentifier(feature.outputName))")
        }
        if withTimes {
            items += ["n\(number).event_time AS __event_time", "n\(number).created AS __created"]
        }
        var tables: [(String, [String])] = []
        if !narrow.isEmpty || withTimes { tables.append(("\(workspace.table(narrowRole)) n\(number)", [])) }
        if !wide.isEmpty { tables.append(("\(workspace.table(wideRole)) w\(number)", [])) }
        if !tables.isEmpty { tables[0].1 = items }
        return tables.map { (table: $0.0, items: $0.1) }
    }

    func run(on connection: EngineConnection) throws {
        let columns = SlotColumns(count: narrow.count)
        var rows = LatestRows(index: index, payloadWordCount: columns.wordCount)
        if let events = index.timeRange { try scan(events, columns, &rows, connection) }
        let matches = rows.matches(timeToLive: view.timeToLive)
        if !narrow.isEmpty || withTimes { try writeNarrow(matches, columns, rows, connection) }
        if wide.isEmpty { return }
        try writeWinners(matches, rows, connection)
        let events = index.timeRange ?? 0...0
        try connection.execute(
            "CREATE TABLE \(workspace.table(wideRole)) AS "
                + view.fetchSQL(winners: workspace.table(winnersRole), events: events))
        try connection.execute("DROP TABLE \(workspace.table(winnersRole))")
    }

    private func scan(
        _ events: ClosedRange<Int64>, _ columns: SlotColumns, _ rows: inout LatestRows,
        _ connection: EngineConnection
    ) throws {
        let result = try connection.stream(view.scanSQL(keysTable: keysTable, events: events))
        let hasCreated = view.createdColumn != nil
        let first = hasCreated ? 4 : 3
        var created = [Int64](repeating: .min, count: LatestRows.batchCapacity)
        while let chunk = try result.nextChunk() {
            let vectors = chunk.columns
            guard let ids = vectors[0].int32s?.baseAddress, let times = vectors[1].int64s?.baseAddress,
                let places = vectors[2].int64s?.baseAddress
            else { throw TarnError(.internal, "The rows of view \(view.name) have unforeseen types.") }
            var createdTimes = hasCreated ? vectors[3].int64s?.baseAddress : nil
            created.withUnsafeMutableBufferPointer { created in
                if let values = createdTimes, vectors[3].mayHaveNulls {
                    // A null created time counts as the earliest.
                    for row in 0..<chunk.rowCount {
                        created[row] = vectors[3].isNull(row) ? .min : values[row]
                    }
                    createdTimes = UnsafePointer(created.baseAddress)
                }
                let slots = rows.offer(
                    .init(
                        count: chunk.rowCount, entityIDs: ids, times: times, created: createdTimes,
                        tieBreaks: places))
                for place in 0..<columns.count {
                    columns.copy(vectors[first + place], place, to: slots, of: rows)
                }
            }
        }
    }

    private func writeNarrow(
        _ matches: [Int32], _ columns: SlotColumns, _ rows: borrowing LatestRows,
        _ connection: EngineConnection
    ) throws {
        var definitions = narrow.enumerated().map { "c\($0.offset) \($0.element.type.sqlName)" }
        if withTimes { definitions += ["event_time BIGINT", "created BIGINT"] }
        try connection.execute(
            "CREATE TABLE \(workspace.table(narrowRole)) (\(definitions.joined(separator: ", ")))")
        try workspace.load(narrowRole, on: connection) { appender in
            for start in stride(from: 0, to: matches.count, by: EngineChunkWriter.capacity) {
                let slots = matches[start..<min(start + EngineChunkWriter.capacity, matches.count)]
                try appender.appendChunk(rowCount: slots.count) { writers in
                    for place in 0..<columns.count {
                        columns.write(slots, place, of: rows, to: writers[place])
                    }
                    if withTimes {
                        writeHeads(slots, rows, writers[columns.count]) { $0.time }
                        writeHeads(slots, rows, writers[columns.count + 1]) {
                            $0.created == .min ? nil : $0.created
                        }
                    }
                }
            }
        }
    }

    private func writeHeads(
        _ slots: ArraySlice<Int32>, _ rows: borrowing LatestRows, _ writer: EngineColumnWriter,
        _ value: ((time: Int64, created: Int64, tieBreak: Int64)) -> Int64?
    ) {
        guard let values = writer.int64s else { return }
        for (index, slot) in slots.enumerated() {
            if slot >= 0, let number = value(rows.head(slot)) {
                values[index] = number
            } else {
                writer.setNull(index)
            }
        }
    }

    private func writeWinners(
        _ matches: [Int32], _ rows: borrowing LatestRows, _ connection: EngineConnection
    ) throws {
        try connection.execute("CREATE TABLE \(workspace.table(winnersRole)) (place BIGINT)")
        try workspace.load(winnersRole, on: connection) { appender in
            for start in stride(from: 0, to: matches.count, by: EngineChunkWriter.capacity) {
                let slots = matches[start..<min(start + EngineChunkWriter.capacity, matches.count)]
                try appender.appendChunk(rowCount: slots.count) { writers in
                    writeHeads(slots, rows, writers[0]) { $0.tieBreak }
                }
            }
        }
    }
}
