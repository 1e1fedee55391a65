package import Base
package import Catalog

/// Who did what to which object, through which door, with which result.
///
/// ```swift
/// let event = AuditEvent(
///     timeMicroseconds: time.nowMicroseconds(), principal: principal, action: "SELECT", objectKind: "table",
///     objectName: "main.sales.orders", objectID: entry.id, door: "sql")
/// ```
///
/// It never holds values of rows, tokens, or literals of a statement.
package struct AuditEvent: Hashable, Sendable {
    /// What `outcome` is when all went well; else it is the code of the error.
    package static let ok = "OK"

    package var timeMicroseconds: Int64
    package var principal: String
    package var principalID: String
    /// A route's name (`getTable`) or a statement's first word (`SELECT`).
    package var action: String
    package var objectKind: String?
    package var objectName: String?
    package var objectID: String?
    package var outcome: String
    /// `sql`, `http`, `unity`, `feast`, `cli`, ...
    package var door: String
    package var requestID: String?
    package var clientAddress: String?
    /// A JSON object; `nil` if there is nothing to add.
    package var details: String?

    /// An event; `outcome` is the error's code, or `nil` if all went well.
    ///
    /// Names that are too long are cut.
    package init(
        timeMicroseconds: Int64, principal: Principal, action: String, objectKind: String? = nil,
        objectName: String? = nil, objectID: String? = nil, outcome: TarnError.Code? = nil, door: String,
        requestID: String? = nil, clientAddress: String? = nil, details: JSONObject? = nil
    ) {
        self.timeMicroseconds = timeMicroseconds
        self.principal = Self.cut(principal.name)
        principalID = Self.cut(principal.id)
        self.action = Self.cut(action)
        self.objectKind = objectKind
        self.objectName = objectName.map { Self.cut($0) }
        self.objectID = objectID.map { Self.cut($0) }
        self.outcome = outcome?.rawValue ?? Self.ok
        self.door = door
        self.requestID = requestID.map { Self.cut($0) }
        self.clientAddress = clientAddress
        self.details = details.flatMap { Self.text($0) }
    }

    init(
        timeMicroseconds: Int64, principal: String, principalID: String, action: String, objectKind: String?,
        objectName: String?, objectID: String?, outcome: String, door: String, requestID: String?,
        clientAddress: String?, details: String?
    ) {
        self.timeMicroseconds = timeMicroseconds
        self.principal = principal
        self.principalID = principalID
        self.action = action
        self.objectKind = objectKind
        self.objectName = objectName
        self.objectID = objectID
        self.outcome = outcome
        self.door = door
        self.requestID = requestID
        self.clientAddress = clientAddress
        self.details = details
    }

    /// Bytes of a name, and of all details, at most: what strangers send must not fill the disk.
    static let nameLimit = 1_024
    static let detailLimit = 8_192

    private static func cut(_ text: String, to limit: Int = nameLimit) -> String {
        if text.utf8.count <= limit { return text }
        return String(decoding: text.utf8.prefix(limit - 3), as: UTF8.self) + "..."
    }

    private static func text(_ details: JSONObject) -> String? {
        if details.members.isEmpty { return nil }
        let text = JSONValue.object(details).jsonText
        if text.utf8.count <= detailLimit { return text }
        // A JSON text that is cut is none: the long members are cut, and the largest go if that is not enough.
        var short = JSONObject()
        var room = detailLimit
        for (name, value) in details.members {
            let kept = value.string.map { JSONValue.string(cut($0, to: detailLimit / 2)) } ?? value
            let size = name.utf8.count + kept.jsonBytes.count + 8
            if size > room { continue }
            short[name] = kept
            room -= size
        }
        return JSONValue.object(short).jsonText
    }
}
