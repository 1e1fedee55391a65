/// What PostgreSQL or libpq said, as far as it may be told: neither host, SQL nor values.
struct PostgresError: Error, CustomStringConvertible {
    /// The five characters of appendix A of PostgreSQL's manual; empty when libpq itself failed.
    let state: String
    /// The connection cannot be used any more; what it was doing may have happened or not.
    let isConnectionLost: Bool

    static let closed = PostgresError(state: closedState, isConnectionLost: false)
    private static let closedState = "closed"

    var isClosed: Bool { state == Self.closedState }

    /// Starting, stopping, too busy or not there: later it may be better.
    var isUnreachable: Bool {
        isConnectionLost || state.hasPrefix("08") || state.hasPrefix("57P") || state == "53300"
    }

    var description: String {
        state.isEmpty ? "PostgreSQL: the connection failed" : "PostgreSQL: SQLSTATE \(state)"
    }
}
