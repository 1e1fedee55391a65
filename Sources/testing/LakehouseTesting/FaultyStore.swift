package import ObjectStore
import Synchronization

/// A store that works until a test says otherwise.
///
/// ```swift
/// for n in 1... {
///     let store = FaultyStore(MemoryStore(), failingCall: n, .after)
///     let reported = try? await commit(to: store)
///     ...
///     if !store.fired { break }  // n is past the last call: every point was visited
/// }
/// ```
package final class FaultyStore: ObjectStore {
    package enum Kind: Hashable, Sendable, CaseIterable {
        case get, put, head, list, delete, makeDurable, ensureFolder
    }

    /// Where in the failing call the fault strikes.
    package enum Moment: Hashable, Sendable, CaseIterable {
        /// Nothing was done; the call answers `.failed`.
        case before
        /// All was done; a write answers `.outcomeUnknown`, a read `.failed`.
        case after
        /// A put leaves the first half of its bytes, as an engine's own file may after a crash; others as `.before`.
        case tear

        /// The moments at which a store that keeps its contract can fail.
        package static let withoutTearing: [Moment] = [.before, .after]
    }

    /// A call as `onCall` sees it.
    package struct Call: Sendable {
        /// 1 for the first call of the store's life.
        package let number: Int
        package let kind: Kind
        package let path: StorePath
    }

    private struct State {
        var number = 0
        var fired = false
        var crashed = false
        var counts: [Kind: Int] = [:]
    }

    private let inner: any ObjectStore
    private let failingCall: Int?
    private let moment: Moment
    private let staysDown: Bool
    private let error: StorageError?
    private let kinds: Set<Kind>
    private let onCall: (@Sendable (Call) async -> Void)?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - inner: Does the work.
    ///   - failingCall: The number of the call that fails, from 1, counted over `kinds`; `nil`: none does.
    ///   - moment: Where in that call.
    ///   - crash: Whether every later call fails as well, as after a crash of the process or of the store.
    ///   - error: What the failing call throws in place of what `moment` says.
    ///   - kinds: The calls that count towards `failingCall`.
    ///   - onCall: Runs before each call takes effect: a place to delay it, or to let another writer act first.
    package init(
        _ inner: any ObjectStore, failingCall: Int? = nil, _ moment: Moment = .before, crash: Bool = false,
        error: StorageError? = nil, kinds: Set<Kind> = Set(Kind.allCases),
        onCall: (@Sendable (Call) async -> Void)? = nil
    ) {
        self.inner = inner
        self.failingCall = failingCall
        self.moment = moment
        staysDown = crash
        self.error = error
        self.kinds = kinds
        self.onCall = onCall
    }

    /// Whether the fault has struck.
    package var fired: Bool { state.withLock { $0.fired } }
    /// All calls so far, those after a crash included.
    package var callCount: Int { state.withLock { $0.counts.values.reduce(0, +) } }
    /// The calls so far by kind; `mapEach` counts one `get` for each object.
    package var counts: [Kind: Int] { state.withLock { $0.counts } }
    package func count(_ kind: Kind) -> Int { counts[kind] ?? 0 }
    package func resetCounts() { state.withLock { $0.counts = [:] } }

    package var rootURL: String { inner.rootURL }
    package func engineLocation(_ path: StorePath) -> String { inner.engineLocation(path) }

    package func get(_ path: StorePath) async throws(StorageError) -> [UInt8] {
        try await guarded(.get, path) { () throws(StorageError) in try await self.inner.get(path) }
    }

    package func get(_ path: StorePath, range: Range<Int64>) async throws(StorageError) -> [UInt8] {
        try await guarded(.get, path) { () throws(StorageError) in
            try await self.inner.get(path, range: range)
        }
    }

    package func put(_ path: StorePath, _ bytes: [UInt8], mode: PutMode) async throws(StorageError) {
        let half = Array(bytes.prefix(bytes.count / 2))
        try await guarded(
            .put, path, isWrite: true,
            tear: { () throws(StorageError) in try await self.inner.put(path, half, mode: mode) },
            { () throws(StorageError) in try await self.inner.put(path, bytes, mode: mode) })
    }

    package func head(_ path: StorePath) async throws(StorageError) -> StoredObject? {
        try await guarded(.head, path) { () throws(StorageError) in try await self.inner.head(path) }
    }

    package func list(_ folder: StorePath, after: String?) async throws(StorageError) -> [StoredObject] {
        try await guarded(.list, folder) { () throws(StorageError) in
            try await self.inner.list(folder, after: after)
        }
    }

    package func listRecursively(_ folder: StorePath) async throws(StorageError) -> [StoredObject] {
        try await guarded(.list, folder) { () throws(StorageError) in
            try await self.inner.listRecursively(folder)
        }
    }

    package func walk(
        _ folder: StorePath, entering: @escaping @Sendable (StorePath) -> Bool,
        wanting: @escaping @Sendable (StorePath) -> Bool
    ) async throws(StorageError) -> [StoredObject] {
        try await guarded(.list, folder) { () throws(StorageError) in
            try await self.inner.walk(folder, entering: entering, wanting: wanting)
        }
    }

    package func absent(among paths: [StorePath]) async throws(StorageError) -> [StorePath] {
        try await guarded(.head, paths.first ?? .root) { () throws(StorageError) in
            try await self.inner.absent(among: paths)
        }
    }

    package func copyIn(_ copies: [(from: String, to: StorePath)]) async throws(StorageError) {
        for copy in copies {
            try await guarded(.put, copy.to, isWrite: true) { () throws(StorageError) in
                try await self.inner.copyIn([copy])
            }
        }
    }

    package func delete(_ path: StorePath) async throws(StorageError) {
        try await guarded(.delete, path, isWrite: true) { () throws(StorageError) in
            try await self.inner.delete(path)
        }
    }

    package func deleteRecursively(_ folder: StorePath) async throws(StorageError) {
        try await guarded(.delete, folder, isWrite: true) { () throws(StorageError) in
            try await self.inner.deleteRecursively(folder)
        }
    }

    package func makeDurable(_ paths: [StorePath]) async throws(StorageError) {
        try await guarded(.makeDurable, paths.first ?? .root, isWrite: true) { () throws(StorageError) in
            try await self.inner.makeDurable(paths)
        }
    }

    package func ensureFolder(_ path: StorePath) async throws(StorageError) {
        try await guarded(.ensureFolder, path, isWrite: true) { () throws(StorageError) in
            try await self.inner.ensureFolder(path)
        }
    }

    package func mapEach<T: Sendable>(
        _ paths: [StorePath], _ body: @escaping @Sendable (Int, [UInt8]) throws -> T
    ) async throws -> [T] {
        for path in paths { try await guarded(.get, path) { () throws(StorageError) in } }
        return try await inner.mapEach(paths, body)
    }

    /// Counts the call, strikes if it is the one, and does the work otherwise.
    private func guarded<T: Sendable>(
        _ kind: Kind, _ path: StorePath, isWrite: Bool = false,
        tear: (@Sendable () async throws(StorageError) -> Void)? = nil,
        _ work: @Sendable () async throws(StorageError) -> T
    ) async throws(StorageError) -> T {
        let (number, strikes, isDown) = state.withLock { state in
            state.counts[kind, default: 0] += 1
            if state.crashed { return (state.number, false, true) }
            if kinds.contains(kind) { state.number += 1 }
            let strikes = !state.fired && kinds.contains(kind) && state.number == failingCall
            if strikes {
                state.fired = true
                state.crashed = staysDown
            }
            return (state.number, strikes, false)
        }
        let failure = StorageError.failed(
            operation: "\(kind)", path: path.text, reason: "a fault was injected")
        if isDown { throw failure }
        await onCall?(Call(number: number, kind: kind, path: path))
        guard strikes else { return try await work() }
        switch moment {
        case .before:
            throw error ?? failure
        case .after:
            _ = try await work()
            throw error ?? (isWrite ? .outcomeUnknown(path.text) : failure)
        case .tear:
            try await tear?()
            throw error ?? (tear == nil ? failure : .outcomeUnknown(path.text))
        }
    }
}
