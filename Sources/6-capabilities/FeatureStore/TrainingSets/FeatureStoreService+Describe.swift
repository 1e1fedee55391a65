package import Base
internal import Catalog
internal import Metastore
internal import OnlineStore
package import Query
internal import TableModel

extension FeatureRows {
    func save(_ record: TrainingSetRecord) throws {
        try db.execute(
            """
            INSERT INTO feature_training_sets (table_id, version, name, record, created_us)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (table_id, version) DO UPDATE SET name = excluded.name, record = excluded.record,
                created_us = excluded.created_us
            """,
            [
                record.tableID, record.version, record.table, record.json.jsonText,
                record.createdMicroseconds,
            ])
    }

    func trainingSets(tableID: String? = nil) throws -> [TrainingSetRecord] {
        let filter = tableID == nil ? "" : "WHERE table_id = ?"
        let rows: [String] = try db.column(
            "SELECT record FROM feature_training_sets \(filter) ORDER BY created_us, table_id, version",
            tableID.map { [$0] } ?? [])
        return try rows.map {
            guard let record = TrainingSetRecord(json: try Self.json($0)) else { throw Self.damaged() }
            return record
        }
    }
}

extension FeatureStoreService {
    /// All training sets that were cut, oldest first.
    package func trainingSets() async throws(TarnError) -> [TrainingSetRecord] {
        try await parts.metastore.read { try FeatureRows(db: $0).trainingSets() }
    }

    /// What a table was cut from, newest version last.
    ///
    /// - Throws: `.notFound` if there is no such table, or it is no training set.
    package func trainingSets(ofTable name: String) async throws -> [TrainingSetRecord] {
        let entry = try await parts.query.open(try QualifiedName(name)).entry
        let records = try await parts.metastore.read {
            try FeatureRows(db: $0).trainingSets(tableID: entry.id)
        }
        if records.isEmpty {
            throw TarnError(
                .notFound, "Table \(entry.name) is no training set.",
                context: [("table", entry.name.description)])
        }
        return records
    }

    /// Cuts the same rows again from the versions that a training set records.
    ///
    /// - Parameters:
    ///   - name: The training set; its newest version.
    ///   - table: The name of the new table.
    ///   - context: Who asks.
    /// - Returns: The new table's record.
    /// - Throws: As `trainingSet`; `.failedPrecondition` where a query or a definition no longer fits the versions.
    @discardableResult
    package func reproduce(
        _ name: String, as table: String, context: QueryContext = QueryContext()
    ) async throws -> TrainingSetRecord {
        guard let record = try await trainingSets(ofTable: name).last else {
            throw TarnError(.notFound, "Table \(name) is no training set.")
        }
        var request = record.request
        request.table = table
        request.replaces = false
        for source in record.sources { request.versions[source.table] = source.version }
        return try await trainingSet(request, context: context)
    }

    /// All definitions as they are now.
    package func definitions() async throws(TarnError) -> RegistrySnapshot { try await refresh() }

    /// One definition with what is known about it, as JSON.
    ///
    /// - Parameter name: Of a view, a service or an entity, looked for in that order.
    /// - Returns: Kind, definition, and for a view its columns and what of it is online.
    /// - Throws: `.notFound` with near names.
    package func describe(_ name: String) async throws -> JSONValue {
        let registry = try await refresh()
        if let view = registry.views[name] { return try await describe(view) }
        if let service = registry.services[name] {
            var object: JSONObject = ["kind": .string(DefinitionKind.featureService.rawValue)]
            object["definition"] = service.json
            let resolved = try ResolvedFeatures(service.selections, in: registry, fullNames: true)
            object["columns"] = .array(resolved.outputNames.map { .string($0) })
            return .object(object)
        }
        if let entity = registry.entities[name] {
            return .object(["kind": .string(DefinitionKind.entity.rawValue), "definition": entity.json])
        }
        let known = Array(registry.views.keys) + Array(registry.services.keys) + Array(registry.entities.keys)
        throw TarnError(
            .notFound,
            "No feature view, service or entity is called '\(name.prefix(200))'.\(didYouMean(name, among: known.sorted()))",
            context: [("name", name)])
    }

    private func describe(_ view: RegisteredView) async throws -> JSONValue {
        func columns(_ fields: [(name: String, type: String)]) -> JSONValue {
            .array(fields.map { .object(["name": .string($0.name), "type": .string($0.type)]) })
        }
        var object: JSONObject = [
            "kind": .string(DefinitionKind.featureView.rawValue), "version": .int(view.version),
            "definition": view.definition.json,
            "join_keys": columns(view.joinKeys.map { ($0.name, $0.type.sqlName) }),
            "features": columns(view.features.map { ($0.name, $0.type.sqlName) }),
        ]
        let record = try await parts.metastore.read { try FeatureRows(db: $0).materialization(view.onlineID) }
        if let record {
            object["materialized"] = .object([
                "end_us": .int(record.end), "source_version": .int(record.sourceVersion),
                "rows": .int(record.rowCount),
                "updated_us": .int(record.updatedMicroseconds),
            ])
        }
        object["online_rows"] = .int(try parts.online.count(of: .init(view.onlineID)))
        return .object(object)
    }
}
