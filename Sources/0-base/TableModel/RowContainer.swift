/// The rows of one block of 65,536 by their lower 16 bits; a part of `RowBitmap`.
package enum RowContainer: Sendable {
    /// Ascending, at most `arrayLimit`.
    case array([UInt16])
    /// A bit for each row in 1,024 words, lowest bit first, and how many are set.
    case bitmap([UInt64], count: Int)
    /// Ascending, neither overlapping nor touching.
    case runs([Run])

    /// The rows from `first` to `last`, both included.
    package struct Run: Hashable, Sendable {
        package var first: UInt16
        package var last: UInt16

        package init(first: UInt16, last: UInt16) {
            self.first = first
            self.last = last
        }

        var count: Int { Int(last) - Int(first) + 1 }
    }

    /// With more rows than this, bits take less room than a list.
    package static let arrayLimit = 4096
    package static let wordCount = 1024

    /// Rows given as bits, laid out as suits their number.
    package init(words: [UInt64]) {
        let count = words.reduce(0) { $0 + $1.nonzeroBitCount }
        if count > Self.arrayLimit {
            self = .bitmap(words, count: count)
            return
        }
        var values: [UInt16] = []
        values.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                values.append(UInt16(truncatingIfNeeded: index << 6 | rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        self = .array(values)
    }

    package var count: Int {
        switch self {
        case .array(let values): values.count
        case .bitmap(_, let count): count
        case .runs(let runs): runs.reduce(0) { $0 + $1.count }
        }
    }

    package var isEmpty: Bool {
        switch self {
        case .array(let values): values.isEmpty
        case .bitmap(_, let count): count == 0
        case .runs(let runs): runs.isEmpty
        }
    }

    var max: UInt16? {
        switch self {
        case .array(let values): values.last
        case .runs(let runs): runs.last?.last
        case .bitmap(let words, _):
            words.lastIndex { $0 != 0 }.map {
                UInt16(truncatingIfNeeded: $0 << 6 | (63 - words[$0].leadingZeroBitCount))
            }
        }
    }

    var byteCount: Int {
        switch self {
        case .array(let values): values.count * 2
        case .bitmap: Self.wordCount * 8
        case .runs(let runs): runs.count * 4
        }
    }

    func contains(_ row: UInt16) -> Bool {
        switch self {
        case .array(let values):
            let place = Self.place(of: row, in: values)
            return place < values.count && values[place] == row
        case .bitmap(let words, _): return words[Int(row >> 6)] >> UInt64(row & 63) & 1 == 1
        case .runs: return contains(anyIn: row...row)
        }
    }

    func contains(anyIn range: ClosedRange<UInt16>) -> Bool {
        switch self {
        case .array(let values):
            let place = Self.place(of: range.lowerBound, in: values)
            return place < values.count && values[place] <= range.upperBound
        case .bitmap(let words, _):
            return Self.wordRange(range).contains { words[$0] & Self.mask($0, range) != 0 }
        case .runs(let runs):
            let place = Self.place(of: range.lowerBound, in: runs)
            return place < runs.count && runs[place].first <= range.upperBound
        }
    }

    /// Adds a row and tells whether it was not there yet.
    mutating func insert(_ row: UInt16) -> Bool {
        switch self {
        case .array(var values):
            if let last = values.last, last < row, values.count < Self.arrayLimit {
                self = .array([])
                values.append(row)
                self = .array(values)
                return true
            }
            let place = Self.place(of: row, in: values)
            if place < values.count, values[place] == row { return false }
            if values.count == Self.arrayLimit {
                var words = words
                words[Int(row >> 6)] |= 1 << UInt64(row & 63)
                self = .bitmap(words, count: values.count + 1)
                return true
            }
            self = .array([])
            values.insert(row, at: place)
            self = .array(values)
            return true
        case .bitmap(var words, let count):
            if words[Int(row >> 6)] >> UInt64(row & 63) & 1 == 1 { return false }
            self = .array([])
            words[Int(row >> 6)] |= 1 << UInt64(row & 63)
            self = .bitmap(words, count: count + 1)
            return true
        case .runs:
            if contains(row) { return false }
            self = RowContainer(words: words)
            return insert(row)
        }
    }

    package func forEach(in range: ClosedRange<UInt16>, _ body: (UInt16) throws -> Void) rethrows {
        switch self {
        case .array(let values):
            var place = Self.place(of: range.lowerBound, in: values)
            while place < values.count, values[place] <= range.upperBound {
                try body(values[place])
                place += 1
            }
        case .bitmap(let words, _):
            for index in Self.wordRange(range) {
                var rest = words[index] & Self.mask(index, range)
                while rest != 0 {
                    try body(UInt16(truncatingIfNeeded: index << 6 | rest.trailingZeroBitCount))
                    rest &= rest - 1
                }
            }
        case .runs(let runs):
            var place = Self.place(of: range.lowerBound, in: runs)
            while place < runs.count, runs[place].first <= range.upperBound {
                let first = Swift.max(runs[place].first, range.lowerBound)
                for row in first...Swift.min(runs[place].last, range.upperBound) { try body(row) }
                place += 1
            }
        }
    }

    // MARK: Sets

    func union(_ other: RowContainer) -> RowContainer {
        if case .runs(let a) = self, case .runs(let b) = other { return .runs(Self.joined(a, b)) }
        return combined(other, |)
    }

    func intersection(_ other: RowContainer) -> RowContainer {
        if case .array(let values) = self { return .array(values.filter { other.contains($0) }) }
        if case .array(let values) = other { return .array(values.filter { contains($0) }) }
        return combined(other, &)
    }

    func subtracting(_ other: RowContainer) -> RowContainer {
        if case .array(let values) = self { return .array(values.filter { !other.contains($0) }) }
        return combined(other) { $0 & ~$1 }
    }

    func holdsSameRows(as other: RowContainer) -> Bool {
        if case .array(let a) = self, case .array(let b) = other { return a == b }
        return count == other.count && words == other.words
    }

    private func combined(_ other: RowContainer, _ operation: (UInt64, UInt64) -> UInt64) -> RowContainer {
        var words = words
        let others = other.words
        for index in words.indices { words[index] = operation(words[index], others[index]) }
        return RowContainer(words: words)
    }

    /// The runs of both in order, those that overlap or touch made one.
    private static func joined(_ a: [Run], _ b: [Run]) -> [Run] {
        var result: [Run] = []
        for run in (a + b).sorted(by: { $0.first < $1.first }) {
            if let last = result.last, Int(run.first) <= Int(last.last) + 1 {
                result[result.count - 1].last = Swift.max(last.last, run.last)
            } else {
                result.append(run)
            }
        }
        return result
    }

    // MARK: Layouts

    /// A bit for each row.
    package var words: [UInt64] {
        switch self {
        case .bitmap(let words, _): return words
        case .array(let values):
            var words = [UInt64](repeating: 0, count: Self.wordCount)
            for row in values { words[Int(row >> 6)] |= 1 << UInt64(row & 63) }
            return words
        case .runs(let runs):
            var words = [UInt64](repeating: 0, count: Self.wordCount)
            for run in runs {
                let range = run.first...run.last
                for index in Self.wordRange(range) { words[index] |= Self.mask(index, range) }
            }
            return words
        }
    }

    /// The rows as runs.
    package var runs: [Run] {
        if case .runs(let runs) = self { return runs }
        var runs: [Run] = []
        forEach(in: 0...(.max)) { row in
            if let last = runs.last?.last, last < row, last + 1 == row {
                runs[runs.count - 1].last = row
            } else {
                runs.append(Run(first: row, last: row))
            }
        }
        return runs
    }

    private static func wordRange(_ range: ClosedRange<UInt16>) -> ClosedRange<Int> {
        Int(range.lowerBound >> 6)...Int(range.upperBound >> 6)
    }

    /// The bits of a word that stand for rows of the range.
    private static func mask(_ word: Int, _ range: ClosedRange<UInt16>) -> UInt64 {
        var mask = UInt64.max
        if word == Int(range.lowerBound >> 6) { mask &= .max << UInt64(range.lowerBound & 63) }
        if word == Int(range.upperBound >> 6) { mask &= .max >> UInt64(63 - (range.upperBound & 63)) }
        return mask
    }

    /// The first place whose row is not less.
    private static func place(of row: UInt16, in values: [UInt16]) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first run that does not end before the row.
    private static func place(of row: UInt16, in runs: [Run]) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
