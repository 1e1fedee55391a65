/// A growing run of bytes for responses: appending is a bounds check and a copy.
struct ByteSink: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    @inline(__always)
    mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafePointer<UInt8>, count more: Int) {
        reserve(more)
        (base + count).update(from: bytes, count: more)
        count += more
    }

    @inline(__always)
    mutating func append(_ text: StaticString) { append(text.utf8Start, count: text.utf8CodeUnitCount) }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        append(start, count: bytes.count)
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    /// Part of another.
    @inline(__always)
    mutating func append(_ other: borrowing ByteSink, _ range: Range<Int>) {
        append(other.base + range.lowerBound, count: range.count)
    }

    /// A text as it is, without quotes.
    mutating func append(text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// Takes back what was appended since `count` was `length`.
    mutating func truncate(to length: Int) { count = min(count, length) }

    var array: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

    /// Decimal digits.
    mutating func append(integer value: Int64) {
        reserve(20)
        if value < 0 { append(UInt8(ascii: "-")) }
        append(digits: value.magnitude, width: 0)
    }

    /// Decimal digits with leading zeros up to `width`.
    mutating func append(digits value: UInt64, width: Int) {
        reserve(20 + width)
        var rest = value
        var length = 1
        var bound: UInt64 = 10
        while length < 20, rest >= bound {
            length += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        let total = max(length, width)
        var place = count + total
        for _ in 0..<total {
            place -= 1
            base[place] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
            rest /= 10
        }
        count += total
    }
}
