import Base
import Catalog
import Foundation
import HTTPTypes

/// SCIM's JSON (RFC 7643), in and out.
enum ScimResource {
    static let contentType = "application/scim+json"

    static func json(
        _ entry: PrincipalEntry, members: [PrincipalEntry]? = nil, groups: [PrincipalEntry]? = nil,
        root: String
    ) -> JSONValue {
        guard let kind = ScimKind(entry.kind) else { return .null }
        var object: JSONObject = [
            "schemas": .array([.string(kind.schema)]), "id": .string(entry.id),
            kind.nameAttribute: .string(entry.name),
        ]
        if kind != .groups {
            object["displayName"] = .string(entry.displayName ?? entry.name)
            object["active"] = .bool(entry.isActive)
        }
        if kind == .users {
            object["emails"] = .array([.object(["value": .string(entry.name), "primary": .bool(true)])])
            object["photos"] = .array([])
        }
        if let id = entry.externalID { object["externalId"] = .string(id) }
        if let members { object["members"] = .array(members.map { reference($0, root) }) }
        if let groups { object["groups"] = .array(groups.map { reference($0, root) }) }
        object["meta"] = .object([
            "resourceType": .string(kind.resourceType), "created": .string(time(entry.createdMicroseconds)),
            "lastModified": .string(time(entry.updatedMicroseconds)),
            "location": .string("\(root)/\(kind.rawValue)/\(entry.id)"),
        ])
        return .object(object)
    }

    private static func reference(_ entry: PrincipalEntry, _ root: String) -> JSONValue {
        let kind = ScimKind(entry.kind) ?? .users
        return .object([
            "value": .string(entry.id), "display": .string(entry.name), "type": .string(kind.resourceType),
            "$ref": .string("\(root)/\(kind.rawValue)/\(entry.id)"),
        ])
    }

    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).ISO8601Format()
    }

    static func response(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> ServerResponse {
        var response = ServerResponse.json(value, status: status)
        response.contentType = contentType
        return response
    }

    /// RFC 7644, section 3.12.
    static func error(_ status: HTTPResponse.Status, _ type: String?, _ message: String) -> JSONValue {
        var object: JSONObject = [
            "schemas": .array([.string("urn:ietf:params:scim:api:messages:2.0:Error")]),
            "status": .string(String(status.code)), "detail": .string(message),
        ]
        if let type { object["scimType"] = .string(type) }
        return .object(object)
    }

    // MARK: In

    /// What a body wants a resource to be; attributes that Tarn does not keep have no effect (RFC 7644, section 3.3).
    struct Wish {
        var name: String?
        var displayName: String?
        var externalID: String?
        var isActive: Bool?
        var members: [String]?

        /// - Throws: `.invalidInput` for an attribute of the wrong type.
        init(_ value: JSONValue, _ kind: ScimKind) throws(TarnError) {
            guard let object = value.object else {
                throw TarnError(.invalidInput, "The resource must be a JSON object.")
            }
            name = try Self.text(object, kind.nameAttribute)
            if kind != .groups { displayName = try Self.text(object, "displayName") }
            if kind == .users, name == nil { name = try Self.email(object) }
            externalID = try Self.text(object, "externalId")
            if let active = Self.member(object, "active"), !active.isNull { isActive = try Self.flag(active) }
            if kind == .groups, let list = Self.member(object, "members"), !list.isNull {
                members = try Self.ids(list)
            }
        }

        /// Attributes' names have no case (RFC 7643, section 2.1).
        static func member(_ object: JSONObject, _ name: String) -> JSONValue? {
            object.members.last { $0.name.lowercased() == name.lowercased() }?.value
        }

        private static func text(_ object: JSONObject, _ name: String) throws(TarnError) -> String? {
            guard let value = member(object, name), !value.isNull else { return nil }
            guard let text = value.string else { throw TarnError(.invalidInput, "'\(name)' must be a text.") }
            return text
        }

        /// Some providers send texts.
        static func flag(_ value: JSONValue) throws(TarnError) -> Bool {
            switch value {
            case .bool(let flag): return flag
            case .string(let text) where ["true", "false"].contains(text.lowercased()):
                return text.lowercased() == "true"
            default: throw TarnError(.invalidInput, "'active' must be true or false.")
            }
        }

        /// Unity Catalog's users are named by their address.
        private static func email(_ object: JSONObject) throws(TarnError) -> String? {
            let emails = member(object, "emails")?.array ?? []
            let chosen = emails.first { $0["primary"]?.bool == true } ?? emails.first
            return chosen?["value"]?.string
        }

        /// The ids of `[{"value": id}]`.
        static func ids(_ value: JSONValue) throws(TarnError) -> [String] {
            var ids: [String] = []
            for item in value.array ?? [value] {
                guard let id = item["value"]?.string ?? item.string else {
                    throw TarnError(
                        .invalidInput, "'members' must be a list of objects with a 'value', the member's id.")
                }
                ids.append(id)
            }
            return ids
        }
    }
}
