import Base
import Catalog
import Identity

/// For whom a statement runs.
struct StatementCaller: Sendable {
    let principal: Principal
    let isReadOnly: Bool

    init(_ request: ServerRequest) {
        principal = request.principal
        isReadOnly = request.caller.scopes.isReadOnly
    }
}

/// The body of `POST /api/2.0/sql/statements`, checked.
///
/// Databricks SQL Statement Execution API 2.0. `warehouse_id`, `query_tags` and fields that are not known are accepted
/// and have no effect, since there is one engine only.
struct StatementRequest: Sendable {
    enum AfterWait: String, Sendable { case `continue` = "CONTINUE", cancel = "CANCEL" }

    var statement: String
    var catalog: String?
    var schema: String?
    var parameters: [StatementParameter] = []
    var rowLimit: Int64?
    var byteLimit: Int64?
    /// How long the call waits for the end of the statement; 0 answers at once.
    var waitSeconds = 10
    var afterWait = AfterWait.continue

    static let maximumStatementBytes = 16 << 20

    init(_ json: JSONValue) throws(TarnError) {
        guard case .object = json else { throw Self.wrong("The request must be a JSON object.") }
        guard let statement = json["statement"]?.string, !statement.isEmpty else {
            throw Self.wrong("'statement' must be the SQL text to run.")
        }
        if statement.utf8.count > Self.maximumStatementBytes {
            throw Self.wrong("'statement' is longer than \(Self.maximumStatementBytes) bytes.")
        }
        self.statement = statement
        catalog = try Self.text(json, "catalog")
        schema = try Self.text(json, "schema")
        rowLimit = try Self.limit(json, "row_limit")
        byteLimit = try Self.limit(json, "byte_limit")
        try Self.checkDelivery(json)
        if let text = try Self.text(json, "wait_timeout") { waitSeconds = try Self.waitSeconds(text) }
        if let text = try Self.text(json, "on_wait_timeout") {
            guard let choice = AfterWait(rawValue: text) else {
                throw Self.wrong("'on_wait_timeout' must be CONTINUE or CANCEL, not '\(text)'.")
            }
            afterWait = choice
        }
        if let list = json["parameters"], !list.isNull {
            guard let items = list.array else { throw Self.wrong("'parameters' must be a list.") }
            for item in items { parameters.append(try StatementParameter(item)) }
        }
    }

    /// Results come as JSON arrays inside the answer; other ways are refused instead of quietly replaced.
    private static func checkDelivery(_ json: JSONValue) throws(TarnError) {
        let disposition = try text(json, "disposition") ?? "INLINE"
        if disposition == "EXTERNAL_LINKS" {
            throw TarnError(
                .unsupported,
                "The disposition EXTERNAL_LINKS is not available; use INLINE, which gives up to 25 MiB in chunks."
            )
        }
        if disposition != "INLINE" { throw wrong("'disposition' must be INLINE, not '\(disposition)'.") }
        let format = try text(json, "format") ?? "JSON_ARRAY"
        if format == "ARROW_STREAM" || format == "CSV" {
            throw TarnError(.unsupported, "The format \(format) is not available; use JSON_ARRAY.")
        }
        if format != "JSON_ARRAY" { throw wrong("'format' must be JSON_ARRAY, not '\(format)'.") }
    }

    /// `0s`, or `5s` to `50s`.
    private static func waitSeconds(_ text: String) throws(TarnError) -> Int {
        guard text.hasSuffix("s"), let seconds = Int(text.dropLast()),
            seconds == 0 || (5...50).contains(seconds)
        else { throw wrong("'wait_timeout' must be 0s, or from 5s to 50s, not '\(text)'.") }
        return seconds
    }

    private static func text(_ json: JSONValue, _ name: String) throws(TarnError) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string else { throw wrong("'\(name)' must be a string.") }
        return text
    }

    private static func limit(_ json: JSONValue, _ name: String) throws(TarnError) -> Int64? {
        guard let value = json[name], !value.isNull else { return nil }
        // 64-bit numbers may come as strings (protobuf's JSON form).
        guard let number = value.int64 ?? value.string.flatMap({ Int64($0) }), number > 0 else {
            throw wrong("'\(name)' must be a whole number above 0.")
        }
        return number
    }

    static func wrong(_ message: String) -> TarnError { TarnError(.invalidInput, message) }
}
