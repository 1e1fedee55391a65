import Base
import Catalog
import Foundation
import HTTPTypes
import Lakehouse
import Query

/// One request to Unity Catalog's API, with the catalog as the one who asks may see it.
struct UnityCall: Sendable {
    let request: ServerRequest
    let lake: Lakehouse
    let catalog: CatalogService

    init(_ request: ServerRequest, _ lake: Lakehouse) async throws {
        self.request = request
        self.lake = lake
        catalog = try await lake.catalog.acting(as: request.principal)
    }

    var principal: Principal { request.principal }

    func body() throws(TarnError) -> UnityBody { try UnityBody(request) }

    func parameter(_ index: Int) -> String {
        request.parameters.indices.contains(index) ? request.parameters[index] : ""
    }

    // MARK: The query

    func query(_ name: String) -> String? { request.query(name).flatMap { $0.isEmpty ? nil : $0 } }

    func requiredQuery(_ name: String) throws(TarnError) -> String {
        guard let text = query(name) else {
            throw TarnError(.invalidInput, "The query parameter '\(name)' is missing.")
        }
        return text
    }

    func flag(_ name: String) throws(TarnError) -> Bool {
        switch query(name)?.lowercased() {
        case nil, "false": return false
        case "true": return true
        default: throw TarnError(.invalidInput, "The query parameter '\(name)' must be true or false.")
        }
    }

    // MARK: Names

    /// The parts of a full name in the path or in a field.
    ///
    /// Names hold no dots, so parts are plain; a part in backquotes or double quotes is taken without them.
    ///
    /// - Throws: `.invalidInput` if there are more or fewer parts.
    static func parts(_ fullName: String, _ count: Int, of kind: SecurableKind) throws(TarnError) -> [String]
    {
        var parts = fullName.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.contains(where: { $0.hasPrefix("`") || $0.hasPrefix("\"") }) {
            parts = try QualifiedName.parts(of: fullName)
        }
        guard parts.count == count, !parts.contains("") else {
            let form = ["catalog", "catalog.schema", "catalog.schema.\(kind)"][max(0, min(2, count - 1))]
            throw TarnError(
                .invalidInput,
                "'\(fullName)' is no full name of a \(kind); write \(count == 1 ? "one name" : form).")
        }
        return parts
    }

    /// The parts' full name, as it can be sent back.
    static func fullName(_ parts: String...) -> String {
        parts.map { part in
            part.hasPrefix("`") || part.hasPrefix("\"")
                ? "\"" + part.replacing("\"", with: "\"\"") + "\"" : part
        }.joined(separator: ".")
    }

    func schemaName() throws(TarnError) -> (catalog: String, schema: String) {
        let parts = try Self.parts(parameter(0), 2, of: .schema)
        return (parts[0], parts[1])
    }

    /// The three-part name that the path gives.
    func objectName(_ kind: SecurableKind) throws(TarnError) -> QualifiedName {
        let parts = try Self.parts(parameter(0), 3, of: kind)
        return QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2])
    }

    /// The three-part name that the fields of a request give.
    func objectName(_ body: UnityBody, name: String = "name") throws(TarnError) -> QualifiedName {
        QualifiedName(
            catalog: try body.required("catalog_name"), schema: try body.required("schema_name"),
            name: try body.required(name))
    }

    // MARK: SQL

    /// Runs a statement as the one who asks: whatever SQL checks, records and cleans up happens here as well.
    func run(_ sql: String) async throws {
        var context = QueryContext()
        context.principal = principal
        _ = try await lake.run(sql, context: context)
    }

    static func quoted(_ parts: String...) -> String {
        parts.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
    }
}

/// Objects with what is `nil` left out.
struct UnityObject {
    private(set) var object = JSONObject()

    mutating func set(_ name: String, _ text: String?) {
        if let text { object[name] = .string(text) }
    }

    mutating func set(_ name: String, _ value: JSONValue?) {
        if let value { object[name] = value }
    }

    mutating func set(_ name: String, _ number: Int64?) {
        if let number { object[name] = .int(number) }
    }

    /// What all kinds of objects say of themselves.
    mutating func describe(_ securable: Securable, owner: String) {
        set("comment", securable.comment)
        set("owner", owner)
        set("created_at", Self.milliseconds(securable.createdMicroseconds))
        set("created_by", securable.createdBy)
        set("updated_at", Self.milliseconds(securable.updatedMicroseconds))
        set("updated_by", securable.updatedBy)
    }

    mutating func setProperties(_ properties: [String: String]) {
        let members = properties.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        object["properties"] = .object(JSONObject(members))
    }

    static func milliseconds(_ microseconds: Int64) -> Int64 { microseconds / 1000 }

    var json: JSONValue { .object(object) }
}

extension UnityCall {
    /// Gives an object another owner.
    func setOwner(_ kind: SecurableKind, _ parts: [String], to owner: String) async throws {
        try await catalog.setOwner(of: try SecurableReference(kind, parts: parts), to: owner)
    }
}
