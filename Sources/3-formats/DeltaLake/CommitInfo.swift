package import Base

/// Who made a commit and how.
///
/// Nothing in a table depends on it: it is for people.
///
/// Delta protocol, "Commit Provenance Information".
package struct CommitInfo: Sendable {
    package var timestampMilliseconds: Int64?
    /// When the commit counts as made, later than the one before; only with the feature `inCommitTimestamp`.
    package var inCommitMilliseconds: Int64?
    /// `WRITE`, `CREATE TABLE`, `MERGE` and the like.
    package var operation: String?
    package var operationParameters: JSONObject
    /// Counts by name; writers give them as text or as numbers.
    package var operationMetrics: JSONObject
    package var engineInfo: String?
    package var readVersion: Int64?
    package var isolationLevel: String?
    /// Whether the commit only adds files and read none.
    package var isBlindAppend: Bool?
    package var transactionID: String?
    package var userMetadata: String?
    /// Whatever else the writer put there.
    package var other: JSONObject

    package init(
        timestampMilliseconds: Int64?, operation: String?, operationParameters: JSONObject = [:],
        operationMetrics: JSONObject = [:], engineInfo: String? = nil, readVersion: Int64? = nil,
        isolationLevel: String? = nil, isBlindAppend: Bool? = nil, transactionID: String? = nil,
        userMetadata: String? = nil, other: JSONObject = [:]
    ) {
        self.timestampMilliseconds = timestampMilliseconds
        self.operation = operation
        self.operationParameters = operationParameters
        self.operationMetrics = operationMetrics
        self.engineInfo = engineInfo
        self.readVersion = readVersion
        self.isolationLevel = isolationLevel
        self.isBlindAppend = isBlindAppend
        self.transactionID = transactionID
        self.userMetadata = userMetadata
        self.other = other
    }

    /// From the action's JSON; a field of an unexpected type is left out, for nothing depends on it.
    package init(_ json: JSONValue) {
        self.init(timestampMilliseconds: json["timestamp"]?.int64, operation: json["operation"]?.string)
        for (name, value) in json.object?.members ?? [] {
            switch name {
            case "timestamp", "operation": break
            case "inCommitTimestamp": inCommitMilliseconds = value.int64
            case "operationParameters": operationParameters = value.object ?? [:]
            case "operationMetrics": operationMetrics = value.object ?? [:]
            case "engineInfo": engineInfo = value.string
            case "readVersion": readVersion = value.int64
            case "isolationLevel": isolationLevel = value.string
            case "isBlindAppend": isBlindAppend = value.bool
            case "txnId": transactionID = value.string
            case "userMetadata": userMetadata = value.string
            default: other[name] = value
            }
        }
    }

    package var json: JSONValue {
        var object = JSONObject()
        object["inCommitTimestamp"] = inCommitMilliseconds.map { .int($0) }
        object["timestamp"] = timestampMilliseconds.map { .int($0) }
        object["operation"] = operation.map { .string($0) }
        object["operationParameters"] = .object(operationParameters)
        object["readVersion"] = readVersion.map { .int($0) }
        object["isolationLevel"] = isolationLevel.map { .string($0) }
        object["isBlindAppend"] = isBlindAppend.map { .bool($0) }
        object["operationMetrics"] = .object(operationMetrics)
        object["userMetadata"] = userMetadata.map { .string($0) }
        object["engineInfo"] = engineInfo.map { .string($0) }
        object["txnId"] = transactionID.map { .string($0) }
        for (name, value) in other.members where object[name] == nil { object[name] = value }
        return .object(object)
    }
}
