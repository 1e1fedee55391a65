import Base

extension DeltaTable {
    /// A statement is begun at most so many times.
    private static let statementLimit = 10

    /// Runs a statement, and runs it again on the table's new version where another writer's commit came in between.
    ///
    /// The waits between the runs grow and differ by chance, so that writers who disturb each other spread out; those of
    /// one process repeat theirs one after the other.
    ///
    /// ```swift
    /// try await retryingConflicts {
    ///     let base = try await refresh()
    ///     // read, decide, stage
    ///     return try await commit(prepared, on: base)
    /// }
    /// ```
    ///
    /// - Parameter body: The whole statement, from reading the newest snapshot to the commit.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; the last conflict once ten runs have met one.
    package func retryingConflicts<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let error as TarnError where Self.isWorthRepeating(error) {}
        return try await retries.take {
            var runs = 1
            while true {
                try Task.checkCancellation()
                try await backOff(runs, unitMilliseconds: 8)
                runs += 1
                do { return try await body() } catch let error as TarnError
                    where Self.isWorthRepeating(error)
                {
                    if runs == Self.statementLimit { throw givingUp(error, runs) }
                }
            }
        }
    }

    /// `retryingConflicts`, with the table's name in what is thrown.
    func repeating<T>(_ body: () async throws -> T) async throws -> T {
        try await naming { try await retryingConflicts(body) }
    }

    /// Not where a statement within this one has been repeated often enough.
    private static func isWorthRepeating(_ error: TarnError) -> Bool {
        error.code == .conflict && error.isRetryable && !error.context.contains { $0.name == "attempts" }
    }

    private func givingUp(_ error: TarnError, _ runs: Int) -> TarnError {
        TarnError(
            .conflict, "\(error.message) It was tried \(runs) times.",
            context: error.context.map { ($0.name, $0.value) } + [("attempts", "\(runs)")], isRetryable: true,
            cause: error)
    }

    /// Waits a random time below a limit that grows with the number of losses, up to 32 units.
    func backOff(_ losses: Int, unitMilliseconds: Double) async throws {
        let limit = unitMilliseconds * Double(1 << min(losses, 5))
        try await context.time.wait(for: .microseconds(Int64(limit * 1000 * context.random.fraction())))
    }
}
