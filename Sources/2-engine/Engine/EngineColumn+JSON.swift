package import Base

extension EngineColumn {
    /// Appends the value at `row` as JSON, without loss for every type.
    ///
    /// - Whole numbers of every width and decimals are JSON numbers with all their digits (`12.50` keeps its zero).
    /// - `NaN`, `Infinity` and `-Infinity` are strings.
    /// - Dates and times are ISO 8601 strings: `2024-02-29`, `2024-02-29T12:00:00.000000` without a zone,
    ///   `2024-02-29T12:00:00.000000Z` with one; years beyond four digits carry a sign; `infinity`, `-infinity`.
    /// - Binary values are strings of lower-case hexadecimal digits; bit strings are strings of `0` and `1`.
    /// - Lists are arrays; structures, and maps with the text of their keys, are objects; a union is an object with
    ///   the one member that is set; a JSON column is written as it is.
    package func writeJSON(_ row: Int, to out: inout [UInt8]) {
        if isNull(row) { return ValueText.append("null", to: &out) }
        switch type {
        case .varchar: return appendJSONString(bytes(row), to: &out)
        case .json: return appendDocument(row, to: &out)
        case .enumeration: return appendJSONString(label(row), to: &out)
        case .list, .array, .map, .structure, .union: return writeNestedJSON(row, to: &out)
        case .null, .unknown: return ValueText.append("null", to: &out)
        case .blob, .geometry:
            out.append(UInt8(ascii: "\""))
            ValueText.appendHexadecimal(UnsafeRawBufferPointer(bytes(row)), to: &out)
            out.append(UInt8(ascii: "\""))
        case .bignum: bigNumber(row).append(to: &out)
        case .variant: VariantReader(self).writeJSON(row, to: &out)
        case .bit:
            out.append(UInt8(ascii: "\""))
            ValueText.appendBits(UnsafeRawBufferPointer(bytes(row)), to: &out)
            out.append(UInt8(ascii: "\""))
        case .double: ValueText.appendJSON(data.load(fromByteOffset: row * 8, as: Double.self), to: &out)
        case .float: ValueText.appendJSON(data.load(fromByteOffset: row * 4, as: Float.self), to: &out)
        default:
            if appendNumber(row, to: &out) { return }
            out.append(UInt8(ascii: "\""))
            appendTime(row, style: .iso, to: &out)
            out.append(UInt8(ascii: "\""))
        }
    }

    /// The value at `row` as a JSON value; see `writeJSON` for the form.
    package func json(_ row: Int) -> JSONValue {
        if isNull(row) { return .null }
        switch type {
        case .varchar: return .string(string(row))
        case .boolean: return .bool(data.load(fromByteOffset: row, as: UInt8.self) != 0)
        default:
            var out: [UInt8] = []
            writeJSON(row, to: &out)
            // What is written here is JSON; a JSON column's own text may be damaged, and is then shown as text.
            return (try? JSONValue.parse(out)) ?? .string(String(decoding: out, as: UTF8.self))
        }
    }

    /// DuckDB checks documents when it casts to JSON, but a file's column may claim the type without that.
    private func appendDocument(_ row: Int, to out: inout [UInt8]) {
        let text = bytes(row)
        if (try? JSONValue.parse(text)) != nil {
            out.append(contentsOf: text)
        } else {
            appendJSONString(text, to: &out)
        }
    }

    private func writeNestedJSON(_ row: Int, to out: inout [UInt8]) {
        switch type {
        case .structure(let fields):
            out.append(UInt8(ascii: "{"))
            for (index, field) in fields.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                appendJSONString(field.name, to: &out)
                out.append(UInt8(ascii: ":"))
                member(index)?.writeJSON(row, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        case .union(let fields):
            let tag = unionTag(row)
            guard fields.indices.contains(tag) else { return ValueText.append("null", to: &out) }
            out.append(UInt8(ascii: "{"))
            appendJSONString(fields[tag].name, to: &out)
            out.append(UInt8(ascii: ":"))
            part(tag + 1, fields[tag].type).writeJSON(row, to: &out)
            out.append(UInt8(ascii: "}"))
        case .map: writeMapJSON(row, to: &out)
        default:
            guard let elements else { return ValueText.append("null", to: &out) }
            out.append(UInt8(ascii: "["))
            let range = elementRange(row)
            for index in range {
                if index > range.lowerBound { out.append(UInt8(ascii: ",")) }
                elements.writeJSON(index, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        }
    }

    private func writeMapJSON(_ row: Int, to out: inout [UInt8]) {
        guard let elements, let keys = elements.member(0), let values = elements.member(1) else { return }
        out.append(UInt8(ascii: "{"))
        let range = elementRange(row)
        for index in range {
            if index > range.lowerBound { out.append(UInt8(ascii: ",")) }
            if keys.type == .varchar {
                appendJSONString(keys.bytes(index), to: &out)
            } else {
                appendJSONString(keys.text(index), to: &out)
            }
            out.append(UInt8(ascii: ":"))
            values.writeJSON(index, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}
