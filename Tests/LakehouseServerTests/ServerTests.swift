import Base
import Lakehouse
import LakehouseServer
import Logging
import Synchronization
import Testing

@Suite struct ServerTests {
    @Test func answersHealthVersionAndMetrics() async throws {
        try await withServer { probe, _ in
            let health = try await probe.get("/health?deep=1")
            #expect(health.status == 200)
            #expect(health.text == #"{"status":"ok"}"#)
            #expect(try await probe.get("/version").json()["name"]?.string == "tarn")
            _ = try await probe.get("/nowhere")
            let metrics = try await probe.get("/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            for line in [
                #"tarn_http_requests_total{method="GET",route="/health",status="2xx"} 1"#,
                #"tarn_http_requests_total{method="other",route="unmatched",status="4xx"} 1"#,
                #"tarn_http_request_seconds_count{method="GET",route="/health"} 1"#,
                #"tarn_http_request_seconds_bucket{method="GET",route="/health",le="+Inf"} 1"#,
                "# TYPE tarn_sql_statements_total counter",
            ] { #expect(metrics.text.contains(line + "\n"), "\(line)") }
        }
    }

    /// Every sample's metric was announced, its samples stand together, and buckets never fall.
    @Test func metricsAreWellFormed() async throws {
        try await withServer { probe, _ in
            for _ in 0..<5 { _ = try await probe.get("/health") }
            _ = try await probe.post("/api/2.0/sql/statements", #"{"statement": "SELECT 1"}"#)
            var announced: Set<String> = []
            var current = ""
            var lastBucket = 0
            for line in try await probe.get("/metrics").text.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") {
                    current = String(line.split(separator: " ")[2])
                    #expect(announced.insert(current).inserted, "\(current) twice")
                    continue
                }
                if line.hasPrefix("#") { continue }
                #expect(line.hasPrefix(current), "\(line) under \(current)")
                guard let value = Double(line.split(separator: " ").last ?? "") else {
                    Issue.record("no number: \(line)")
                    continue
                }
                if line.contains("_bucket{") {
                    if line.contains(#"le="0.0001""#) { lastBucket = 0 }
                    #expect(Int(value) >= lastBucket)
                    lastBucket = Int(value)
                }
            }
        }
    }

    @Test(arguments: [
        ("GET", "/nowhere", 404, "error"), ("GET", "/", 404, "error"), ("POST", "/health", 405, "error"),
        ("GET", "/api/2.0/nothing", 404, "error_code"),
        ("DELETE", "/api/2.0/sql/statements", 405, "error_code"),
        ("GET", "/api/2.0/sql/statements/a/b/c/d", 404, "error_code"), ("GET", "/%zz", 404, "error"),
        ("GET", "/api/2.0/sql/statements/%zz", 404, "error_code"),
        ("GET", "/api/2.0/sql/statements/no-such", 404, "error_code"),
        ("PUT", "/get-online-features", 405, "detail"),
    ])
    func answersWrongRequestsInTheProtocolsWords(
        _ method: String, _ path: String, _ status: Int, _ member: String
    ) async throws {
        try await withServer { probe, _ in
            let answer = try await probe.send(method, path)
            #expect(answer.status == status)
            #expect(try answer.json()[member] != nil, "\(answer.text)")
            if status == 405 { #expect(answer.headers["allow"] != nil) }
        }
    }

    @Test func headHasNoBody() async throws {
        try await withServer { probe, _ in
            let answer = try await probe.send("HEAD", "/health")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
        }
    }

    @Test func refusesBodiesBeyondTheLimit() async throws {
        try await withServer({ $0.server.bodyLimitBytes = 1000 }) { probe, _ in
            let body = #"{"statement": ""# + String(repeating: "x", count: 2000) + #""}"#
            let answer = try await probe.post("/api/2.0/sql/statements", body)
            #expect(answer.status == 413)
            let message = try answer.json()["message"]?.string
            #expect(message?.contains("server.body_limit") == true)
            let chunked =
                "POST /api/2.0/sql/statements HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n800\r\n\(String(repeating: " ", count: 0x800))\r\n0\r\n\r\n"
            #expect(try await probe.raw(Array(chunked.utf8)).status == 413)
            #expect(try await probe.get("/health").status == 200)
        }
    }

    /// Whatever bytes come, the server stays and answers the next request.
    @Test func survivesNoise() async throws {
        try await withServer { probe, _ in
            let random = SeededRandomSource(seed: 3)
            for start in [
                "", "GET ", "GET / HTTP/1.1\r\n",
                "POST /api/2.0/sql/statements HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
            ] {
                let noise = (0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                // No answer at all is right for what is no HTTP.
                _ = try? await probe.raw(Array(start.utf8) + noise + Array("\r\n\r\n\r\n".utf8))
                let status = try await probe.get("/health").status
                #expect(status == 200)
            }
        }
    }

    @Test func tellsThatAnAddressIsTaken() async throws {
        try await withServer { probe, _ in
            let error = try await #require(throws: TarnError.self) {
                try await withServer({ $0.server.port = Int(probe.port) }) { _, _ in }
            }
            #expect(error.code == .failedPrecondition)
            #expect(error.message.contains("\(probe.port)"))
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.0.9", true), ("localhost", true), ("::1", true), ("0.0.0.0", false),
        ("192.168.1.2", false), ("::", false), ("example.org", false), ("127.0.0.1.example.org", false),
        ("127", false),
    ])
    func listensOnThisMachineOnly(_ host: String, _ isAllowed: Bool) {
        let refused: TarnError?
        do throws(TarnError) {
            _ = try ServerSafety.check(host: host, isAuthenticationRequired: false)
            refused = nil
        } catch { refused = error }
        #expect((refused == nil) == isAllowed)
    }
}

@Suite struct StandardErrorLogTests {
    private func lines(json: Bool, _ body: (Logger) -> Void) -> [String] {
        let written = Mutex<[String]>([])
        var logger = Logger(label: "tarn") { label in
            StandardErrorLog(
                label: label, level: .info, writesJSON: json,
                time: ManualTimeSource(microseconds: 1_700_000_000_123_000)
            ) { line in written.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        }
        logger[metadataKey: "home"] = "/a b"
        body(logger)
        return written.withLock { $0 }
    }

    @Test func writesALineForPeople() {
        let found = lines(json: false) { logger in
            logger.debug("unseen")
            logger.warning("two\nlines", metadata: ["code": "X"])
        }
        #expect(found == ["2023-11-14T22:13:20.123Z WARNING two\\nlines code=X home=\"/a b\"\n"])
    }

    @Test func writesAnObjectForMachines() throws {
        let found = lines(json: true) { $0.error("failed", metadata: ["code": "X\"Y"]) }
        let object = try JSONValue.parse(try #require(found.first))
        #expect(object["level"]?.string == "error")
        #expect(object["time"]?.string == "2023-11-14T22:13:20.123Z")
        #expect(object["code"]?.string == "X\"Y")
    }
}
