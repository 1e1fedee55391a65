package import Base

/// Why a store did not do what it was asked.
///
/// Paths are those of the store, below its root, so that no place of the machine leaks into a message.
package enum StorageError: Error, Hashable, Sendable {
    /// No object is at the path.
    case notFound(String)
    /// `put` with `.ifAbsent`: somebody else's object is there. Nothing was changed.
    case alreadyExists(String)
    /// No space (or quota) is left. Nothing was changed.
    case full(String)
    /// The store refuses this caller.
    case denied(String)
    /// The text cannot be a path of a store.
    case invalidPath(String)
    /// The call failed and, for a write, the object is as it was before.
    case failed(operation: String, path: String, reason: String)
    /// The write may or may not have happened, or may not outlive a power cut: read back before deciding.
    case outcomeUnknown(String)

    /// The error as the rest of the house sees it.
    ///
    /// - Parameters:
    ///   - action: What was being done and to which object, as in "read the log of main.default.orders"; `nil` leaves it out.
    ///   - context: Goes before the path in the error's context.
    /// - Returns: An error whose message has the path and what to do, and whose cause is this error.
    package func asTarnError(
        doing action: String? = nil, context: [(String, String)] = []
    ) -> TarnError {
        let (code, path, sentence, retry) = parts
        let message =
            action.map { "Cannot \($0): \(sentence)" }
            ?? (sentence.prefix(1).uppercased() + sentence.dropFirst())
        return TarnError(code, message, context: context + [("path", path)], isRetryable: retry, cause: self)
    }

    private var parts: (code: TarnError.Code, path: String, sentence: String, isRetryable: Bool) {
        switch self {
        case .notFound(let path):
            (.notFound, path, "object \(path) does not exist.", false)
        case .alreadyExists(let path):
            (.alreadyExists, path, "object \(path) exists already.", false)
        case .full(let path):
            (
                .resourceExhausted, path,
                "no space is left to write \(path). Free some space and repeat; nothing was changed.", true
            )
        case .denied(let path):
            (
                .storage, path,
                "permission for \(path) was denied. Check the owner and mode of the file and its folder.",
                false
            )
        case .invalidPath(let path):
            (
                .invalidInput, path,
                "\"\(path)\" is not a path below a store's root. Use parts joined by \"/\", none of them empty, \".\" or \"..\".",
                false
            )
        case .failed(let operation, let path, let reason):
            (.storage, path, "\(operation) of \(path) failed: \(reason).", true)
        case .outcomeUnknown(let path):
            (
                .storage, path,
                "it is not known whether \(path) was written. Read it back before repeating.", false
            )
        }
    }
}
