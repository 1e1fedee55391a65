/// The one error that leaves a room: what happened, to which object, and what to do about it.
///
/// ```swift
/// throw TarnError(
///     .notFound, "Table main.default.ordres does not exist. Did you mean main.default.orders?",
///     context: [("table", "main.default.ordres")])
/// ```
///
/// Messages are written for the person who made the call. They hold no secrets, no file paths beyond those the caller
/// named, and no names that the caller may not see.
public struct TarnError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is; each protocol maps it to its own error shape in one place.
    ///
    /// An open set: a new code breaks no `switch`.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The request itself is wrong: bad SQL, bad YAML, bad JSON, a value of the wrong type.
        public static let invalidInput = Code(rawValue: "INVALID_INPUT")
        /// A named object does not exist.
        public static let notFound = Code(rawValue: "NOT_FOUND")
        /// An object of that name exists already.
        public static let alreadyExists = Code(rawValue: "ALREADY_EXISTS")
        /// Nobody known asks: no token, or none that holds.
        public static let unauthenticated = Code(rawValue: "UNAUTHENTICATED")
        /// The caller may not do this.
        public static let permissionDenied = Code(rawValue: "PERMISSION_DENIED")
        /// The rows or the schema do not fit the table.
        public static let schemaMismatch = Code(rawValue: "SCHEMA_MISMATCH")
        /// A row breaks a rule of the table: NOT NULL, CHECK, an invariant, a generated column.
        public static let constraintViolation = Code(rawValue: "CONSTRAINT_VIOLATION")
        /// Another writer's commit makes this one impossible; repeating it as it is cannot help.
        public static let conflict = Code(rawValue: "CONFLICT")
        /// The object is in use or not empty.
        public static let failedPrecondition = Code(rawValue: "FAILED_PRECONDITION")
        /// The table needs a feature that this version of Tarn does not have.
        public static let unsupported = Code(rawValue: "UNSUPPORTED")
        /// Log, checkpoint or data file is missing, damaged or contradicts itself.
        public static let corruptMetadata = Code(rawValue: "CORRUPT_METADATA")
        /// A limit of size, memory, time or number was passed.
        public static let resourceExhausted = Code(rawValue: "RESOURCE_EXHAUSTED")
        /// The caller cancelled the work.
        public static let cancelled = Code(rawValue: "CANCELLED")
        /// Disk or network failed.
        public static let storage = Code(rawValue: "STORAGE")
        /// A mistake of Tarn's own.
        public static let `internal` = Code(rawValue: "INTERNAL")
    }

    public let code: Code
    /// A whole sentence or two: what happened, to which object, what to do.
    public let message: String
    /// The objects concerned, as name and value, in the order in which they matter.
    public let context: [(name: String, value: String)]
    /// Whether the same call may succeed if simply repeated.
    public let isRetryable: Bool
    /// The failure underneath, for logs.
    public let cause: (any Error)?

    public init(
        _ code: Code, _ message: String, context: [(String, String)] = [], isRetryable: Bool = false,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.context = context.map { (name: $0.0, value: $0.1) }
        self.isRetryable = isRetryable
        self.cause = cause
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
