package import Base
internal import TableModel

/// Definitions as JSON: how the registry keeps them, and what `describe` shows.
extension FeatureEntity {
    package var json: JSONValue {
        .object(
            JSONObject(members: [
                ("name", .string(name)), ("join_keys", .strings(joinKeys)),
                ("value_type", valueType.map { .string($0.sqlName) }), ("description", .text(description)),
                ("tags", .texts(tags)), ("owner", .text(owner)),
            ]))
    }

    package init?(json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.init(
            name: name, joinKeys: json["join_keys"].strings,
            valueType: json["value_type"]?.string.flatMap { FeatureTypes.parse($0) },
            description: json["description"]?.string ?? "", tags: json["tags"].texts,
            owner: json["owner"]?.string ?? "")
    }
}

extension FeatureSource {
    var json: JSONValue {
        .object(
            JSONObject(members: [
                ("table", .string(table)), ("timestamp_field", .string(timestampField)),
                ("created_timestamp_column", createdTimestampColumn.map { .string($0) }),
                ("field_mapping", .texts(fieldMapping)),
            ]))
    }

    init?(json: JSONValue) {
        guard let table = json["table"]?.string, let timestampField = json["timestamp_field"]?.string else {
            return nil
        }
        self.init(
            table: table, timestampField: timestampField,
            createdTimestampColumn: json["created_timestamp_column"]?.string,
            fieldMapping: json["field_mapping"].texts)
    }
}

extension FeatureView {
    package var json: JSONValue {
        .object(
            JSONObject(members: [
                ("name", .string(name)), ("entities", .strings(entities)),
                ("ttl", .string(DurationText.text(timeToLive))),
                ("source", source.json),
                (
                    "features",
                    .array(
                        features.map { field in
                            .object(
                                JSONObject(members: [
                                    ("name", .string(field.name)),
                                    ("type", field.type.map { .string($0.sqlName) }),
                                    ("description", .text(field.description)),
                                ]))
                        })
                ),
                ("online", .bool(isOnline)), ("description", .text(description)), ("tags", .texts(tags)),
                ("owner", .text(owner)),
            ]))
    }

    package init?(json: JSONValue) {
        guard let name = json["name"]?.string,
            let source = json["source"].flatMap({ FeatureSource(json: $0) })
        else {
            return nil
        }
        let features = (json["features"]?.array ?? []).compactMap { field in
            field["name"]?.string.map {
                FeatureField(
                    name: $0, type: field["type"]?.string.flatMap { FeatureTypes.parse($0) },
                    description: field["description"]?.string ?? "")
            }
        }
        self.init(
            name: name, entities: json["entities"].strings,
            timeToLive: json["ttl"]?.string.flatMap { DurationText.parse($0) } ?? 0, source: source,
            features: features,
            isOnline: json["online"]?.bool ?? true, description: json["description"]?.string ?? "",
            tags: json["tags"].texts, owner: json["owner"]?.string ?? "")
    }
}

extension FeatureService {
    package var json: JSONValue {
        .object(
            JSONObject(members: [
                ("name", .string(name)),
                ("features", .array(selections.map(\.json))), ("description", .text(description)),
                ("tags", .texts(tags)), ("owner", .text(owner)),
            ]))
    }

    package init?(json: JSONValue) {
        guard let name = json["name"]?.string else { return nil }
        self.init(
            name: name, selections: (json["features"]?.array ?? []).compactMap { FeatureSelection(json: $0) },
            description: json["description"]?.string ?? "", tags: json["tags"].texts,
            owner: json["owner"]?.string ?? "")
    }
}

extension FeatureSelection {
    var json: JSONValue {
        let items = features?.map { item in
            JSONValue.object(
                JSONObject(members: [("name", .string(item.name)), ("alias", item.alias.map { .string($0) })])
            )
        }
        return .object(
            JSONObject(members: [
                ("view", .string(view)), ("alias", alias.map { .string($0) }),
                ("features", items.map { .array($0) }),
            ]))
    }

    init?(json: JSONValue) {
        guard let view = json["view"]?.string else { return nil }
        let items = json["features"]?.array?.compactMap { item in
            item["name"]?.string.map { Item(name: $0, alias: item["alias"]?.string) }
        }
        self.init(view: view, alias: json["alias"]?.string, features: items)
    }
}

extension JSONObject {
    /// Members without those that have no value.
    fileprivate init(members: [(String, JSONValue?)]) {
        self.init(members.compactMap { name, value in value.map { (name, $0) } })
    }
}

extension JSONValue {
    fileprivate static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    /// Nothing for an empty text.
    fileprivate static func text(_ value: String) -> JSONValue? { value.isEmpty ? nil : .string(value) }

    /// Nothing for an empty mapping; sorted, so that equal definitions have equal JSON.
    fileprivate static func texts(_ values: [String: String]) -> JSONValue? {
        if values.isEmpty { return nil }
        return .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}

extension JSONValue? {
    fileprivate var strings: [String] { (self?.array ?? []).compactMap(\.string) }

    fileprivate var texts: [String: String] {
        var result: [String: String] = [:]
        for member in self?.object?.members ?? [] { result[member.name] = member.value.string }
        return result
    }
}
