import Base
import Foundation
import Lakehouse
import Synchronization

/// What one caller may ask of the server.
struct RequestLimits: Sendable {
    let bodyBytes: Int
    /// Longer paths with their queries are refused with 414.
    let pathBytes = 16 << 10
    let handlerSeconds: Int
    let time: any TimeSource
    /// Requests by principal, or by address for those who are nobody; `nil` for no limit.
    private let requests: TokenBuckets?
    /// Failed authentications by address: each one beyond takes a second to be answered.
    private let failures = TokenBuckets(perSecond: 1, burst: 20)
    let failureDelay = Duration.seconds(1)

    /// Requests a second where the settings leave it to Tarn, and others can reach the server.
    static let defaultRate = 1000

    init(_ settings: LakehouseSettings, time: any TimeSource) {
        bodyBytes = settings.server.bodyLimitBytes
        handlerSeconds = settings.server.handlerTimeoutSeconds
        self.time = time
        let isPrivate = ServerSafety.isLoopback(settings.server.host) && settings.auth.mode == "none"
        let rate = settings.server.rateLimit ?? (isPrivate ? 0 : Self.defaultRate)
        requests = rate == 0 ? nil : TokenBuckets(perSecond: Double(rate), burst: Double(max(2, 2 * rate)))
    }

    /// - Returns: Whole seconds to wait, or `nil` if the caller may go on.
    func wait(for caller: @autoclosure () -> String) -> Int? {
        guard let requests else { return nil }
        let seconds = requests.take(caller(), at: time.nowMicroseconds())
        return seconds > 0 ? max(1, Int(seconds.rounded(.up))) : nil
    }

    /// Waits before a failed authentication is answered, if its address has had many.
    func slowDown(failureFrom address: String?) async {
        if failures.take(Self.network(address), at: time.nowMicroseconds()) > 0 {
            try? await time.wait(for: failureDelay)
        }
    }

    /// An IPv4 address, or the /64 of an IPv6 address, which one caller has all of.
    static func network(_ address: String?) -> String {
        guard let address, address.contains(":") else { return address ?? "unknown" }
        let halves = address.split(separator: "%")[0].components(separatedBy: "::")
        var groups = halves[0].split(separator: ":").map(String.init)
        if halves.count > 1 {
            let rest = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - rest.count)) + rest
        }
        return groups.prefix(4).joined(separator: ":")
    }
}

/// Answers within a time, whatever the work does about it.
///
/// - Parameters:
///   - seconds: Then the work is cancelled, and `.resourceExhausted` thrown.
///   - time: The clock.
///   - work: Goes on in vain if it does not heed its cancellation.
/// - Returns: What the work returned.
/// - Throws: What the work throws, or `.resourceExhausted`.
func withTimeLimit<T: Sendable>(
    seconds: Int, time: any TimeSource, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    let race = Race<T>()
    let task = Task { race.finish(await Result { try await work() }) }
    let timer = Task {
        guard (try? await time.wait(for: .seconds(seconds))) != nil else { return }
        race.finish(
            .failure(
                TarnError(
                    .resourceExhausted,
                    "The request took longer than \(seconds) seconds (setting server.handler_timeout) and was ended."
                )))
        task.cancel()
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { race.wait($0) }
    } onCancel: {
        task.cancel()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// The first of two results, for one who waits.
private final class Race<T: Sendable>: Sendable {
    private struct State {
        var result: Result<T, any Error>?
        var waiter: CheckedContinuation<T, any Error>?
        var isOver = false
    }
    private let state = Mutex(State())

    func finish(_ result: Result<T, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<T, any Error>? in
            if state.isOver { return nil }
            state.isOver = true
            state.result = result
            return state.waiter
        }
        waiter?.resume(with: result)
    }

    func wait(_ continuation: CheckedContinuation<T, any Error>) {
        let result = state.withLock { state in
            if state.result == nil { state.waiter = continuation }
            return state.result
        }
        if let result { continuation.resume(with: result) }
    }
}
