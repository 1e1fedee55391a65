package import Base

/// What a training set was cut from: enough to cut the same rows again.
package struct TrainingSetRecord: Hashable, Sendable {
    /// A table that rows came from, at the version that was read.
    package struct Source: Hashable, Sendable {
        /// `nil` for the spine.
        package var view: String?
        /// Of the view's definition.
        package var viewVersion: Int?
        package var table: String
        /// `nil` where only the name is known: a table that a spine's query read.
        package var tableID: String?
        package var version: Int64
    }

    /// The training set's own name, id and version.
    package var table: String
    package var tableID: String
    package var version: Int64
    package var request: TrainingSetRequest
    package var sources: [Source]
    package var rowCount: Int64
    package var createdMicroseconds: Int64

    package var json: JSONValue {
        .object([
            "table": .string(table), "table_id": .string(tableID), "version": .int(version),
            "rows": .int(rowCount), "created_us": .int(createdMicroseconds), "request": request.json,
            "sources": Self.json(sources),
        ])
    }

    static func json(_ sources: [Source]) -> JSONValue {
        .array(
            sources.map { source in
                var object: JSONObject = ["role": .string(source.view == nil ? "spine" : "view")]
                object["view"] = source.view.map { .string($0) }
                object["view_version"] = source.viewVersion.map { .int($0) }
                object["table"] = .string(source.table)
                object["table_id"] = source.tableID.map { .string($0) }
                object["version"] = .int(source.version)
                return .object(object)
            })
    }

    init?(json: JSONValue) {
        guard let table = json["table"]?.string, let tableID = json["table_id"]?.string,
            let version = json["version"]?.int64, let rowCount = json["rows"]?.int64,
            let created = json["created_us"]?.int64,
            let request = json["request"].flatMap({ TrainingSetRequest(json: $0) })
        else { return nil }
        let sources = (json["sources"]?.array ?? []).compactMap { source -> Source? in
            guard let table = source["table"]?.string, let version = source["version"]?.int64 else {
                return nil
            }
            return Source(
                view: source["view"]?.string, viewVersion: source["view_version"]?.int64.map { Int($0) },
                table: table,
                tableID: source["table_id"]?.string, version: version)
        }
        self.init(
            table: table, tableID: tableID, version: version, request: request, sources: sources,
            rowCount: rowCount,
            createdMicroseconds: created)
    }

    init(
        table: String, tableID: String, version: Int64, request: TrainingSetRequest, sources: [Source],
        rowCount: Int64, createdMicroseconds: Int64
    ) {
        self.table = table
        self.tableID = tableID
        self.version = version
        self.request = request
        self.sources = sources
        self.rowCount = rowCount
        self.createdMicroseconds = createdMicroseconds
    }
}

extension TrainingSetRequest {
    var json: JSONValue {
        let spine: (String, String) =
            switch spine {
            case .table(let name): ("table", name)
            case .sql(let text): ("sql", text)
            case .file(let path): ("file", path)
            }
        var object: JSONObject = [
            "table": .string(table), "spine": .object([spine.0: .string(spine.1)]),
            "time_column": .string(timeColumn),
            "full_feature_names": .bool(fullFeatureNames),
        ]
        switch features {
        case .service(let name): object["feature_service"] = .string(name)
        case .list(let names): object["features"] = .array(names.map { .string($0) })
        }
        object["key_columns"] = .object(
            JSONObject(keyColumns.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let table = json["table"]?.string, let spine = json["spine"]?.object?.members.first,
            let text = spine.value.string, let timeColumn = json["time_column"]?.string
        else { return nil }
        let features: Features? =
            json["feature_service"]?.string.map { .service($0) }
            ?? json["features"]?.array.map { .list($0.compactMap(\.string)) }
        guard let features else { return nil }
        var keyColumns: [String: String] = [:]
        for member in json["key_columns"]?.object?.members ?? [] {
            keyColumns[member.name] = member.value.string
        }
        self.init(
            table: table,
            spine: spine.name == "table" ? .table(text) : spine.name == "sql" ? .sql(text) : .file(text),
            features: features, timeColumn: timeColumn, keyColumns: keyColumns,
            fullFeatureNames: json["full_feature_names"]?.bool ?? false)
    }
}
