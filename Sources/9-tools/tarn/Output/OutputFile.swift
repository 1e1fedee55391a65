import Base
import Foundation
import Synchronization
import Terminal

/// Where rows go: standard output, or a file that appears under its name only when it is complete.
final class OutputFile: Sendable {
    private let path: String?
    private let temporaryPath: String
    private let terminal: Terminal
    private let isClosed = Mutex(false)

    /// Opens the file at once, so that a wrong path is known before the statement runs; `nil` is standard output.
    init(path: String?) throws(TarnError) {
        self.path = path
        temporaryPath = (path ?? "") + ".part-\(getpid())"
        guard path != nil else {
            terminal = .output
            return
        }
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
        if descriptor < 0 { throw Self.failure(path ?? "", errno) }
        terminal = Terminal(descriptor: descriptor)
    }

    deinit {
        if path != nil, !isClosed.withLock({ $0 }) {
            close(terminal.descriptor)
            unlink(temporaryPath)
        }
    }

    /// Writes and empties the buffer.
    func write(_ bytes: inout [UInt8]) throws(TarnError) {
        let isWritten = bytes.withUnsafeBufferPointer { terminal.writeAll($0) }
        if !isWritten { throw Self.failure(path ?? "standard output", errno) }
        bytes.removeAll(keepingCapacity: true)
    }

    /// Gives the file its name.
    func finish() throws(TarnError) {
        guard let path else { return }
        isClosed.withLock { $0 = true }
        if close(terminal.descriptor) != 0 || rename(temporaryPath, path) != 0 {
            let number = errno
            unlink(temporaryPath)
            throw Self.failure(path, number)
        }
    }

    private static func failure(_ path: String, _ number: Int32) -> TarnError {
        TarnError(
            .storage, "Cannot write to \(path): \(String(cString: strerror(number))).",
            context: [("file", path)])
    }
}
