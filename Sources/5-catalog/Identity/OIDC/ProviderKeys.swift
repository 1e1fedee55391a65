import Base
import JWTKit

/// A provider's keys as they were last had, brought up to date when a token names one that is not there.
actor ProviderKeys {
    private let fetch: @Sendable () async throws -> [UInt8]
    private let time: any TimeSource
    private var known: KeySet?
    private var lastTry: Int64?
    private var fetching: Task<KeySet, any Error>?

    /// Unknown keys, made up ones too, lead to a request at most so often.
    static let pauseMicroseconds: Int64 = 10_000_000
    /// Keys are asked for anew after so long, so that one that was taken back stops to hold.
    static let lifetimeMicroseconds: Int64 = 3600 * 1_000_000

    /// - Parameters:
    ///   - time: For the pauses.
    ///   - fetch: Gets the JSON of the key set.
    init(time: any TimeSource, fetch: @escaping @Sendable () async throws -> [UInt8]) {
        self.time = time
        self.fetch = fetch
    }

    /// What checks a signature by this algorithm and key.
    ///
    /// While the provider is down, the keys that are known go on to hold.
    ///
    /// - Returns: `nil` if the provider has no such key.
    /// - Throws: `.storage` if no keys could be had so far.
    func verify(_ token: SignedToken) async throws(TarnError) -> Bool {
        let now = time.nowMicroseconds()
        let isOld = lastTry.map { now - $0 >= Self.lifetimeMicroseconds } ?? true
        if !isOld, let verifier = known?.verifier(algorithm: token.algorithm, keyID: token.keyID) {
            return Self.check(token, verifier)
        }
        let mayAsk = fetching != nil || (lastTry.map { now - $0 >= Self.pauseMicroseconds } ?? true)
        if mayAsk { await refresh(at: now) }
        guard let known else {
            throw TarnError(
                .storage,
                "The identity provider's keys cannot be had at the moment; try again, or use a token of Tarn's.",
                isRetryable: true)
        }
        return known.verifier(algorithm: token.algorithm, keyID: token.keyID).map { Self.check(token, $0) }
            ?? false
    }

    private static func check(_ token: SignedToken, _ verifier: some JWTAlgorithm) -> Bool {
        (try? verifier.verify(token.signature, signs: token.signedBytes)) ?? false
    }

    /// Whoever comes meanwhile waits for the same answer.
    private func refresh(at now: Int64) async {
        let task: Task<KeySet, any Error>
        if let fetching {
            task = fetching
        } else {
            lastTry = now
            task = Task { [fetch] in try await KeySet(json: try await fetch()) }
            fetching = task
        }
        let result = await task.result
        fetching = nil
        if case .success(let keys) = result { known = keys }
    }
}
