internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel
internal import Tables

extension StatementCall {
    func alter(_ name: ObjectName, _ actions: [AlterAction]) async throws -> StatementResult {
        let target = try await target(name)
        if case .rename(let newName)? = actions.first { return try await rename(target, newName) }
        try await checkAlteration(actions, target, at: name)
        var version: Int64?
        if case .addColumn? = actions.first {
            version = try await addColumns(actions, target.table, at: name)
        } else {
            for action in actions { version = try await apply(action, target, at: name) }
        }
        return .done(.alter, "Altered table \(target.name)", version: version)
    }

    /// All columns of one statement that go to one place are one commit.
    private func addColumns(
        _ actions: [AlterAction], _ table: DeltaTable, at name: ObjectName
    ) async throws -> Int64? {
        let schema = try await table.snapshot().schema
        var groups: [(parent: [String], fields: [(field: SchemaField, position: SchemaEvolution.Position)])] =
            []
        for case .addColumn(let path, let field, let position, let ifNotExists) in actions {
            if ifNotExists, (try? SchemaEvolution.field(path, in: schema)) != nil { continue }
            let parent = Array(path.parts.dropLast())
            let added = (field: field, position: position.map(evolutionPosition) ?? .last)
            if let index = groups.firstIndex(where: { $0.parent == parent }) {
                groups[index].fields.append(added)
            } else {
                groups.append((parent, [added]))
            }
        }
        var version: Int64?
        for group in groups {
            version = try await at(name.range) {
                try await table.addColumns(group.fields, within: group.parent).version
            }
        }
        return version
    }

    private func apply(
        _ action: AlterAction, _ target: TargetTable, at name: ObjectName
    ) async throws -> Int64? {
        let table = target.table
        return try await at(name.range) {
            switch action {
            case .addColumn, .rename: return nil
            case .setRowFilter(let clause):
                try await setRowFilter(clause, on: target)
                return nil
            case .setMask(let path, let clause):
                try await setMask(clause, on: path, of: target)
                return nil
            case .dropColumns(let paths, let ifExists):
                return try await table.dropColumns(paths, ifExists: ifExists).version
            case .renameColumn(let path, let newName):
                return try await table.renameColumn(path, to: newName).version
            case .moveColumn(let path, let position):
                return try await table.moveColumn(path, to: evolutionPosition(position)).version
            case .changeType(let path, let type): return try await table.changeType(path, to: type).version
            case .setNullable(let path, let isNullable):
                return try await table.setNullable(path, isNullable).version
            case .setDefault(let path, let value):
                return try await table.setDefault(path, to: value.map(text.deltaExpression)).version
            case .setColumnComment(let path, let comment):
                return try await table.setComment(of: path, comment.isEmpty ? nil : comment).version
            case .syncIdentity(let path): return try await table.syncIdentity(path).version
            case .addConstraint(let constraint, let condition):
                return try await table.addConstraint(constraint, text.deltaExpression(condition)).version
            case .dropConstraint(let constraint, let ifExists):
                return try await table.dropConstraint(constraint, ifExists: ifExists).version
            case .setProperties(let properties):
                let all = Dictionary(properties, uniquingKeysWith: { _, last in last })
                return try await table.setProperties(all).version
            case .unsetProperties(let keys, let ifExists):
                return try await unset(keys, ifExists: ifExists, table, at: name)
            case .setComment(let comment):
                let result = try await table.setComment(comment.isEmpty ? nil : comment)
                if let entry = target.entry {
                    let change = EntryChanges(comment: comment.isEmpty ? .remove : .set(comment))
                    try await catalog.updateTable(entry.name, change)
                }
                return result.version
            case .clusterBy(let paths): return try await table.setClustering(paths).version
            case .dropFeature(let feature, let truncates):
                return try await table.dropFeature(feature, truncateHistory: truncates).version
            }
        }
    }

    private func rename(_ target: TargetTable, _ newName: ObjectName) async throws -> StatementResult {
        guard let entry = target.entry else {
            throw sqlError(
                .unsupported, "A folder cannot be renamed; RENAME TO is for tables of the catalog.", text,
                at: newName.range.lowerBound)
        }
        // A name of one part stays in the table's own schema.
        let wanted =
            newName.parts.count > 1
            ? qualified(newName)
            : QualifiedName(catalog: entry.name.catalog, schema: entry.name.schema, name: newName.parts[0])
        let renamed = try await at(newName.range) { try await catalog.renameTable(entry.name, to: wanted) }
        // The open table says its name in messages.
        service.rooms.forget(localFolder: target.localFolder)
        return .done(.alter, "Renamed table \(entry.name) to \(renamed.name)")
    }

    private func evolutionPosition(_ position: AlterAction.Position) -> SchemaEvolution.Position {
        switch position {
        case .first: .first
        case .after(let name): .after(name)
        }
    }

    private func unset(
        _ keys: [String], ifExists: Bool, _ table: DeltaTable, at name: ObjectName
    ) async throws -> Int64 {
        let known = try await table.snapshot().configuration
        if !ifExists, let missing = keys.first(where: { known[$0] == nil }) {
            throw sqlError(
                .notFound, "The table has no property \(missing).\(didYouMean(missing, among: known.keys))",
                text, at: name.range.lowerBound)
        }
        return try await table.setProperties([:], removing: keys.filter { known[$0] != nil }).version
    }
}
