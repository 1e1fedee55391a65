internal import Base
internal import Catalog
internal import Engine
internal import TableModel

/// SHOW and DESCRIBE of what is no table.
extension StatementCall {
    func show(
        _ kind: SecurableKind, in scope: ObjectName?, like pattern: String?
    ) async throws -> StatementResult {
        let (parent, schema) = context.qualifiedSchema(scope?.parts ?? [])
        let matches = { (name: String) in pattern.map { LikePattern($0).matches(name) } ?? true }
        let most = CatalogService.largestPage
        var columns = ["catalog_name", "schema_name"]
        var rows: [(name: String, cells: [String?])] = []
        switch kind {
        case .function:
            columns += ["function_name", "return_type", "comment"]
            rows = try await all {
                try await catalog.functions(in: schema, catalog: parent, limit: most, after: $0)
            }.map {
                ($0.name.name, [$0.name.catalog, $0.name.schema, $0.name.name, $0.returnType, $0.comment])
            }
        case .volume:
            columns += ["volume_name", "kind", "comment"]
            rows = try await all {
                try await catalog.volumes(in: schema, catalog: parent, limit: most, after: $0)
            }.map {
                ($0.name.name, [$0.name.catalog, $0.name.schema, $0.name.name, $0.kind.rawValue, $0.comment])
            }
        case .registeredModel:
            columns += ["model_name", "comment"]
            rows = try await all {
                try await catalog.models(in: schema, catalog: parent, limit: most, after: $0)
            }.map { ($0.name.name, [$0.name.catalog, $0.name.schema, $0.name.name, $0.comment]) }
        case .externalLocation:
            columns = ["name", "url", "comment"]
            rows = try await all { try await catalog.externalLocations(limit: most, after: $0) }
                .map { ($0.name, [$0.name, $0.url, $0.comment]) }
        case .credential:
            columns = ["name", "kind", "comment"]
            rows = try await all { try await catalog.credentials(limit: most, after: $0) }
                .map { ($0.name, [$0.name, $0.kind.rawValue, $0.comment]) }
        case .metastore, .catalog, .schema, .table:
            throw TarnError(.internal, "SHOW of a \(kind) was misread.")
        }
        return result(
            .show, columns.map { ($0, .string) },
            rows.filter { matches($0.name) }.map { $0.cells.map(FixedValue.text(orNull:)) })
    }

    /// Rows of a name and a value: what the kind has of its own first, then what all have.
    func describe(_ kind: SecurableKind, _ name: ObjectName) async throws -> StatementResult {
        let parts = parts(kind, name)
        let securable = try await at(name.range) { try await catalog.securable(kind, parts) }
        let fullName = written(try await catalog.nameParts(of: securable))
        var rows: [[FixedValue]] = [[.text(kind.description), .text(fullName)]]
        for (name, value) in try await facts(kind, name, parts) {
            rows.append([.text(name), .text(orNull: value)])
        }
        rows += try await shared(securable)
        for tag in try await catalog.tags(of: try SecurableReference(kind, parts: parts)) {
            let isMark = tag.key == CatalogTag.certificationKey
            rows.append([.text(isMark ? "certification" : "tag " + tag.key), .text(tag.value)])
        }
        return result(.describe, [("info_name", .string), ("info_value", .string)], rows)
    }

    private func facts(
        _ kind: SecurableKind, _ name: ObjectName, _ parts: [String]
    ) async throws -> [(String, String?)] {
        switch kind {
        case .function: return facts(of: try await catalog.function(qualified(name)))
        case .volume:
            let volume = try await catalog.volume(qualified(name))
            return [("type", volume.kind.rawValue), ("location", volume.location)]
        case .registeredModel:
            return [("location", try await catalog.model(qualified(name)).location)]
        case .externalLocation:
            let location = try await catalog.externalLocation(parts[0])
            return [
                ("url", location.url), ("credential", location.credentialName),
                ("read only", String(location.isReadOnly)),
            ]
        case .credential:
            let credential = try await catalog.credential(parts[0])
            return [("kind", credential.kind.rawValue), ("purpose", credential.purpose)]
                + credential.facts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        case .metastore, .catalog, .schema, .table: return []
        }
    }

    /// What objects of all kinds have.
    private func shared(_ securable: Securable) async throws -> [[FixedValue]] {
        var facts: [(String, String?)] = [
            ("comment", securable.comment), ("owner", try await catalog.ownerName(of: securable)),
        ]
        if let name = securable.createdBy { facts.append(("created by", name)) }
        for (name, value) in securable.properties.sorted(by: { $0.key < $1.key }) {
            facts.append(("property " + name, value))
        }
        return facts.map { [.text($0.0), .text(orNull: $0.1)] }
    }
}
