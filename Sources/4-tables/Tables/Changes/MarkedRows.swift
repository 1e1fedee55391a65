import DeltaLake
import TableModel

/// Rows of a scan's files, by the files' places in it.
struct MarkedRows: Sendable {
    private(set) var byFile: [RowBitmap]

    init(fileCount: Int) { byFile = Array(repeating: RowBitmap(), count: fileCount) }

    subscript(place: Int) -> RowBitmap { byFile[place] }

    /// Files with marked rows.
    var places: [Int] { byFile.indices.filter { !byFile[$0].isEmpty } }
    var isEmpty: Bool { byFile.allSatisfy(\.isEmpty) }
    var count: Int64 { byFile.reduce(0) { $0 + Int64($1.count) } }

    /// Adds the rows of a chunk.
    ///
    /// - Returns: How many were there already.
    mutating func insert(files: UnsafeBufferPointer<Int64>, rows: UnsafeBufferPointer<Int64>) -> Int {
        var repeats = 0
        var index = 0
        while index < files.count {
            let (file, first) = (files[index], rows[index])
            var end = index + 1
            while end < files.count, files[end] == file, rows[end] &- first == Int64(end - index) { end += 1 }
            let range = UInt64(first)..<UInt64(first) + UInt64(end - index)
            // Rows that follow each other, as a condition that holds for most rows gives them, go in at once.
            if end - index >= 32, !byFile[Int(file)].contains(anyIn: range) {
                byFile[Int(file)].insert(contentsOf: range)
            } else {
                for row in range where !byFile[Int(file)].insert(row) { repeats += 1 }
            }
            index = end
        }
        return repeats
    }

    mutating func formUnion(_ other: MarkedRows) {
        for place in byFile.indices where !other.byFile[place].isEmpty {
            byFile[place].formUnion(other.byFile[place])
        }
    }

    func union(_ other: MarkedRows) -> MarkedRows {
        var all = self
        all.formUnion(other)
        return all
    }
}
