import Base
import TableModel
import Testing

struct RowBitmapTests {
    /// Rows in clumps, lists and runs over a few blocks, so that every layout occurs.
    private func rows(_ random: SeededRandomSource) -> Set<UInt64> {
        var rows: Set<UInt64> = []
        for _ in 0..<1 + random.next() % 5 {
            let block = (random.next() % 4) << 16 | (random.next() % 2) << 33
            switch random.next() % 4 {
            case 0: for _ in 0..<random.next() % 50 { rows.insert(block + random.next() % 65_536) }
            case 1:
                let start = block + random.next() % 65_536
                for row in start..<start + random.next() % 9000 { rows.insert(row) }
            case 2: for _ in 0..<6000 { rows.insert(block + random.next() % 65_536) }
            default: rows.formUnion([block, block + 65_535, block + 65_536])
            }
        }
        return rows
    }

    private func check(_ bitmap: RowBitmap, is set: Set<UInt64>) {
        #expect(bitmap.rows == set.sorted())
        #expect(bitmap.count == set.count)
        #expect(bitmap.isEmpty == set.isEmpty)
        #expect(bitmap.max == set.max())
    }

    /// Everything a bitmap answers, a `Set` answers alike.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func isASet(_ seed: UInt64) {
        let random = SeededRandomSource(seed: seed)
        let (a, b) = (rows(random), rows(random))
        let (x, y) = (RowBitmap(a), RowBitmap(b))
        check(x, is: a)
        check(x.union(y), is: a.union(b))
        check(x.intersection(y), is: a.intersection(b))
        check(x.subtracting(y), is: a.subtracting(b))
        #expect(x.isDisjoint(with: y) == a.isDisjoint(with: b))
        let start = (random.next() % 4) << 16 + random.next() % 65_536
        let range = start..<start + random.next() % 70_000
        #expect(x.contains(anyIn: range) == a.contains { range.contains($0) })
        var inRange: [UInt64] = []
        x.forEach(in: range) { inRange.append($0) }
        #expect(inRange == a.filter { range.contains($0) }.sorted())
        var filled = x
        filled.insert(contentsOf: range)
        var wanted = a.union(range)
        check(filled, is: wanted)
        for _ in 0..<200 {
            let row = random.next() % 300_000
            #expect(x.contains(row) == a.contains(row))
            #expect(filled.insert(row) == wanted.insert(row).inserted)
        }
        check(filled, is: wanted)
    }

    /// Equality is about rows, not about how they are laid out.
    @Test func equalRowsAreEqual() {
        var run = RowBitmap()
        run.insert(contentsOf: 10..<5010)
        let bits = RowBitmap(10..<5010)
        #expect(run == bits)
        #expect(run.hashValue == bits.hashValue)
        #expect(run != RowBitmap(10..<5011))
        var touching = RowBitmap()
        touching.insert(contentsOf: 0..<10)
        touching.insert(contentsOf: 10..<20)
        #expect(touching == RowBitmap(0..<20))
        #expect(RowBitmap() == RowBitmap([]))
    }

    @Test func refusesBlocksOutOfOrder() {
        #expect(RowBitmap(ascending: [(2, .array([1])), (1, .array([1]))]) == nil)
        #expect(RowBitmap(ascending: [(1, .array([])), (2, .array([7]))])?.rows == [2 << 16 | 7])
    }
}
