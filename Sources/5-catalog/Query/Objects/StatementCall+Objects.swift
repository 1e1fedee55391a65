internal import Base
internal import Catalog
internal import Engine
internal import TableModel

extension StatementCall {
    func run(_ statement: ObjectStatement) async throws -> StatementResult {
        switch statement {
        case .createFunction(let statement): return try await createFunction(statement)
        case .create(let statement): return try await create(statement)
        case .drop(let kind, let name, let ifExists, let force):
            return try await at(name.range) { try await drop(kind, name, ifExists: ifExists, force: force) }
        case .show(let kind, let scope, let pattern): return try await show(kind, in: scope, like: pattern)
        case .describe(let kind, let name): return try await describe(kind, name)
        case .comment(let kind, let name, let comment):
            return try await update(kind, name, EntryChanges(comment: comment.map { .set($0) } ?? .remove))
        case .properties(let kind, let name, let properties):
            let changes = EntryChanges(
                properties: Dictionary(properties, uniquingKeysWith: { _, last in last }))
            return try await update(kind, name, changes)
        case .rename(let kind, let name, let newName): return try await rename(kind, name, to: newName)
        case .tags(let statement): return try await tag(statement)
        case .showTags(let kind, let name): return try await showTags(kind, name)
        case .alterLocation(let name, let url, let credential, let force):
            return try await alterLocation(name, url: url, credential: credential, force: force)
        }
    }

    /// The parts of an object's name, with the catalog and the schema that it is said in.
    func parts(_ kind: SecurableKind, _ name: ObjectName) -> [String] {
        switch kind.partCount {
        case 3:
            let full = qualified(name)
            return [full.catalog, full.schema, full.name]
        case 2:
            let full = context.qualifiedSchema(name.parts)
            return [full.catalog, full.schema]
        default: return name.parts
        }
    }

    /// As one writes it.
    func written(_ parts: [String]) -> String {
        parts.map { QualifiedName(catalog: "", schema: "", name: $0).lastPart }.joined(separator: ".")
    }

    private func create(_ statement: CreateObjectStatement) async throws -> StatementResult {
        if statement.location.map({ !$0.contains("://") || $0.hasPrefix("file:") }) == true {
            try checkMayNamePlaces()
        }
        let name = qualified(statement.name)
        try await at(statement.name.range) {
            switch statement.kind {
            case .volume:
                let location = try statement.location.map { try path(of: $0) }
                let volume = try await catalog.createVolume(
                    name, location: location, comment: statement.comment, ifNotExists: statement.ifNotExists)
                try service.makeFolder(of: volume)
            case .registeredModel:
                try await catalog.createModel(
                    name, comment: statement.comment, ifNotExists: statement.ifNotExists)
            default:
                try await catalog.createExternalLocation(
                    statement.name.parts[0], url: try path(of: statement.location ?? ""),
                    credential: statement.credential?.parts[0], comment: statement.comment,
                    ifNotExists: statement.ifNotExists)
            }
        }
        return .done(
            .create,
            "\(sentence(statement.kind)) \(written(parts(statement.kind, statement.name))) is there")
    }

    /// Places of this machine are named by its owner, and by whoever has privileges on an external location there.
    private func checkMayNamePlaces() throws {
        if context.localFiles || !context.principal.isSystem { return }
        throw TarnError(
            .permissionDenied, "A place of this machine may be named by the local owner only.")
    }

    private func drop(
        _ kind: SecurableKind, _ name: ObjectName, ifExists: Bool, force: Bool
    ) async throws -> StatementResult {
        var isThere = true
        let written = written(parts(kind, name))
        switch kind {
        case .function:
            isThere = try await catalog.dropFunction(qualified(name), ifExists: ifExists) != nil
        case .volume:
            let dropped = try await catalog.dropVolume(qualified(name), ifExists: ifExists)
            if let dropped { try await removeFiles(of: dropped) }
            isThere = dropped != nil
        case .registeredModel:
            let dropped = try await catalog.dropModel(qualified(name), force: force, ifExists: ifExists)
            if let dropped { try await removeFiles(of: dropped) }
            isThere = dropped != nil
        case .externalLocation:
            try await catalog.dropExternalLocation(name.parts[0], force: force, ifExists: ifExists)
        case .credential: try await catalog.dropCredential(name.parts[0], force: force, ifExists: ifExists)
        case .metastore, .catalog, .schema, .table:
            throw TarnError(.internal, "DROP \(kind) was read as that of another kind.")
        }
        return .done(.drop, isThere ? "Dropped \(kind) \(written)" : "There is no \(kind) \(written)")
    }

    private func update(
        _ kind: SecurableKind, _ name: ObjectName, _ changes: EntryChanges
    ) async throws -> StatementResult {
        let parts = parts(kind, name)
        _ = try await at(name.range) { try await catalog.updateSecurable(kind, parts, changes) }
        return .done(.alter, "Altered \(kind) \(written(parts))")
    }

    private func rename(
        _ kind: SecurableKind, _ name: ObjectName, to newName: ObjectName
    ) async throws -> StatementResult {
        let old = parts(kind, name)
        // Only the last part changes: an object stays in its schema.
        if newName.parts.count > 1, parts(kind, newName).dropLast() != old.dropLast() {
            throw sqlError(
                .unsupported, "A \(kind) cannot be moved to another place; RENAME TO takes a name.", text,
                at: newName.range.lowerBound)
        }
        let new = newName.parts[newName.parts.count - 1]
        try await at(name.range) {
            switch kind {
            case .catalog: try await catalog.renameCatalog(old[0], to: new)
            case .schema: try await catalog.renameSchema(old[1], in: old[0], to: new)
            case .volume: try await catalog.renameVolume(qualified(name), to: new)
            case .registeredModel: try await catalog.renameModel(qualified(name), to: new)
            case .function: try await catalog.renameFunction(qualified(name), to: new)
            case .externalLocation: try await catalog.renameExternalLocation(old[0], to: new)
            case .credential: try await catalog.renameCredential(old[0], to: new)
            case .metastore, .table: throw TarnError(.internal, "RENAME of a \(kind) was misread.")
            }
        }
        return .done(.alter, "Renamed \(kind) \(written(old)) to \(written(old.dropLast() + [new]))")
    }

    private func alterLocation(
        _ name: ObjectName, url: String?, credential: ObjectName?, force: Bool
    ) async throws -> StatementResult {
        let changes = ExternalLocationChanges(
            url: try url.map { try path(of: $0) }, credential: credential?.parts[0], force: force)
        _ = try await at(name.range) {
            try await catalog.updateExternalLocation(name.parts[0], changes)
        }
        return .done(.alter, "Altered external location \(written(name.parts))")
    }

    private func sentence(_ kind: SecurableKind) -> String {
        kind.description.prefix(1).uppercased() + kind.description.dropFirst()
    }
}
