package import Engine

/// The values for a statement's parameters.
package enum SQLParameters: Sendable {
    /// For `?` in the order in which they stand, and for `$1`, `$2`...
    case positional([EngineValue])
    /// For `$name` and `:name`.
    case named([String: EngineValue])

    package static let none = SQLParameters.positional([])
}
