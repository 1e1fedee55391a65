/// Which version of a table is meant.
package enum TimeTravel: Hashable, Sendable {
    case latest
    /// Exactly that version.
    case version(Int64)
    /// The newest version committed at or before that instant, in microseconds since 1970-01-01T00:00:00Z.
    case timestamp(microseconds: Int64)
}
