import Base
package import Engine
package import Query

/// Turns the chunks of one result into text.
///
/// `begin` comes first, `end` last, also where there are no rows; bytes are appended to `out`, which the caller empties
/// as it likes, so results of any length pass through bounded memory.
package protocol RowWriter: Sendable {
    mutating func begin(_ columns: [ResultColumn], to out: inout [UInt8])
    mutating func write(_ chunk: EngineChunk, to out: inout [UInt8])
    mutating func end(to out: inout [UInt8])
}

/// One JSON array of objects, an object a line.
///
/// Whole numbers and decimals keep every digit, times are ISO 8601: see `EngineColumn.writeJSON`. Of columns with the
/// same name the later ones get a number, since an object has each name once: `id`, `id_1`.
package struct JSONRowWriter: RowWriter {
    /// `{"name":` or `,"name":`, a column.
    private var keys: [[UInt8]] = []
    private var isFirst = true

    package init() {}

    package mutating func begin(_ columns: [ResultColumn], to out: inout [UInt8]) {
        keys = distinctNames(columns.map(\.name)).enumerated().map { index, name in
            var key: [UInt8] = [index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
            appendName(name, to: &key)
            return key
        }
        isFirst = true
        out.append(UInt8(ascii: "["))
    }

    package mutating func write(_ chunk: EngineChunk, to out: inout [UInt8]) {
        let columns = chunk.columns
        for row in 0..<chunk.rowCount {
            if !isFirst { out.append(contentsOf: ",\n".utf8) }
            isFirst = false
            if keys.isEmpty { out.append(UInt8(ascii: "{")) }
            for index in keys.indices {
                out.append(contentsOf: keys[index])
                columns[index].writeJSON(row, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    package mutating func end(to out: inout [UInt8]) { out.append(contentsOf: "]\n".utf8) }
}

/// Comma-separated values with a header (RFC 4180; lines end with a line feed alone).
///
/// NULL is an empty field, an empty text is `""`. Values are written as DuckDB shows them.
package struct CSVRowWriter: RowWriter {
    package init() {}

    package mutating func begin(_ columns: [ResultColumn], to out: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            let start = out.count
            out.append(contentsOf: column.name.utf8)
            quoteIfNeeded(from: start, in: &out)
        }
        out.append(0x0A)
    }

    package mutating func write(_ chunk: EngineChunk, to out: inout [UInt8]) {
        let columns = chunk.columns
        for row in 0..<chunk.rowCount {
            for index in columns.indices {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                if columns[index].isNull(row) { continue }
                let start = out.count
                columns[index].writeText(row, to: &out)
                quoteIfNeeded(from: start, in: &out)
            }
            out.append(0x0A)
        }
    }

    package mutating func end(to out: inout [UInt8]) {}

    private func quoteIfNeeded(from start: Int, in out: inout [UInt8]) {
        let field = out[start...]
        let isSpecial = field.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
        }
        if !field.isEmpty, !isSpecial { return }
        let quoted = field.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
        out.removeSubrange(start...)
        out.append(UInt8(ascii: "\""))
        out.append(contentsOf: quoted)
        out.append(UInt8(ascii: "\""))
    }
}
