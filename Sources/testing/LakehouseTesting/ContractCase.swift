/// One rule that every implementation of a protocol keeps, as a test that any suite can run.
///
/// ```swift
/// @Test(arguments: ObjectStoreContract.cases)
/// func memoryStoreKeeps(_ rule: ContractCase<any ObjectStore>) async throws {
///     try await rule.check(MemoryStore())
/// }
/// ```
package struct ContractCase<Subject>: Sendable, CustomStringConvertible {
    package let rule: String
    /// Runs the case on a fresh, empty subject and throws what the subject did wrong.
    package let check: @Sendable (Subject) async throws -> Void

    package init(_ rule: String, _ check: @escaping @Sendable (Subject) async throws -> Void) {
        self.rule = rule
        self.check = check
    }

    package var description: String { rule }
}

/// What an implementation did against its contract.
package struct ContractViolation: Error, CustomStringConvertible {
    package let description: String
}

/// Throws unless the two are equal.
func expectEqual<T: Equatable>(_ found: T, _ expected: T, _ what: String = "", line: Int = #line) throws {
    if found != expected {
        throw ContractViolation(description: "line \(line): \(what) is \(found), not \(expected)")
    }
}

func expectTrue(_ condition: Bool, _ what: String, line: Int = #line) throws {
    if !condition { throw ContractViolation(description: "line \(line): \(what)") }
}

/// Throws unless `body` fails with an error that `isExpected`.
func expectFailure<E: Error>(
    _ what: String, line: Int = #line, where isExpected: (E) -> Bool, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as E where isExpected(error) {
        return
    } catch {
        throw ContractViolation(description: "line \(line): \(what) failed with \(error)")
    }
    throw ContractViolation(description: "line \(line): \(what) did not fail")
}
