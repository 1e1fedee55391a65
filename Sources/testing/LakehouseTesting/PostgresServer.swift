import Base
import Foundation
import Synchronization

/// A PostgreSQL for the tests of this process: started when the first test asks, gone with the process.
///
/// `scripts/postgres-for-tests` runs it and stops it when its standard input ends, however this process ends. A machine
/// without PostgreSQL fails the tests that need one.
package final class PostgresServer: Sendable {
    /// Of a database that all tests share, each with a schema of its own.
    package let url: String
    private let input: FileHandle
    private let output: Mutex<FileHandle>

    private static let shared = Mutex<Result<PostgresServer, any Error>?>(nil)
    private static let starter = BlockingPool(name: "tarn-postgres", threadCount: 1)
    private static let schemas = Mutex(0)

    /// The server that all tests share; starting it takes seconds.
    package static func forTests() async throws -> PostgresServer {
        try await starter.run {
            try shared.withLock { known in
                let result = known ?? Result { try PostgresServer() }
                known = result
                return try result.get()
            }
        }
    }

    /// A server of one's own, that a test may stop and kill.
    package init() throws {
        let process = Process()
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = Self.script
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try ProcessLaunch.start(process)
        // Ours must be the only end that is open for writing, or the script would never see the end.
        try input.fileHandleForReading.close()
        try output.fileHandleForWriting.close()
        let line = try Self.line(from: output.fileHandleForReading)
        guard line.hasPrefix("postgresql://") else {
            let reason = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
            throw TarnError(.failedPrecondition, "This test needs PostgreSQL. \(reason)")
        }
        url = line
        self.input = input.fileHandleForWriting
        self.output = Mutex(output.fileHandleForReading)
    }

    deinit { try? input.close() }

    private static var script: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../scripts/postgres-for-tests"
        )
        .standardizedFileURL
    }

    /// The address of a schema that no other test has.
    package func freshAddress() -> String {
        let number = Self.schemas.withLock { number in
            number += 1
            return number
        }
        return url + "?schema=test_\(number)&pool=2"
    }

    /// Ends all its processes as a power cut would.
    package func kill() throws { try command("kill") }

    package func stop() throws { try command("stop") }

    package func start() throws { try command("start") }

    private func command(_ word: String) throws {
        try output.withLock { output in
            try input.write(contentsOf: Data((word + "\n").utf8))
            guard try Self.line(from: output) == "ok" else {
                throw TarnError(.internal, "PostgreSQL did not \(word).")
            }
        }
    }

    private static func line(from file: FileHandle) throws -> String {
        var bytes = Data()
        while let byte = try file.read(upToCount: 1), byte != Data([UInt8(ascii: "\n")]) { bytes += byte }
        return String(decoding: bytes, as: UTF8.self)
    }
}
