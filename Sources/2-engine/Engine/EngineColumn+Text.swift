extension EngineColumn {
    /// Appends the value at `row` as DuckDB shows it and reads it back with `CAST`: nothing for null, `1.50`,
    /// `2024-02-29 12:00:00+00`, `\xAB` for bytes that are no printable ASCII, `[1, NULL]`, `{'a': 1}`, `{k=v}`.
    ///
    /// No quotes are put around the whole; the caller adds those that its format needs.
    package func writeText(_ row: Int, to out: inout [UInt8]) {
        if isNull(row) { return }
        writeValue(row, isNested: false, to: &out)
    }

    /// The value at `row` as DuckDB shows it; empty for null.
    package func text(_ row: Int) -> String {
        if type == .varchar, !isNull(row) { return string(row) }
        var out: [UInt8] = []
        writeText(row, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func writeValue(_ row: Int, isNested: Bool, to out: inout [UInt8]) {
        if isNull(row) { return ValueText.append("NULL", to: &out) }
        switch type {
        case .varchar, .json:
            isNested ? appendQuoted(bytes(row), to: &out) : out.append(contentsOf: bytes(row))
        case .enumeration:
            var label = label(row)
            label.withUTF8 { isNested ? appendQuoted($0, to: &out) : out.append(contentsOf: $0) }
        case .blob, .geometry: appendEscaped(bytes(row), to: &out)
        case .bit: ValueText.appendBits(UnsafeRawBufferPointer(bytes(row)), to: &out)
        case .bignum: bigNumber(row).append(to: &out)
        case .variant: VariantReader(self).writeJSON(row, to: &out)
        case .structure(let fields): writeStructure(fields, row, to: &out)
        case .union(let fields):
            let tag = unionTag(row)
            if fields.indices.contains(tag) {
                part(tag + 1, fields[tag].type).writeValue(row, isNested: isNested, to: &out)
            }
        case .map: writeMap(row, to: &out)
        case .list, .array: writeList(row, to: &out)
        case .double, .float: appendFloating(row, to: &out)
        default:
            if appendNumber(row, to: &out) { return }
            let start = out.count
            appendTime(row, style: .duckdb, to: &out)
            // Inside a nested value, a time's colons would read as the structure's own.
            if isNested, out[start...].contains(UInt8(ascii: ":")) {
                out.insert(UInt8(ascii: "'"), at: start)
                out.append(UInt8(ascii: "'"))
            }
        }
    }

    private func writeList(_ row: Int, to out: inout [UInt8]) {
        guard let elements else { return }
        out.append(UInt8(ascii: "["))
        let range = elementRange(row)
        for index in range {
            if index > range.lowerBound { ValueText.append(", ", to: &out) }
            elements.writeValue(index, isNested: true, to: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private func writeStructure(_ fields: [EngineField], _ row: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() {
            if index > 0 { ValueText.append(", ", to: &out) }
            out.append(UInt8(ascii: "'"))
            for byte in field.name.utf8 {
                if byte == UInt8(ascii: "'") { out.append(UInt8(ascii: "\\")) }
                out.append(byte)
            }
            ValueText.append("': ", to: &out)
            member(index)?.writeValue(row, isNested: true, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private func writeMap(_ row: Int, to out: inout [UInt8]) {
        guard let elements, let keys = elements.member(0), let values = elements.member(1) else { return }
        out.append(UInt8(ascii: "{"))
        let range = elementRange(row)
        for index in range {
            if index > range.lowerBound { ValueText.append(", ", to: &out) }
            keys.writeValue(index, isNested: true, to: &out)
            out.append(UInt8(ascii: "="))
            values.writeValue(index, isNested: true, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Text inside a nested value is quoted only where it could be taken for something else.
    private func appendQuoted(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        let isNull = text.count == 4 && String(decoding: text, as: UTF8.self).lowercased() == "null"
        if let first = text.first, let last = text.last, !isNull, !Self.isBlank(first), !Self.isBlank(last),
            !text.contains(where: Self.isSpecial)
        {
            out.append(contentsOf: text)
            return
        }
        out.append(UInt8(ascii: "'"))
        for byte in text {
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "'"))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ":"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }

    private func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        let plain: (UInt8) -> Bool = {
            $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "'")
                && $0 != UInt8(ascii: "\"")
        }
        for byte in bytes {
            if plain(byte) {
                out.append(byte)
            } else {
                ValueText.append("\\x", to: &out)
                out.append(ValueText.upperHexadecimalDigits[Int(byte >> 4)])
                out.append(ValueText.upperHexadecimalDigits[Int(byte & 15)])
            }
        }
    }
}
