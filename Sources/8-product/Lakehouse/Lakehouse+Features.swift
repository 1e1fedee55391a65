package import FeatureStore
import TableModel

extension RegistrySnapshot {
    /// A row a definition for people: kind, name, keys, source, features, description.
    package var summary: [[String?]] {
        func text(_ value: String) -> String? { value.isEmpty ? nil : value }
        let entityRows = entities.values.sorted { $0.name < $1.name }.map { entity -> [String?] in
            [
                "entity", entity.name, entity.joinKeys.joined(separator: ", "), nil, nil,
                text(entity.description),
            ]
        }
        let viewRows = views.values.sorted { $0.name < $1.name }.map { view -> [String?] in
            [
                "feature view", view.name, view.joinKeys.map(\.name).joined(separator: ", "),
                view.definition.source.table, view.features.map(\.name).joined(separator: ", "),
                text(view.definition.description),
            ]
        }
        let serviceRows = services.values.sorted { $0.name < $1.name }.map { service -> [String?] in
            [
                "feature service", service.name, nil, nil,
                service.selections.map(\.view).joined(separator: ", "), text(service.description),
            ]
        }
        return entityRows + viewRows + serviceRows
    }
}

extension TrainingSetRequest.Spine {
    /// What a person means by one text: a query if it begins like one, a file if it ends like one, else a table.
    package init(described text: String) {
        let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let first = words.first?.lowercased() ?? ""
        if words.count > 1, ["select", "with", "from", "values", "("].contains(first) {
            self = .sql(text)
        } else if [".parquet", ".csv", ".json", ".tsv", ".jsonl", ".ndjson"].contains(where: {
            text.lowercased().hasSuffix($0)
        }) {
            self = .file(text)
        } else {
            self = .table(text)
        }
    }
}
