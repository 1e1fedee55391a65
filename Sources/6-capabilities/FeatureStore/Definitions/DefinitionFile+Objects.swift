internal import Base
internal import TableModel
internal import Yams

extension DefinitionFile {
    static func entity(_ node: Node) throws(TarnError) -> FeatureEntity {
        var reader = try DefinitionReader(node, subject: "An entity")
        let name = try checkedName(reader.requiredText("name"), "an entity", line: reader.line)
        reader.subject = "Entity '\(name)'"
        try reader.allowOnly([
            "name", "join_keys", "join_key", "value_type", "description", "tags", "owner",
        ])
        let keys = try reader.texts("join_keys", "join_key") ?? [name]
        try checkColumns(keys, "join_keys", reader)
        if keys.isEmpty {
            throw DefinitionReader.error(line: reader.line, "\(reader.subject) needs at least one join key.")
        }
        let valueType = try type(in: reader, "value_type")
        if valueType != nil, keys.count > 1 {
            throw DefinitionReader.error(
                line: reader.line,
                "\(reader.subject) has \(keys.count) join keys, so one 'value_type' cannot speak for all; leave it out."
            )
        }
        return FeatureEntity(
            name: name, joinKeys: keys, valueType: valueType,
            description: try reader.text("description") ?? "",
            tags: try reader.textMap("tags"), owner: try reader.text("owner") ?? "")
    }

    static func view(_ node: Node) throws(TarnError) -> FeatureView {
        var reader = try DefinitionReader(node, subject: "A feature view")
        let name = try checkedName(reader.requiredText("name"), "a feature view", line: reader.line)
        reader.subject = "Feature view '\(name)'"
        try reader.allowOnly([
            "name", "entities", "ttl", "source", "schema", "features", "online", "tags", "description",
            "owner",
        ])
        let entities = try reader.texts("entities") ?? []
        try checkDistinct(entities, "entities", reader)
        return FeatureView(
            name: name, entities: entities, timeToLive: try timeToLive(reader), source: try source(reader),
            features: try features(reader), isOnline: try reader.flag("online", default: true),
            description: try reader.text("description") ?? "", tags: try reader.textMap("tags"),
            owner: try reader.text("owner") ?? "")
    }

    private static func timeToLive(_ reader: DefinitionReader) throws(TarnError) -> Int64 {
        guard let text = try reader.text("ttl") else { return 0 }
        guard let value = DurationText.parse(text) else {
            throw DefinitionReader.error(
                line: reader.line,
                "'ttl' of \(reader.subject) is '\(text.prefix(60))'; write a length of time such as 7d, 24h, 90m or 30s, "
                    + "or 0 for no limit.")
        }
        return value
    }

    private static func source(_ reader: DefinitionReader) throws(TarnError) -> FeatureSource {
        guard let node = try reader.node("source") else {
            throw DefinitionReader.error(line: reader.line, "\(reader.subject) needs the key 'source'.")
        }
        let inner = try DefinitionReader(node, subject: "The source of \(reader.subject.lowercasedFirst)")
        try inner.allowOnly(["table", "timestamp_field", "created_timestamp_column", "field_mapping"])
        let mapping = try inner.textMap("field_mapping")
        try checkDistinct(mapping.values.sorted(), "field_mapping", inner)
        return FeatureSource(
            table: try inner.requiredText("table"), timestampField: try inner.requiredText("timestamp_field"),
            createdTimestampColumn: try inner.text("created_timestamp_column"), fieldMapping: mapping)
    }

    private static func features(_ reader: DefinitionReader) throws(TarnError) -> [FeatureField] {
        var fields: [FeatureField] = []
        for node in try reader.sequence("features", "schema") ?? [] {
            if case .scalar = node {
                let name = try DefinitionReader.text(node, "A feature")
                try checkColumn(name, "a feature", DefinitionReader.line(of: node))
                fields.append(FeatureField(name: name))
                continue
            }
            let inner = try DefinitionReader(node, subject: "A feature of \(reader.subject.lowercasedFirst)")
            try inner.allowOnly(["name", "dtype", "type", "description"])
            let name = try inner.requiredText("name")
            try checkColumn(name, "a feature", inner.line)
            fields.append(
                FeatureField(
                    name: name, type: try type(in: inner, "dtype", "type"),
                    description: try inner.text("description") ?? ""))
        }
        try checkDistinct(fields.map(\.name), "features", reader)
        return fields
    }

    static func service(_ node: Node) throws(TarnError) -> FeatureService {
        var reader = try DefinitionReader(node, subject: "A feature service")
        let name = try checkedName(reader.requiredText("name"), "a feature service", line: reader.line)
        reader.subject = "Feature service '\(name)'"
        try reader.allowOnly(["name", "features", "description", "tags", "owner"])
        let nodes = try reader.sequence("features") ?? []
        if nodes.isEmpty {
            throw DefinitionReader.error(
                line: reader.line, "\(reader.subject) needs at least one item under 'features'.")
        }
        let selections = try nodes.mapTyped { node throws(TarnError) in try selection(node, reader) }
        try checkDistinct(selections.map { $0.alias ?? $0.view }, "features", reader)
        return FeatureService(
            name: name, selections: selections, description: try reader.text("description") ?? "",
            tags: try reader.textMap("tags"), owner: try reader.text("owner") ?? "")
    }

    /// `view`, `view: [a, b]`, `view:[a, b]` as one text, or `{view:, features:, alias:}`.
    private static func selection(_ node: Node, _ reader: DefinitionReader) throws(TarnError)
        -> FeatureSelection
    {
        let line = DefinitionReader.line(of: node)
        if case .scalar = node {
            let text = try DefinitionReader.text(node, "An item of 'features' of \(reader.subject)")
            guard let selection = FeatureSelection(text: text) else {
                throw DefinitionReader.error(
                    line: line,
                    "'\(text.prefix(80))' in \(reader.subject) must be VIEW, VIEW:FEATURE or VIEW:[FEATURE, ...]."
                )
            }
            return selection
        }
        let inner = try DefinitionReader(
            node, subject: "An item of 'features' of \(reader.subject.lowercasedFirst)")
        if inner.keys.count == 1, let view = inner.keys.first, view != "view", let list = try inner.node(view)
        {
            return FeatureSelection(view: view, features: try items(list, inner))
        }
        try inner.allowOnly(["view", "features", "alias"])
        let alias = try inner.text("alias")
        if let alias { _ = try checkedName(alias, "an alias", line: inner.line) }
        let features = try inner.node("features")
        return FeatureSelection(
            view: try inner.requiredText("view"), alias: alias,
            features: try features.mapTyped { node throws(TarnError) in try items(node, inner) })
    }

    /// Names, or `{name: alias}`.
    private static func items(_ node: Node, _ reader: DefinitionReader) throws(TarnError) -> [FeatureSelection
        .Item]
    {
        guard case .sequence(let sequence) = node, !sequence.isEmpty else {
            throw DefinitionReader.error(node, "\(reader.subject) needs a list of features.")
        }
        let items = try Array(sequence).mapTyped { node throws(TarnError) -> FeatureSelection.Item in
            if case .scalar = node {
                return .init(name: try DefinitionReader.text(node, "A feature"))
            }
            let inner = try DefinitionReader(node, subject: "A feature of \(reader.subject.lowercasedFirst)")
            guard inner.keys.count == 1, let name = inner.keys.first, let alias = try inner.text(name) else {
                throw DefinitionReader.error(node, "A feature with an alias is written {NAME: ALIAS}.")
            }
            try checkColumn(alias, "an alias", inner.line)
            return .init(name: name, alias: alias)
        }
        try checkDistinct(items.map { $0.alias ?? $0.name }, "features", reader)
        return items
    }
}

extension DefinitionFile {
    private static func type(in reader: DefinitionReader, _ key: String, _ other: String? = nil)
        throws(TarnError) -> DataType?
    {
        let found = if let other { try reader.text(key, other) } else { try reader.text(key) }
        guard let text = found else { return nil }
        guard let type = FeatureTypes.parse(text) else {
            throw DefinitionReader.error(
                line: reader.line,
                "'\(text.prefix(60))' is no type that \(reader.subject.lowercasedFirst) can have."
                    + "\(didYouMean(text, among: FeatureTypes.knownNames)) "
                    + "Types are, for example, \(FeatureTypes.knownNames.joined(separator: ", ")).")
        }
        return type
    }

    /// Columns may have any characters that a table's can, but not be empty.
    private static func checkColumn(_ name: String, _ what: String, _ line: Int) throws(TarnError) {
        if name.isEmpty || name.utf8.count > 255 || name.contains("__") || name.contains(":") {
            throw DefinitionReader.error(
                line: line,
                "'\(name.prefix(80))' is no name for \(what): it must have 1 to 255 bytes and hold neither '__' nor ':'."
            )
        }
    }

    private static func checkColumns(_ names: [String], _ key: String, _ reader: DefinitionReader)
        throws(TarnError)
    {
        for name in names { try checkColumn(name, "a join key", reader.line) }
        try checkDistinct(names, key, reader)
    }

    private static func checkDistinct(_ names: [String], _ key: String, _ reader: DefinitionReader)
        throws(TarnError)
    {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw DefinitionReader.error(
                line: reader.line, "'\(key)' of \(reader.subject) names '\(name)' twice.")
        }
    }
}

extension String {
    /// For a subject in the middle of a sentence.
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension Optional {
    func mapTyped<T>(_ transform: (Wrapped) throws(TarnError) -> T) throws(TarnError) -> T? {
        if let self { try transform(self) } else { nil }
    }
}

extension FeatureSelection {
    /// `view`, `view:feature` or `view:[a, b]`; `nil` if it is neither.
    package init?(text: String) {
        guard let colon = text.firstIndex(of: ":") else {
            if text.isEmpty { return nil }
            self.init(view: text)
            return
        }
        let view = String(text[..<colon])
        var rest = text[text.index(after: colon)...].drop { $0 == " " }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        let names = rest.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        if view.isEmpty || names.contains(where: { $0.isEmpty || $0.contains(":") }) { return nil }
        if Set(names).count < names.count { return nil }
        self.init(view: view, features: names.map { Item(name: $0) })
    }
}
