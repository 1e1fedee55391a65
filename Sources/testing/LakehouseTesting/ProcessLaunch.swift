import Foundation

/// Starts processes one after the other.
///
/// Foundation's `Process.run` walks over memory that other launches change at the same time, and has crashed on it.
enum ProcessLaunch {
    private static let lock = NSLock()

    static func start(_ process: Process) throws { try lock.withLock { try process.run() } }
}
