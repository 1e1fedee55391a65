internal import Base
internal import Engine
internal import OnlineStore
internal import TableModel

/// Turns the engine's rows (keys, event time, created time, features) into rows of the online store.
struct ChunkRowEncoder {
    let view: RegisteredView
    private var key = EntityKey()
    private var writer: OnlineRowWriter
    private let id: OnlineViewID

    init(_ view: RegisteredView) {
        self.view = view
        id = OnlineViewID(view.onlineID)
        writer = OnlineRowWriter(featureCount: view.features.count)
    }

    /// Appends the rows of a chunk whose columns are the join keys, event time, created time, and the features.
    mutating func append(_ chunk: EngineChunk, to rows: inout OnlineRows) throws(TarnError) {
        let columns = chunk.columns
        let keyCount = view.joinKeys.count
        guard columns.count == keyCount + 2 + view.features.count, let times = columns[keyCount].int64s,
            let created = columns[keyCount + 1].int64s
        else { throw TarnError(.internal, "The rows of view \(view.name) have unforeseen columns.") }
        for row in 0..<chunk.rowCount where !columns[keyCount].isNull(row) {
            key.removeAll()
            if keyCount == 0 { key.appendWorld() }
            for place in 0..<keyCount { try append(columns[place], row, as: view.joinKeys[place]) }
            writer.begin(
                eventTime: times[row],
                created: columns[keyCount + 1].isNull(row) ? OnlineRow.noTime : created[row])
            for place in 0..<view.features.count {
                let column = columns[keyCount + 2 + place]
                if column.isNull(row) { continue }
                writer.startFeature(place)
                try writer.append(column, row)
            }
            key.bytes.withUnsafeBytes { key in
                writer.bytes.withUnsafeBytes { rows.append(id, key: key, value: $0) }
            }
        }
    }

    private mutating func append(_ column: EngineColumn, _ row: Int, as field: SchemaField) throws(TarnError)
    {
        switch (field.type, column.scalar(row)) {
        case (_, .integer(let value)): key.append(integer: value)
        case (_, .boolean(let value)): key.append(boolean: value)
        case (_, .date(let value)): key.append(date: value)
        case (_, .timestamp(let value)), (_, .timestampNtz(let value)): key.append(timestamp: value)
        case (.string, _) where column.holdsBytes: key.append(string: column.bytes(row))
        case (.binary, _) where column.holdsBytes: key.append(binary: column.bytes(row))
        default: throw TarnError(.internal, "The join key '\(field.name)' has an unforeseen type.")
        }
    }
}

extension OnlineRowWriter {
    /// Appends a value of any type that a Delta table can hold.
    mutating func append(_ column: EngineColumn, _ row: Int) throws(TarnError) {
        if column.isNull(row) { return appendNull() }
        switch column.type {
        case .boolean: if let values = column.bools { append(boolean: values[row]) }
        case .int8: if let values = column.int8s { append(int8: values[row]) }
        case .int16: if let values = column.int16s { append(int16: values[row]) }
        case .int32: if let values = column.int32s { append(int32: values[row]) }
        case .int64: if let values = column.int64s { append(int64: values[row]) }
        case .float: if let values = column.floats { append(float: values[row]) }
        case .double: if let values = column.doubles { append(double: values[row]) }
        case .date: if let values = column.int32s { append(date: values[row]) }
        case .timestampTz: if let values = column.int64s { append(timestamp: values[row]) }
        case .timestamp: if let values = column.int64s { append(timestampNtz: values[row]) }
        case .varchar, .json: append(string: column.bytes(row))
        case .blob: append(binary: column.bytes(row))
        case .decimal(_, let scale): append(decimal: Self.unscaled(column, row), scale: scale)
        case .list, .map: try appendElements(column, row)
        case .structure(let fields):
            startStructure(count: fields.count)
            for (index, field) in fields.enumerated() {
                var name = field.name
                name.withUTF8 { append(string: $0) }
                if let member = column.member(index) { try append(member, row) } else { appendNull() }
            }
        default:
            throw TarnError(.unsupported, "Values of type \(column.type.name) cannot be kept online.")
        }
    }

    private static func unscaled(_ column: EngineColumn, _ row: Int) -> Int128 {
        if let values = column.int16s { return Int128(values[row]) }
        if let values = column.int32s { return Int128(values[row]) }
        if let values = column.int64s { return Int128(values[row]) }
        return column.int128(row)
    }

    private mutating func appendElements(_ column: EngineColumn, _ row: Int) throws(TarnError) {
        let range = column.elementRange(row)
        guard let child = column.elements else { return appendNull() }
        guard case .map = column.type else {
            startList(count: range.count)
            for index in range { try append(child, index) }
            return
        }
        startMap(count: range.count)
        for index in range {
            for place in 0..<2 {
                if let part = child.member(place) { try append(part, index) } else { appendNull() }
            }
        }
    }
}
