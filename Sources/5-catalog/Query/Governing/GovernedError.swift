internal import Base

/// What is told of an error where row filters or masks hold.
///
/// DuckDB's messages show values (`Could not convert string '...' to INT32`), and a policy's own expressions may fail
/// on values behind it. What a query's text is wrong about is told, for that depends on no value.
enum GovernedError {
    /// Kinds of errors of the text, found before any row is read.
    private static let aboutText: Set<String> = [
        "binder", "catalog", "parser", "syntax", "parameternotresolved",
    ]

    /// The error to tell in the place of one, given the names of the governed tables.
    static func hiding(_ error: any Error, _ governed: Set<String>) -> any Error {
        guard !governed.isEmpty, let error = error as? TarnError else { return error }
        return hiding(error, governed, isInserted: { _ in false }) ?? error
    }

    /// - Returns: The error to tell in its place; `nil` where it may be told as it is.
    static func hiding(_ error: TarnError, in query: PreparedQuery, shift: Int) -> TarnError? {
        hiding(error, query.governed) { query.text.isInserted(max(0, $0 - shift)) }
    }

    private static func hiding(
        _ error: TarnError, _ governed: Set<String>, isInserted: (Int) -> Bool
    ) -> TarnError? {
        let kind = error.context.first { $0.name == "kind" }?.value ?? ""
        let place = error.context.first { $0.name == "position" }.flatMap { Int($0.value) }
        let name = governed.sorted().joined(separator: ", ")
        switch error.code {
        case .cancelled, .resourceExhausted, .notFound, .failedPrecondition: return nil
        default: break
        }
        if aboutText.contains(kind.lowercased().filter { $0 != " " }) {
            // Text that Tarn put around a table is nobody's to see.
            guard let place, isInserted(place) else { return nil }
            return TarnError(
                .failedPrecondition,
                "The row filter or a mask of \(name) cannot be applied. Its owner has to check the functions that they call."
            )
        }
        if kind.isEmpty { return nil }
        return TarnError(
            error.code,
            "The query cannot be computed (\(kind) error). Row filters or masks hold on \(name), so it is not told which value is in the way.",
            context: [("kind", kind)])
    }
}

extension EditedText {
    /// Whether a place lies in text that was put in, not in the user's own.
    func isInserted(_ offset: Int) -> Bool {
        pieces.last { $0.start <= offset }.map { !$0.isCopy } ?? false
    }
}
