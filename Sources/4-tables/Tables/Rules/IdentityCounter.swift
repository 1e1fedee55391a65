import Base
import DeltaLake
import Engine
import TableModel

/// Counts up an identity column's values while rows are written: a sequence of the engine's session.
struct IdentityCounter: Sendable {
    let column: String
    private let identity: IdentityColumn
    private let sequence: String

    init(_ column: String, _ identity: IdentityColumn, number: Int, prefix: String) {
        self.column = column
        self.identity = identity
        sequence = "__tarn_identity_\(prefix.replacing("-", with: "_"))_\(number)"
    }

    /// SQL for the next value.
    var sql: String { "nextval(\(quoteLiteral(sequence)))" }

    /// Makes the sequence; `end` takes it away again.
    ///
    /// - Throws: `.resourceExhausted` if 64 bits do not hold the next value.
    func begin(on connection: EngineConnection) throws(TarnError) {
        guard let next = identity.next else { throw exhausted() }
        let bounds =
            identity.step > 0
            ? "MINVALUE \(min(next, identity.start)) MAXVALUE \(Int64.max)"
            : "MINVALUE \(Int64.min) MAXVALUE \(max(next, identity.start))"
        try connection.execute(
            "CREATE TEMP SEQUENCE \(sequence) INCREMENT BY \(identity.step) \(bounds) START WITH \(next)")
    }

    /// The last value that was given out; `nil` if none was.
    func lastValue(on connection: EngineConnection) throws(TarnError) -> Int64? {
        let value = try connection.execute(
            "SELECT last_value FROM duckdb_sequences() WHERE sequence_name = \(quoteLiteral(sequence))"
        ).firstScalar()
        switch value {
        case .integer(let value): return value
        case .null: return nil
        default: throw TarnError(.internal, "The engine does not tell how far a sequence is.")
        }
    }

    func end(on connection: EngineConnection) {
        // The session forgets its temporary objects anyway.
        _ = try? connection.execute("DROP SEQUENCE IF EXISTS \(sequence)")
    }

    private func exhausted() -> TarnError {
        TarnError(
            .resourceExhausted,
            "The identity column \(column) has given out its last value: 64 bits do not hold the next one.",
            context: [("column", column)])
    }
}
