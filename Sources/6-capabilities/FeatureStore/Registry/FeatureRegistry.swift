package import Base
internal import DeltaLake
package import Metastore
internal import TableModel

/// The definitions in the metastore.
package struct FeatureRegistry: Sendable {
    let metastore: Metastore

    package init(_ metastore: Metastore) { self.metastore = metastore }

    /// A number that is another one after every change.
    package func revision() async throws(TarnError) -> Int64 {
        try await metastore.read { db in try FeatureRows(db: db).revision() }
    }

    /// All definitions, as of one moment.
    package func snapshot() async throws(TarnError) -> RegistrySnapshot {
        try await metastore.read { db in try FeatureRows(db: db).snapshot() }
    }
}

/// The registry's SQL, inside one transaction.
struct FeatureRows {
    let db: MetastoreConnection

    func revision() throws -> Int64 {
        try db.value("SELECT revision FROM feature_registry WHERE id = 1") ?? 0
    }

    func snapshot() throws -> RegistrySnapshot {
        var definitions = FeatureDefinitions()
        var views: [RegisteredView] = []
        for row in try db.rows("SELECT * FROM feature_objects ORDER BY kind, name") {
            let text: String = try row("definition")
            let json = try Self.json(text)
            switch DefinitionKind(rawValue: try row("kind")) {
            case .entity: if let entity = FeatureEntity(json: json) { definitions.entities.append(entity) }
            case .featureService:
                if let service = FeatureService(json: json) { definitions.services.append(service) }
            case .featureView: views.append(try view(row, json))
            case nil: throw Self.damaged()
            }
        }
        return RegistrySnapshot(
            revision: try revision(), entities: definitions.entities, views: views,
            services: definitions.services)
    }

    private func view(_ row: MetastoreRow, _ json: JSONValue) throws -> RegisteredView {
        let layout = try Self.json(try row("layout") ?? "")
        guard let definition = FeatureView(json: json), let keys = layout["join_keys"]?.string,
            let features = layout["features"]?.string,
            let onlineID = UInt32(exactly: try row("online_id") as Int64)
        else { throw Self.damaged() }
        return RegisteredView(
            definition: definition, version: try row("version"), onlineID: onlineID,
            joinKeys: try SchemaCodec.parse(keys).fields, features: try SchemaCodec.parse(features).fields)
    }

    static func layout(_ view: RegisteredView) -> String {
        JSONValue.object([
            "join_keys": .string(SchemaCodec.text(TableSchema(view.joinKeys))),
            "features": .string(SchemaCodec.text(TableSchema(view.features))),
        ]).jsonText
    }

    func save(
        _ kind: DefinitionKind, _ name: String, version: Int, definition: JSONValue, view: RegisteredView?,
        at now: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO feature_objects (kind, name, version, definition, layout, online_id, created_us, updated_us)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version, definition = excluded.definition,
                layout = excluded.layout, online_id = excluded.online_id, updated_us = excluded.updated_us
            """,
            [
                kind.rawValue, name, version, definition.jsonText, view.map(Self.layout),
                view.map { Int64($0.onlineID) }, now, now,
            ])
    }

    func delete(_ kind: DefinitionKind, _ name: String) throws {
        try db.execute("DELETE FROM feature_objects WHERE kind = ? AND name = ?", [kind.rawValue, name])
    }

    func version(_ kind: DefinitionKind, _ name: String) throws -> Int? {
        try db.value(
            "SELECT version FROM feature_objects WHERE kind = ? AND name = ?", [kind.rawValue, name])
    }

    /// A number for online rows that no view had before.
    func takeOnlineID() throws -> UInt32 {
        let id: Int64 = try db.value("SELECT next_online_id FROM feature_registry WHERE id = 1") ?? 1
        try db.execute("UPDATE feature_registry SET next_online_id = next_online_id + 1 WHERE id = 1")
        guard let number = UInt32(exactly: id) else { throw Self.damaged() }
        return number
    }

    /// Numbers that views had and no view has any more.
    func unusedOnlineIDs() throws -> [UInt32] {
        let next: Int64 =
            try db.value("SELECT next_online_id FROM feature_registry WHERE id = 1") ?? 1
        let used: [Int64] = try db.column(
            "SELECT online_id FROM feature_objects WHERE online_id IS NOT NULL")
        let taken = Set(used)
        return (1..<max(1, next)).filter { !taken.contains($0) }.compactMap { UInt32(exactly: $0) }
    }

    func forgetMaterialization(_ onlineID: UInt32) throws {
        try db.execute("DELETE FROM feature_materializations WHERE online_id = ?", [Int64(onlineID)])
    }

    func raiseRevision() throws {
        try db.execute("UPDATE feature_registry SET revision = revision + 1 WHERE id = 1")
    }

    static func json(_ text: String) throws -> JSONValue {
        do { return try JSONValue.parse(text) } catch { throw damaged() }
    }

    static func damaged() -> TarnError {
        TarnError(
            .corruptMetadata,
            "The feature registry holds a definition that cannot be read. Apply the definitions again.")
    }
}
