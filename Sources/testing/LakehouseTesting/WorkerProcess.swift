import Base
import Foundation

/// The StoreWorker program in a process of its own: for tests with two processes, and for killing one.
///
/// Not for several threads at once.
package final class WorkerProcess {
    private let process = Process()
    private let output = Pipe()
    private var buffer = Data()

    /// Starts the program that stands beside the test program.
    package init(_ arguments: [String]) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent()
            .appendingPathComponent("StoreWorker")
        process.arguments = arguments
        process.standardOutput = output
        try ProcessLaunch.start(process)
    }

    deinit {
        if process.isRunning { kill() }
    }

    /// The next line that the worker writes; `nil` once it has ended.
    package func readLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer = Data(buffer[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            buffer.append(more)
        }
    }

    /// Ends it as a power cut would, with no chance to tidy up.
    package func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for its end and answers the exit status.
    package func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}
