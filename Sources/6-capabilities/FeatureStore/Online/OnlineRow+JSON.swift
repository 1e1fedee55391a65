extension ByteSink {
    /// Appends a stored value as JSON.
    ///
    /// - Parameters:
    ///   - value: The tag and what follows it; more bytes may come after.
    ///   - depth: How deep in lists and structures the value is.
    /// - Returns: How many bytes the value took; `nil` if it is cut off or has an unknown tag. Then `null` was written.
    @discardableResult
    mutating func append(stored value: UnsafeRawBufferPointer, depth: Int = 0) -> Int? {
        var reader = StoredValueReader(bytes: value)
        let start = count
        if appendValue(&reader, depth) { return reader.position }
        truncate(to: start)
        append("null")
        return nil
    }

    private mutating func appendValue(_ reader: inout StoredValueReader, _ depth: Int) -> Bool {
        guard depth <= 64, let raw = reader.take(UInt8.self), let tag = OnlineRow.Tag(rawValue: raw) else {
            return false
        }
        switch tag {
        case .null: append("null")
        case .boolean: return appendTaken(reader.take(UInt8.self)) { $0.append($1 != 0 ? "true" : "false") }
        case .int8: return appendTaken(reader.take(Int8.self)) { $0.append(integer: Int64($1)) }
        case .int16: return appendTaken(reader.take(Int16.self)) { $0.append(integer: Int64($1)) }
        case .int32: return appendTaken(reader.take(Int32.self)) { $0.append(integer: Int64($1)) }
        case .int64: return appendTaken(reader.take(Int64.self)) { $0.append(integer: $1) }
        case .float: return appendTaken(reader.take(Float.self)) { $0.append(float: $1) }
        case .double: return appendTaken(reader.take(Double.self)) { $0.append(double: $1) }
        case .decimal:
            guard let scale = reader.take(UInt8.self), let unscaled = reader.take(Int128.self) else {
                return false
            }
            append(decimal: unscaled, scale: Int(scale))
        case .string: return appendTaken(reader.takeBytes()) { $0.append(storedText: $1) }
        case .binary: return appendTaken(reader.takeBytes()) { $0.append(base64: $1) }
        case .date:
            return appendTaken(reader.take(Int32.self)) {
                $0.append(UInt8(ascii: "\""))
                $0.append(date: Int64($1))
                $0.append(UInt8(ascii: "\""))
            }
        case .timestamp, .timestampNtz: return appendTaken(reader.take(Int64.self)) { $0.append(seconds: $1) }
        case .list, .map, .structure: return appendNested(tag, &reader, depth)
        }
        return true
    }

    /// Damaged text is mended with replacement characters: the answer stays JSON.
    private mutating func append(storedText bytes: UnsafeBufferPointer<UInt8>) {
        var bits: UInt8 = 0
        for byte in bytes { bits |= byte }
        if bits < 0x80 || String(validating: bytes, as: UTF8.self) != nil { return append(jsonString: bytes) }
        var mended = String(decoding: bytes, as: UTF8.self)
        mended.withUTF8 { append(jsonString: $0) }
    }

    private mutating func appendTaken<T>(_ value: T?, _ body: (inout ByteSink, T) -> Void) -> Bool {
        guard let value else { return false }
        body(&self, value)
        return true
    }

    private mutating func appendNested(
        _ tag: OnlineRow.Tag, _ reader: inout StoredValueReader, _ depth: Int
    ) -> Bool {
        guard let count = reader.take(UInt32.self) else { return false }
        let isList = tag == .list
        append(isList ? UInt8(ascii: "[") : UInt8(ascii: "{"))
        for index in 0..<count {
            if index > 0 { append(UInt8(ascii: ",")) }
            if !isList {
                guard appendMemberName(&reader, depth) else { return false }
                append(UInt8(ascii: ":"))
            }
            guard appendValue(&reader, depth + 1) else { return false }
        }
        append(isList ? UInt8(ascii: "]") : UInt8(ascii: "}"))
        return true
    }

    /// JSON names are strings: a key of another type is written as its own JSON in quotes.
    private mutating func appendMemberName(_ reader: inout StoredValueReader, _ depth: Int) -> Bool {
        var name = ByteSink(capacity: 64)
        guard name.appendValue(&reader, depth + 1) else { return false }
        let bytes = name.array
        if bytes.first == UInt8(ascii: "\"") {
            append(bytes)
        } else {
            bytes.withUnsafeBufferPointer { append(jsonString: $0) }
        }
        return true
    }
}

/// Takes the parts of a stored value one after another, never past its end.
struct StoredValueReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    @inline(__always)
    mutating func take<T: BitwiseCopyable>(_ type: T.Type) -> T? {
        guard bytes.count - position >= MemoryLayout<T>.size else { return nil }
        defer { position += MemoryLayout<T>.size }
        return bytes.loadUnaligned(fromByteOffset: position, as: type)
    }

    @inline(__always)
    mutating func takeBytes() -> UnsafeBufferPointer<UInt8>? {
        guard let length = take(UInt32.self), bytes.count - position >= Int(length) else { return nil }
        defer { position += Int(length) }
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + Int(length))])
        return part.assumingMemoryBound(to: UInt8.self)
    }
}
