import Base

/// The operations of a PATCH (RFC 7644, section 3.5.2), as far as Tarn keeps what they change.
struct ScimPatch {
    /// Replaces attributes by those of a resource's JSON.
    var attributes = JSONObject()
    var addedMembers: [String] = []
    var removedMembers: [String] = []
    /// All members from now on.
    var members: [String]?

    private static let maximumOperations = 1000

    /// - Throws: `.invalidInput` for operations that are none, or on what Tarn does not keep.
    init(_ value: JSONValue, _ kind: ScimKind) throws(TarnError) {
        guard let object = value.object, let list = ScimResource.Wish.member(object, "Operations")?.array,
            !list.isEmpty,
            list.count <= Self.maximumOperations
        else {
            throw TarnError(
                .invalidInput, "A PATCH needs 'Operations', a list of 1 to \(Self.maximumOperations).")
        }
        for item in list {
            guard let operation = item["op"]?.string?.lowercased(),
                ["add", "replace", "remove"].contains(operation)
            else { throw TarnError(.invalidInput, "Each operation's 'op' must be add, replace or remove.") }
            try take(operation, item["path"]?.string, item["value"] ?? .null, kind)
        }
    }

    private mutating func take(
        _ operation: String, _ path: String?, _ value: JSONValue, _ kind: ScimKind
    ) throws(TarnError) {
        guard let path else {
            guard operation != "remove", let object = value.object else {
                throw TarnError(
                    .invalidInput, "An operation without 'path' must add or replace attributes of an object.")
            }
            for (name, value) in object.members { try take(operation, name, value, kind) }
            return
        }
        let lowered = path.lowercased()
        if kind == .groups, lowered == "members" || lowered.hasPrefix("members[") {
            return try takeMembers(operation, path, value)
        }
        guard ["active", "displayname", "username", "externalid", "applicationid"].contains(lowered) else {
            // Names, addresses, phones and the like are not kept (RFC 7644, section 3.3).
            if [
                "name", "emails", "title", "phonenumbers", "photos", "schemas", "id", "meta", "locale",
                "timezone",
            ]
            .contains(where: { lowered == $0 || lowered.hasPrefix($0 + ".") || lowered.hasPrefix($0 + "[") })
            {
                return
            }
            throw TarnError(.invalidInput, "'\(path.prefix(100))' is no path that can be patched here.")
        }
        attributes[lowered] = operation == "remove" ? .null : value
    }

    private mutating func takeMembers(
        _ operation: String, _ path: String, _ value: JSONValue
    ) throws(TarnError) {
        if path.lowercased() == "members" {
            switch operation {
            case "add": addedMembers += try ScimResource.Wish.ids(value)
            case "replace": members = try ScimResource.Wish.ids(value)
            default:
                if value.isNull { members = [] } else { removedMembers += try ScimResource.Wish.ids(value) }
            }
            return
        }
        // members[value eq "ID"]
        let inside = path.dropFirst("members[".count).dropLast()
        let parts = inside.split(separator: " ", maxSplits: 2)
        guard operation == "remove", path.hasSuffix("]"), parts.count == 3, parts[0].lowercased() == "value",
            parts[1].lowercased() == "eq", let id = (try? JSONValue.parse(Array(parts[2].utf8)))?.string
        else { throw TarnError(.invalidInput, "Members are removed by members[value eq \"ID\"].") }
        removedMembers.append(id)
    }
}
