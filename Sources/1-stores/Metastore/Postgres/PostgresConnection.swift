import CPostgres
import Foundation

/// One connection to PostgreSQL by libpq, whose calls block.
///
/// At any time one thread uses it: `PostgresPool` sees to that, hence `@unchecked Sendable`.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private var statements: [String: PostgresStatement] = [:]
    private var statementNumber = 0

    /// Statements that are kept prepared.
    private static let statementLimit = 256

    /// Connects and sets the session up.
    ///
    /// - Throws: `PostgresError`, which tells as a rule why the server refused.
    init(_ location: PostgresLocation) throws {
        let parameters: [(String, String)] = [
            // What the address says wins over what comes before it.
            ("target_session_attrs", "read-write"), ("tcp_user_timeout", "30000"), ("keepalives_idle", "30"),
            ("dbname", location.connectionString),
            ("application_name", "tarn"), ("client_encoding", "UTF8"),
        ]
        guard let handle = Self.start(parameters) else {
            throw PostgresError(state: "53200", isConnectionLost: false)
        }
        self.handle = handle
        // Only so does libpq tell why a connection was refused without words in the server's language.
        PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
        try Self.connect(handle, within: location.connectTimeout)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        _ = try query(
            """
            SET search_path TO "\(location.schema)"; SET TimeZone TO 'UTC'; SET bytea_output TO hex;
            SET extra_float_digits TO 1; SET standard_conforming_strings TO on; SET statement_timeout TO 0;
            SET lock_timeout TO 0; SET idle_in_transaction_session_timeout TO 0;
            SELECT set_config('synchronous_commit', 'on', false)
            WHERE current_setting('synchronous_commit') IN ('off', 'local');
            """)
    }

    deinit { PQfinish(handle) }

    private static func start(_ parameters: [(String, String)]) -> OpaquePointer? {
        let texts = parameters.map { (strdup($0.0), strdup($0.1)) }
        defer {
            for (name, value) in texts {
                free(name)
                free(value)
            }
        }
        let names = texts.map { UnsafePointer($0.0) } + [nil]
        let values = texts.map { UnsafePointer($0.1) } + [nil]
        return PQconnectStartParams(names, values, 1)
    }

    private static func connect(_ handle: OpaquePointer, within seconds: Int) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var wanted = PGRES_POLLING_WRITING
        if PQstatus(handle) == CONNECTION_BAD { throw refusal(handle) }
        while wanted != PGRES_POLLING_OK {
            let left = (deadline - .now).components
            var descriptor = pollfd(
                fd: PQsocket(handle),
                events: Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            let ready = poll(&descriptor, 1, Int32(max(0, milliseconds)))
            if ready == 0 { throw PostgresError(state: "", isConnectionLost: true) }
            if ready < 0 && errno == EINTR { continue }
            wanted = PQconnectPoll(handle)
            if wanted == PGRES_POLLING_FAILED { throw refusal(handle) }
        }
    }

    /// The SQLSTATE at the end of libpq's message, `FATAL:  28P01`, for it gives it in no other way.
    private static func refusal(_ handle: OpaquePointer) -> PostgresError {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let last = message.split { $0 == " " || $0 == "\n" }.last.map(String.init) ?? ""
        let isState = last.count == 5 && last.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
        if isState && message.contains(":  ") { return PostgresError(state: last, isConnectionLost: false) }
        if PQconnectionNeedsPassword(handle) != 0 {
            return PostgresError(state: "28P01", isConnectionLost: false)
        }
        return PostgresError(state: "", isConnectionLost: true)
    }

    var isLost: Bool { PQstatus(handle) != CONNECTION_OK }

    /// Inside a transaction in which nothing has failed yet.
    var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Outside of any transaction, ready for the next user.
    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Runs statements without arguments, as they are; the answer of the last.
    func query(_ sql: String) throws -> PostgresResult { try checked(PQexec(handle, sql)) }

    /// Runs one statement of the shared SQL, prepared the first time.
    func execute(_ sql: String, _ arguments: PostgresArguments) throws -> PostgresResult {
        let statement = try statements[sql] ?? prepare(sql, arguments)
        do {
            let result = try arguments.withPointers { values in
                try checked(PQexecPrepared(handle, statement.name, Int32(values.count), values, nil, nil, 0))
            }
            result.names = statement.columnNames(of: result)
            return result
        } catch let error as PostgresError where error.state == "0A000" {
            // Its table was changed since: the next call prepares it anew.
            statements[sql] = nil
            throw error
        }
    }

    /// Runs one statement of the shared SQL that is not to be kept prepared.
    func executeOnce(_ prefix: String, _ sql: String, _ arguments: PostgresArguments) throws -> PostgresResult
    {
        try arguments.withPointers { values in
            try checked(
                PQexecParams(
                    handle, prefix + PostgresSQL.translated(sql), Int32(values.count), nil, values, nil, nil,
                    0))
        }
    }

    /// Forgets all prepared statements, after a change of tables.
    func forgetStatements() throws {
        if statements.isEmpty { return }
        statements = [:]
        _ = try query("DEALLOCATE ALL")
    }

    private func prepare(_ sql: String, _ arguments: PostgresArguments) throws -> PostgresStatement {
        if statements.count >= Self.statementLimit { try forgetStatements() }
        statementNumber += 1
        let statement = PostgresStatement(name: "s\(statementNumber)")
        let text = PostgresSQL.translated(sql)
        // The types of arguments follow from where they stand. Where they do not (`? IS NULL`), the values' kinds have
        // to say; but a statement that failed ends a transaction unless there is a savepoint.
        let guarded = isInTransaction && !arguments.isEmpty
        if guarded { _ = try query("SAVEPOINT prepare_step") }
        do {
            _ = try checked(PQprepare(handle, statement.name, text, 0, nil))
        } catch let error as PostgresError where ["42P18", "42804", "42883", "42725"].contains(error.state) {
            if arguments.isEmpty { throw error }
            if guarded { _ = try query("ROLLBACK TO SAVEPOINT prepare_step") }
            let types = arguments.types
            _ = try checked(PQprepare(handle, statement.name, text, Int32(types.count), types))
        }
        if guarded { _ = try query("RELEASE SAVEPOINT prepare_step") }
        statements[sql] = statement
        return statement
    }

    private func checked(_ result: OpaquePointer?) throws -> PostgresResult {
        guard let result else {
            throw PostgresError(state: isLost ? "" : "53200", isConnectionLost: isLost)
        }
        let wrapped = PostgresResult(result)
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return wrapped
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
            throw PostgresError(state: state, isConnectionLost: isLost)
        }
    }
}

/// A statement that the server has parsed.
final class PostgresStatement {
    let name: String
    private var names: MetastoreColumnNames?

    init(name: String) { self.name = name }

    /// The same list for every answer, so that rows share it.
    func columnNames(of result: PostgresResult) -> MetastoreColumnNames {
        if let names { return names }
        let found = result.columnNames()
        names = found
        return found
    }
}
