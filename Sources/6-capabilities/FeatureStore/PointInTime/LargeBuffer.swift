internal import Glibc

/// Memory that is read and written in no order, on large pages where the system has them.
///
/// With pages of 4 KiB nearly every access to a table of many megabytes also misses the processor's cache of pages; large
/// ones took a tenth off the time of a join of a million events.
final class LargeBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    // Shared only after its one writer is done: an index is filled before it is handed out, and slots have one owner.
    let base: UnsafeMutablePointer<Element>
    let count: Int

    private static var pageByteCount: Int { 2 << 20 }

    init(count: Int, repeating value: Element) {
        self.count = count
        let byteCount = max(1, count) * MemoryLayout<Element>.stride
        let isLarge = byteCount >= 2 * Self.pageByteCount
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount, alignment: isLarge ? Self.pageByteCount : MemoryLayout<Element>.alignment)
        // Advice only: where it is refused the memory is as good, and slower.
        if isLarge { _ = madvise(raw, byteCount, MADV_HUGEPAGE) }
        base = raw.bindMemory(to: Element.self, capacity: max(1, count))
        base.initialize(repeating: value, count: max(1, count))
    }

    deinit { base.deallocate() }

    /// Valid as long as the buffer is.
    var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
}
