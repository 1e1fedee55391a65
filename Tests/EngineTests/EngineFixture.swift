import Engine
import Foundation

/// An engine with one thread and one session: enough for what a single connection must do.
func withConnection<T: Sendable>(
    _ settings: EngineSettings = EngineSettings(threads: 1, connections: 1),
    _ body: @escaping @Sendable (EngineConnection) throws -> T
) async throws -> T {
    let engine = try Engine(settings: settings)
    defer { engine.close() }
    return try await engine.onSessionThread(body)
}

/// One engine for the many small cases that make no tables: opening one costs 30 ms.
private let shared = Result { try Engine(settings: EngineSettings(threads: 1, connections: 2)) }

func withSharedConnection<T: Sendable>(
    _ body: @escaping @Sendable (EngineConnection) throws -> T
) async throws -> T {
    try await shared.get().onSessionThread(body)
}

/// A folder of the test's own, removed afterwards.
func withTemporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

/// A seeded generator, so that a failure can be repeated from the seed in its message.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
