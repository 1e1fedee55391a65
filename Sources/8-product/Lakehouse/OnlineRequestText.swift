package import Base
package import FeatureStore
import TableModel

/// Requests for online features as a person types them, and answers as a table.
package enum OnlineRequestText {
    /// The body of `POST /get-online-features`.
    ///
    /// - Parameters:
    ///   - service: A feature service; else `features` counts.
    ///   - features: `view:feature`.
    ///   - entities: `key=value,value`; the values take the type that the registry gives the key.
    ///   - fullFeatureNames: `view__feature` in the answer.
    ///   - registry: Knows the keys.
    /// - Returns: JSON.
    package static func make(
        service: String?, features: [String], entities: [String], fullFeatureNames: Bool,
        registry: RegistrySnapshot
    ) -> [UInt8] {
        var columns = JSONObject()
        for text in entities {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard let key = parts.first, parts.count == 2 else { continue }
            let isText = isText(key, registry)
            let values = parts[1].split(separator: ",", omittingEmptySubsequences: false).map {
                value(String($0), isText: isText)
            }
            columns[key] = .array((columns[key]?.array ?? []) + values)
        }
        var request: JSONObject = [
            "entities": .object(columns), "full_feature_names": .bool(fullFeatureNames),
        ]
        if let service {
            request["feature_service"] = .string(service)
        } else {
            request["features"] = .array(features.map { .string($0) })
        }
        return JSONValue.object(request).jsonBytes
    }

    /// Names and rows of an answer; a value that is not there shows its status in parentheses.
    package static func table(_ answer: JSONValue) -> (names: [String], rows: [[String?]]) {
        let names = (answer["metadata"]?["feature_names"]?.array ?? []).compactMap(\.string)
        let results = answer["results"]?.array ?? []
        let count = results.first?["values"]?.array?.count ?? 0
        let rows = (0..<count).map { row in
            results.map { result -> String? in
                let status = result["statuses"]?[row]?.string ?? "PRESENT"
                let value = result["values"]?[row] ?? .null
                if status == "NULL_VALUE" { return nil }
                if status != "PRESENT" { return "(\(status.lowercased().replacing("_", with: " ")))" }
                return value.isNull ? nil : value.string ?? value.jsonText
            }
        }
        return (names, rows)
    }

    /// Whether a key's values are text in some view; `7` is then the text "7".
    private static func isText(_ key: String, _ registry: RegistrySnapshot) -> Bool {
        let fields = registry.views.values.flatMap(\.joinKeys).filter { $0.name == key }
        return !fields.isEmpty && fields.allSatisfy { $0.type == .string }
    }

    private static func value(_ text: String, isText: Bool) -> JSONValue {
        if text == "null" { return .null }
        if isText { return .string(text) }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if let number = try? JSONValue.parse(text), case .number = number { return number }
        return .string(text)
    }
}
