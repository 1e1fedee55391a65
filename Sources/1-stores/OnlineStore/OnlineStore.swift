package import Base

/// The number under which a feature view keeps its rows; given out by whoever defines the views, never used twice.
package struct OnlineViewID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

package struct OnlineStoreFacts: Hashable, Sendable {
    /// Bytes of the store's pages, those that wait to be used again included.
    package let byteCount: Int64
    package let entryCount: Int

    package init(byteCount: Int64, entryCount: Int) {
        self.byteCount = byteCount
        self.entryCount = entryCount
    }
}

/// The latest row of every entity, view by view: bytes by key, read in microseconds.
///
/// What the bytes mean is the caller's business. Every implementation passes `OnlineStoreContract` (LakehouseTesting).
package protocol OnlineStore: Sendable {
    /// Reads many keys, of one view or of several, as they are at one moment.
    ///
    /// Runs on the caller's thread. `body` is called once for each key, in order, with its position and its value, or
    /// `nil` where there is none. The bytes are only there during the call and need not be aligned: use
    /// `loadUnaligned`. `body` must not read from the store again.
    func read(_ keys: OnlineKeys, _ body: (Int, UnsafeRawBufferPointer?) -> Void) throws(TarnError)

    /// Writes rows, all or none, durable when it returns.
    ///
    /// - Parameters:
    ///   - rows: In order; of a key that comes twice, the second meets the first as its old value.
    ///   - shouldReplace: Decides with the old and the new value whether an entry that exists gives way; pure, since a
    ///     write may be tried again. A key that is new is always written.
    /// - Returns: How many rows were written.
    /// - Throws: `.resourceExhausted` when the disk is full, `.storage` when it fails; then nothing was written.
    @discardableResult
    func write(
        _ rows: OnlineRows,
        shouldReplace:
            @escaping @Sendable (_ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer) -> Bool
    ) async throws(TarnError) -> Int

    /// How many keys a view has; known without counting.
    func count(of view: OnlineViewID) throws(TarnError) -> Int

    /// Removes all rows of a view.
    func clear(_ view: OnlineViewID) async throws(TarnError)

    func facts() throws(TarnError) -> OnlineStoreFacts
}

extension OnlineStore {
    /// Reads keys of one view; see `read(_:_:)`, which spares an array for each key.
    package func read(
        view: OnlineViewID, keys: [[UInt8]], _ body: (Int, UnsafeRawBufferPointer?) -> Void
    ) throws(TarnError) {
        var flat = OnlineKeys()
        for key in keys { flat.append(view, key) }
        try read(flat, body)
    }

    /// Writes rows of one view; see `write(_:shouldReplace:)`, which spares two arrays for each row.
    @discardableResult
    package func write(
        view: OnlineViewID, entries: [(key: [UInt8], value: [UInt8])],
        shouldReplace: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) async throws(TarnError) -> Int {
        var rows = OnlineRows()
        for entry in entries { rows.append(view, key: entry.key, value: entry.value) }
        return try await write(rows, shouldReplace: shouldReplace)
    }
}
