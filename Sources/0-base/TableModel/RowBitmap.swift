/// A set of row numbers of one file: what a deletion vector says, what a statement deletes.
///
/// ```swift
/// var gone = RowBitmap([3, 70_000])
/// gone.insert(contentsOf: 100..<200)
/// gone.contains(anyIn: 4096..<6144)    // false
/// ```
///
/// Laid out as Roaring bitmaps are: a sorted list of blocks of 65,536 rows, each with its rows as a list, as bits or as
/// runs, whichever suits. A value; copies share storage until they are changed.
package struct RowBitmap: Sendable {
    /// The upper 48 bits of the rows of each block, ascending.
    package private(set) var keys: [UInt64] = []
    /// The lower 16 bits of each block's rows; none is empty.
    package private(set) var containers: [RowContainer] = []

    package init() {}

    /// The rows in any order; a row may come twice.
    package init(_ rows: some Sequence<UInt64>) {
        for row in rows { insert(row) }
    }

    /// Blocks that are in order already.
    ///
    /// - Returns: `nil` if the keys do not ascend.
    package init?(ascending blocks: [(key: UInt64, container: RowContainer)]) {
        keys.reserveCapacity(blocks.count)
        containers.reserveCapacity(blocks.count)
        for (key, container) in blocks {
            if let last = keys.last, last >= key { return nil }
            if container.isEmpty { continue }
            keys.append(key)
            containers.append(container)
        }
    }

    package var isEmpty: Bool { keys.isEmpty }

    /// The number of rows.
    ///
    /// - Complexity: O(blocks).
    package var count: Int { containers.reduce(0) { $0 + $1.count } }

    /// The largest row number; `nil` if there is none.
    package var max: UInt64? {
        guard let key = keys.last, let low = containers.last?.max else { return nil }
        return key << 16 | UInt64(low)
    }

    /// About how much memory the rows take.
    package var byteCount: Int { containers.reduce(64) { $0 + 24 + $1.byteCount } }

    package func contains(_ row: UInt64) -> Bool {
        guard let index = index(of: row >> 16) else { return false }
        return containers[index].contains(UInt16(truncatingIfNeeded: row))
    }

    /// Whether one of the rows in the range is in the set.
    package func contains(anyIn range: Range<UInt64>) -> Bool {
        if range.isEmpty { return false }
        var index = place(of: range.lowerBound >> 16)
        let last = range.upperBound - 1
        while index < keys.count, keys[index] <= last >> 16 {
            let low = keys[index] == range.lowerBound >> 16 ? UInt16(truncatingIfNeeded: range.lowerBound) : 0
            let high = keys[index] == last >> 16 ? UInt16(truncatingIfNeeded: last) : .max
            if containers[index].contains(anyIn: low...high) { return true }
            index += 1
        }
        return false
    }

    /// Adds a row.
    ///
    /// - Returns: Whether it was not there yet.
    @discardableResult
    package mutating func insert(_ row: UInt64) -> Bool {
        let (key, low) = (row >> 16, UInt16(truncatingIfNeeded: row))
        if keys.last == key { return containers[keys.count - 1].insert(low) }
        let index = place(of: key)
        if index < keys.count, keys[index] == key { return containers[index].insert(low) }
        keys.insert(key, at: index)
        containers.insert(.array([low]), at: index)
        return true
    }

    /// Adds every row of a range.
    package mutating func insert(contentsOf range: Range<UInt64>) {
        if range.isEmpty { return }
        var blocks: [(UInt64, RowContainer)] = []
        let last = range.upperBound - 1
        for key in (range.lowerBound >> 16)...(last >> 16) {
            let low = key == range.lowerBound >> 16 ? UInt16(truncatingIfNeeded: range.lowerBound) : 0
            let high = key == last >> 16 ? UInt16(truncatingIfNeeded: last) : .max
            blocks.append((key, .runs([RowContainer.Run(first: low, last: high)])))
        }
        if let added = RowBitmap(ascending: blocks) { formUnion(added) }
    }

    /// Calls `body` with every row in ascending order.
    package func forEach(_ body: (UInt64) throws -> Void) rethrows {
        for (key, container) in zip(keys, containers) {
            try container.forEach(in: 0...(.max)) { try body(key << 16 | UInt64($0)) }
        }
    }

    /// Calls `body` with every row of the set that lies in the range, in ascending order.
    package func forEach(in range: Range<UInt64>, _ body: (UInt64) throws -> Void) rethrows {
        if range.isEmpty { return }
        var index = place(of: range.lowerBound >> 16)
        let last = range.upperBound - 1
        while index < keys.count, keys[index] <= last >> 16 {
            let key = keys[index]
            let low = key == range.lowerBound >> 16 ? UInt16(truncatingIfNeeded: range.lowerBound) : 0
            let high = key == last >> 16 ? UInt16(truncatingIfNeeded: last) : .max
            try containers[index].forEach(in: low...high) { try body(key << 16 | UInt64($0)) }
            index += 1
        }
    }

    /// All rows, ascending.
    package var rows: [UInt64] {
        var rows: [UInt64] = []
        rows.reserveCapacity(count)
        forEach { rows.append($0) }
        return rows
    }

    // MARK: Sets

    package mutating func formUnion(_ other: RowBitmap) { self = union(other) }

    package func union(_ other: RowBitmap) -> RowBitmap {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return merged(other, keepsLeft: true, keepsRight: true) { $0.union($1) }
    }

    package func intersection(_ other: RowBitmap) -> RowBitmap {
        merged(other, keepsLeft: false, keepsRight: false) { $0.intersection($1) }
    }

    package func subtracting(_ other: RowBitmap) -> RowBitmap {
        merged(other, keepsLeft: true, keepsRight: false) { $0.subtracting($1) }
    }

    package func isDisjoint(with other: RowBitmap) -> Bool { intersection(other).isEmpty }

    /// Goes through the blocks of both in step; what only one has is kept or dropped as told.
    private func merged(
        _ other: RowBitmap, keepsLeft: Bool, keepsRight: Bool,
        _ both: (RowContainer, RowContainer) -> RowContainer
    ) -> RowBitmap {
        var result = RowBitmap()
        var (i, j) = (0, 0)
        while i < keys.count || j < other.keys.count {
            if j == other.keys.count || i < keys.count && keys[i] < other.keys[j] {
                if keepsLeft { result.append(keys[i], containers[i]) }
                i += 1
            } else if i == keys.count || other.keys[j] < keys[i] {
                if keepsRight { result.append(other.keys[j], other.containers[j]) }
                j += 1
            } else {
                let container = both(containers[i], other.containers[j])
                if !container.isEmpty { result.append(keys[i], container) }
                i += 1
                j += 1
            }
        }
        return result
    }

    private mutating func append(_ key: UInt64, _ container: RowContainer) {
        keys.append(key)
        containers.append(container)
    }

    /// Where the block is, or where it would have to be put in.
    private func place(of key: UInt64) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func index(of key: UInt64) -> Int? {
        let place = place(of: key)
        return place < keys.count && keys[place] == key ? place : nil
    }
}

extension RowBitmap: Hashable {
    /// Equal where the same rows are in both, whatever their layout.
    package static func == (a: RowBitmap, b: RowBitmap) -> Bool {
        a.keys == b.keys && zip(a.containers, b.containers).allSatisfy { $0.holdsSameRows(as: $1) }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(keys)
        for container in containers { hasher.combine(container.count) }
    }
}

extension RowBitmap: CustomStringConvertible {
    package var description: String { "\(count) rows" }
}
