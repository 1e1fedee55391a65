import Base
import Foundation
import Glibc
import Lakehouse
import Testing

@testable import LakehouseServer

/// Bytes over a socket, in the pace that the test chooses.
final class SlowClient: Sendable {
    private let descriptor: Int32
    private static let threads = BlockingPool(name: "slow-clients", threadCount: 16)

    init(_ probe: HTTPProbe) async throws {
        let port = probe.port
        descriptor = try await Self.threads.run {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if descriptor < 0 || status != 0 { throw ProbeError(message: "connect: \(errno)") }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    /// Tells whether the server still takes bytes.
    func send(_ text: String) async throws -> Bool {
        try await Self.threads.run { [descriptor] in
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }

    /// All that comes until the server closes, or until 20 seconds pass without a byte.
    func rest() async throws -> (text: String, isClosed: Bool) {
        try await Self.threads.run { [descriptor] in
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count > 0 {
                    received += buffer[..<count]
                } else {
                    let isClosed = count == 0 || errno == ECONNRESET
                    return (String(decoding: received, as: UTF8.self), isClosed)
                }
            }
        }
    }
}

@Suite struct LimitTests {
    private static let post = "POST /api/2.0/sql/statements HTTP/1.1\r\nHost: x\r\n"

    /// Each of these would hold a connection for ever.
    @Test(arguments: [
        ("nothing at all", "", ""), ("half a head", "GET /health HTTP/1.1\r\nHost: x\r\nA", ""),
        ("a body that does not come", post + "Content-Length: 100\r\n\r\n", "HTTP/1.1 408"),
        ("chunks that do not end", post + "Transfer-Encoding: chunked\r\n\r\n5\r\n     \r\n", "HTTP/1.1 408"),
    ])
    func cutsOffWhoSendsTooSlowly(_ name: String, _ bytes: String, _ answer: String) async throws {
        try await withServer({ $0.server.requestTimeoutSeconds = 1 }) { probe, _ in
            let client = try await SlowClient(probe)
            _ = try await client.send(bytes)
            let (text, isClosed) = try await client.rest()
            #expect(isClosed, "\(name)")
            #expect(text.hasPrefix(answer), "\(text)")
            #expect(try await probe.get("/health").status == 200)
        }
    }

    /// A byte now and then does not put the end off.
    @Test func aTricklingBodyIsCutOff() async throws {
        try await withServer({ $0.server.requestTimeoutSeconds = 1 }) { probe, _ in
            let client = try await SlowClient(probe)
            _ = try await client.send(Self.post + "Content-Length: 100000\r\n\r\n")
            var count = 0
            while count < 150, try await client.send(" ") {
                count += 1
                try await SystemTimeSource().wait(for: .milliseconds(100))
            }
            #expect(count < 150)
        }
    }

    /// The answer comes at once, and the connection ends though the sender does not.
    @Test(arguments: ["", "Authorization: Bearer nonsense\r\n"])
    func aBodyWithoutEndIsAnsweredAndCutOff(_ header: String) async throws {
        try await withServer({ $0.server.bodyLimitBytes = 100_000 }) { probe, _ in
            let client = try await SlowClient(probe)
            _ = try await client.send(Self.post + header + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
            let before = residentBytes()
            var sent = 0
            while sent < 20_000, try await client.send(chunk) { sent += 1 }
            #expect(sent < 20_000)
            // All of it would be more than a gigabyte.
            #expect(residentBytes() - before < 600 << 20)
            #expect(try await probe.get("/health").status == 200)
        }
    }

    @Test(arguments: [
        ("a long path", "GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a path without end", "GET /" + String(repeating: "a", count: 5 << 20)),
        (
            "a long header",
            "GET /health HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 100_000) + "\r\n\r\n"
        ),
        (
            "many headers",
            "GET /health HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 10_000) + "\r\n"
        ),
        ("a length that is no number", post + "Content-Length: many\r\n\r\n"),
        ("a negative length", post + "Content-Length: -1\r\n\r\n"),
        ("a length beyond numbers", post + "Content-Length: 99999999999999999999999\r\n\r\n"),
        ("length and chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a chunk that is none", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        ("a chunk beyond numbers", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
        ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}"),
        ("garbage in the pipeline", "GET /health HTTP/1.1\r\nHost: x\r\n\r\n\u{0}\u{1}garbage\r\n\r\n"),
    ])
    func refusesWhatIsNoRequest(_ name: String, _ bytes: String) async throws {
        try await withServer({ $0.server.requestTimeoutSeconds = 2 }) { probe, _ in
            let client = try await SlowClient(probe)
            _ = try await client.send(bytes)
            let (text, isClosed) = try await client.rest()
            #expect(isClosed, "\(name): \(text.prefix(200))")
            #expect(!text.contains("HTTP/1.1 5"), "\(name): \(text.prefix(200))")
            #expect(try await probe.get("/health").status == 200)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer { probe, _ in
            let client = try await SlowClient(probe)
            var bytes = ""
            for n in 0..<200 {
                bytes += "GET \(n % 2 == 0 ? "/health" : "/nowhere") HTTP/1.1\r\nHost: x\r\n\r\n"
            }
            _ = try await client.send(bytes + "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let text = try await client.rest().text
            let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
            #expect(statuses == (0..<200).map { $0 % 2 == 0 ? "200" : "404" } + ["200"])
        }
    }

    @Test func aCallerWhoAsksTooOftenIsToldWhenToComeBack() async throws {
        try await withServer({
            $0.auth.mode = "required"
            $0.server.rateLimit = 1
        }) { probe, lake in
            let (ada, bob) = (try await lake.token("ada"), try await lake.token("bob"))
            func ask(_ token: String) async throws -> HTTPAnswer {
                try await probe.send("GET", "/version", headers: ["Authorization": "Bearer \(token)"])
            }
            // All at once: one after the other, a slow machine would not ask too often.
            let refused = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for _ in 0..<60 { group.addTask { try await ask(ada) } }
                return try await group.reduce(into: [HTTPAnswer]()) { $0.append($1) }
            }.first { $0.status != 200 }
            #expect(refused?.status == 429)
            #expect(refused?.headers["retry-after"].flatMap { Int($0) } == 1)
            #expect(try await ask(bob).status == 200)
        }
    }

    @Test func onlyAFewFailuresAreAnsweredAtOnce() async throws {
        let time = ManualTimeSource()
        let limits = RequestLimits(LakehouseSettings(), time: time)
        let start = time.nowMicroseconds()
        for _ in 0..<20 { await limits.slowDown(failureFrom: "192.0.2.1") }
        #expect(time.nowMicroseconds() == start)
        await limits.slowDown(failureFrom: "192.0.2.1")
        #expect(time.nowMicroseconds() == start + 1_000_000)
        await limits.slowDown(failureFrom: "192.0.2.2")
        #expect(time.nowMicroseconds() == start + 1_000_000)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"), ("2001:db8::6", "2001:db8:0:0"),
        ("::1", "0:0:0:0"), ("fe80::1%eth0", "fe80:0:0:0"),
    ])
    func countsByNetwork(_ address: String, _ network: String) {
        #expect(RequestLimits.network(address) == network)
    }

    /// Made up callers do not fill the memory.
    @Test func bucketsAreBounded() {
        let buckets = TokenBuckets(perSecond: 1, burst: 2, capacity: 100)
        for n in 0..<1000 { _ = buckets.take("\(n)", at: 0) }
        #expect(buckets.callerCount <= 100)
        #expect(TokenBuckets(perSecond: 2, burst: 1).take("a", at: 0) == 0)
    }

    @Test func handlersHaveATimeLimit() async {
        await #expect(throws: TarnError.self) {
            // Ignores that it was cancelled.
            try await withTimeLimit(seconds: 1, time: SystemTimeSource()) {
                for _ in 0..<50 { try? await SystemTimeSource().wait(for: .milliseconds(100)) }
                await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                    Task.detached {
                        try? await SystemTimeSource().wait(for: .seconds(3))
                        done.resume()
                    }
                }
            }
        }
        let quick = try? await withTimeLimit(seconds: 60, time: SystemTimeSource()) { 7 }
        #expect(quick == 7)
    }

    /// One connection more than are allowed waits until another ends.
    @Test func connectionsAreCounted() async throws {
        try await withServer({
            $0.server.maximumConnections = 2
            $0.server.requestTimeoutSeconds = 1
        }) { probe, _ in
            let idle = [try await SlowClient(probe), try await SlowClient(probe)]
            // Answered only after the two have been cut off.
            #expect(try await probe.get("/health").status == 200)
            for client in idle { #expect(try await client.rest().isClosed) }
        }
    }
}

/// What the process has in memory.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var (total, resident) = (0, 0)
    withUnsafeMutablePointer(to: &total) { total in
        withUnsafeMutablePointer(to: &resident) { resident in
            _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * 4096
}
