import TableModel

/// Row bitmaps to and from the portable serialisation of 64-bit Roaring bitmaps.
///
/// A count of 32-bit bitmaps, then each with the upper half of its rows before it. All numbers are little-endian.
/// Roaring format specification, "Standard 32-bit Roaring Bitmap" and "Extension for 64-bit Implementations".
enum RoaringBytes {
    private static let plainCookie: UInt32 = 12346
    private static let runCookie: UInt16 = 12347
    /// A bitmap with runs and fewer containers than this has no list of offsets.
    private static let offsetThreshold = 4

    // MARK: Writing

    static func encode(_ bitmap: RowBitmap) -> [UInt8] {
        var halves: [(upper: UInt64, range: Range<Int>)] = []
        for (index, key) in bitmap.keys.enumerated() {
            if halves.last?.upper == key >> 16 {
                halves[halves.count - 1].range = halves[halves.count - 1].range.lowerBound..<index + 1
            } else {
                halves.append((key >> 16, index..<index + 1))
            }
        }
        var out: [UInt8] = []
        append(UInt64(halves.count), to: &out)
        for (upper, range) in halves {
            append(UInt32(truncatingIfNeeded: upper), to: &out)
            encode32(bitmap.keys[range], bitmap.containers[range].map(Stored.init), to: &out)
        }
        return out
    }

    /// A container in its shortest form.
    private struct Stored {
        let count: Int
        let runs: [RowContainer.Run]?
        let container: RowContainer

        init(_ container: RowContainer) {
            let count = container.count
            let runs = container.runs
            let others = count <= RowContainer.arrayLimit ? count * 2 : RowContainer.wordCount * 8
            self.count = count
            self.container = container
            self.runs = 2 + runs.count * 4 < others ? runs : nil
        }

        var byteCount: Int {
            if let runs { return 2 + runs.count * 4 }
            return count <= RowContainer.arrayLimit ? count * 2 : RowContainer.wordCount * 8
        }
    }

    private static func encode32(_ keys: ArraySlice<UInt64>, _ stored: [Stored], to out: inout [UInt8]) {
        let start = out.count
        let hasRuns = stored.contains { $0.runs != nil }
        if hasRuns {
            append(UInt32(runCookie) | UInt32(stored.count - 1) << 16, to: &out)
            var flags = [UInt8](repeating: 0, count: (stored.count + 7) / 8)
            for (index, item) in stored.enumerated() where item.runs != nil {
                flags[index / 8] |= 1 << UInt8(index % 8)
            }
            out.append(contentsOf: flags)
        } else {
            append(plainCookie, to: &out)
            append(UInt32(stored.count), to: &out)
        }
        for (key, item) in zip(keys, stored) {
            append(UInt16(truncatingIfNeeded: key), to: &out)
            append(UInt16(truncatingIfNeeded: item.count - 1), to: &out)
        }
        if !hasRuns || stored.count >= offsetThreshold {
            var offset = out.count - start + stored.count * 4
            for item in stored {
                append(UInt32(offset), to: &out)
                offset += item.byteCount
            }
        }
        for item in stored { encode(item, to: &out) }
    }

    private static func encode(_ item: Stored, to out: inout [UInt8]) {
        if let runs = item.runs {
            append(UInt16(runs.count), to: &out)
            for run in runs {
                append(run.first, to: &out)
                append(run.last - run.first, to: &out)
            }
        } else if item.count <= RowContainer.arrayLimit {
            item.container.forEach(in: 0...(.max)) { append($0, to: &out) }
        } else {
            for word in item.container.words { append(word, to: &out) }
        }
    }

    static func append<T: FixedWidthInteger>(_ value: T, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }

    // MARK: Reading

    /// - Throws: `DamagedBitmap` saying what is wrong.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(DamagedBitmap) -> RowBitmap {
        var reader = Reader(bytes)
        let halfCount = try reader.take(UInt64.self)
        // Each takes at least its upper half and a cookie.
        if halfCount > UInt64(bytes.count) / 8 { throw DamagedBitmap("it claims \(halfCount) parts") }
        var blocks: [(key: UInt64, container: RowContainer)] = []
        for _ in 0..<halfCount {
            let upper = UInt64(try reader.take(UInt32.self))
            try decode32(upper << 16, &reader, into: &blocks)
        }
        if reader.left != 0 { throw DamagedBitmap("\(reader.left) bytes follow its end") }
        guard let bitmap = RowBitmap(ascending: blocks) else { throw DamagedBitmap("its keys do not ascend") }
        return bitmap
    }

    /// The form of the first writers: a count, then each 32-bit bitmap with its size before it; its place is the
    /// upper half.
    static func decodeOld(
        _ bytes: ArraySlice<UInt8>, isBigEndian: Bool
    ) throws(DamagedBitmap) -> RowBitmap {
        var reader = Reader(bytes)
        func number() throws(DamagedBitmap) -> UInt32 {
            let number = try reader.take(UInt32.self)
            return isBigEndian ? number.byteSwapped : number
        }
        let count = try number()
        if Int(count) > bytes.count / 8 { throw DamagedBitmap("it claims \(count) parts") }
        var blocks: [(key: UInt64, container: RowContainer)] = []
        for upper in 0..<UInt64(count) {
            let size = Int(try number())
            let before = reader.left
            try decode32(upper << 16, &reader, into: &blocks)
            if before - reader.left != size { throw DamagedBitmap("a part's size is wrong") }
        }
        if reader.left != 0 { throw DamagedBitmap("\(reader.left) bytes follow its end") }
        guard let bitmap = RowBitmap(ascending: blocks) else { throw DamagedBitmap("its keys do not ascend") }
        return bitmap
    }

    private static func decode32(
        _ upper: UInt64, _ reader: inout Reader, into blocks: inout [(key: UInt64, container: RowContainer)]
    ) throws(DamagedBitmap) {
        let cookie = try reader.take(UInt32.self)
        var runFlags: [UInt8]?
        let count: Int
        if UInt16(truncatingIfNeeded: cookie) == runCookie {
            count = Int(cookie >> 16) + 1
            runFlags = Array(try reader.take(byteCount: (count + 7) / 8))
        } else if cookie == plainCookie {
            count = Int(try reader.take(UInt32.self))
        } else {
            throw DamagedBitmap("it does not begin as a Roaring bitmap")
        }
        if count > 65_536 { throw DamagedBitmap("it claims \(count) containers") }
        var heads: [(key: UInt16, count: Int)] = []
        for _ in 0..<count {
            heads.append((try reader.take(UInt16.self), Int(try reader.take(UInt16.self)) + 1))
        }
        if runFlags == nil || count >= offsetThreshold { _ = try reader.take(byteCount: count * 4) }
        for (index, head) in heads.enumerated() {
            let isRun = runFlags.map { $0[index / 8] >> UInt8(index % 8) & 1 == 1 } ?? false
            let container =
                isRun ? try reader.runs() : try reader.container(rowCount: head.count)
            if container.count != head.count { throw DamagedBitmap("a container's size is wrong") }
            blocks.append((upper | UInt64(head.key), container))
        }
    }

    private struct Reader {
        private let bytes: ArraySlice<UInt8>
        private var position: Int

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
            position = bytes.startIndex
        }

        var left: Int { bytes.endIndex - position }

        mutating func take(byteCount: Int) throws(DamagedBitmap) -> ArraySlice<UInt8> {
            if byteCount > left { throw DamagedBitmap("it ends too early") }
            defer { position += byteCount }
            return bytes[position..<position + byteCount]
        }

        mutating func take<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type) throws(DamagedBitmap) -> T
        {
            let size = MemoryLayout<T>.size
            let slice = try take(byteCount: size)
            return slice.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
        }

        mutating func values<T: FixedWidthInteger>(
            _ type: T.Type, count: Int
        ) throws(DamagedBitmap) -> [T] {
            let size = MemoryLayout<T>.size
            let slice = try take(byteCount: count * size)
            return slice.withUnsafeBytes { raw in
                (0..<count).map {
                    T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: T.self))
                }
            }
        }

        mutating func runs() throws(DamagedBitmap) -> RowContainer {
            let count = Int(try take(UInt16.self))
            let numbers = try values(UInt16.self, count: count * 2)
            var runs: [RowContainer.Run] = []
            runs.reserveCapacity(count)
            for index in 0..<count {
                let (first, length) = (numbers[index * 2], numbers[index * 2 + 1])
                let (last, overflow) = first.addingReportingOverflow(length)
                if overflow { throw DamagedBitmap("a run leaves its container") }
                if let before = runs.last?.last {
                    if first <= before { throw DamagedBitmap("its runs do not ascend") }
                    if first == before + 1 {
                        runs[runs.count - 1].last = last
                        continue
                    }
                }
                runs.append(RowContainer.Run(first: first, last: last))
            }
            return .runs(runs)
        }

        mutating func container(rowCount: Int) throws(DamagedBitmap) -> RowContainer {
            if rowCount > RowContainer.arrayLimit {
                let words = try values(UInt64.self, count: RowContainer.wordCount)
                return .bitmap(words, count: words.reduce(0) { $0 + $1.nonzeroBitCount })
            }
            let rows = try values(UInt16.self, count: rowCount)
            for index in rows.indices.dropFirst() where rows[index - 1] >= rows[index] {
                throw DamagedBitmap("its rows do not ascend")
            }
            return .array(rows)
        }
    }
}

/// Why bytes are no row bitmap, as the end of a sentence.
struct DamagedBitmap: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
