import Synchronization

/// Something that is done once, whoever comes first.
final class OnceFlag: Sendable {
    private let isSet = Mutex(false)

    /// Whether it had been set before.
    func exchangeTrue() -> Bool {
        isSet.withLock { isSet in
            defer { isSet = true }
            return isSet
        }
    }
}

/// Something that is opened when it is first needed.
///
/// Whoever asks meanwhile waits for the same opening; after a failure the next one tries again.
final class LazyRoom<Room: Sendable>: Sendable {
    private let opening = Mutex<Task<Room, any Error>?>(nil)
    private let opened = Mutex<Room?>(nil)
    private let open: @Sendable () async throws -> Room

    init(_ open: @escaping @Sendable () async throws -> Room) { self.open = open }

    /// The room, if it has been opened.
    var current: Room? { opened.withLock { $0 } }

    func get() async throws -> Room {
        if let room = current { return room }
        let task = opening.withLock { opening in
            if let opening { return opening }
            let task = Task {
                let room = try await open()
                opened.withLock { $0 = room }
                return room
            }
            opening = task
            return task
        }
        do { return try await task.value } catch {
            opening.withLock { $0 = nil }
            throw error
        }
    }
}
