internal import Base
internal import Catalog
internal import DeltaLake
internal import TableModel
internal import Tables

/// Statements that would work on rows or values that are hidden from the one who asks.
extension StatementCall {
    /// Whether a row filter or a mask holds for the one who asks on the table.
    func isGoverned(_ target: TargetTable) async throws -> Bool {
        guard let entry = target.entry, !context.principal.isSystem else { return false }
        return try await !policies(of: entry, target.table).policies.isEmpty
    }

    /// Refuses what changes or copies a table as a whole, or rows by a condition, where policies hold: the outcome would
    /// tell of what is hidden, or destroy it unseen.
    func refuseGoverned(_ target: TargetTable, _ action: String) async throws {
        guard try await isGoverned(target) else { return }
        throw TarnError(
            .permissionDenied,
            "\(context.principal.name) cannot \(action) \(target.name): a row filter or a mask holds there for \(context.principal.name), and this works on what they hide. Rows can be appended with INSERT INTO."
        )
    }

    /// What of ALTER TABLE tells of values, or takes a column from under its policy.
    func checkAlteration(_ actions: [AlterAction], _ target: TargetTable, at name: ObjectName) async throws {
        var tells = false
        var dropped: [ColumnPath] = []
        for action in actions {
            switch action {
            case .addConstraint, .setNullable(_, false), .changeType, .syncIdentity, .dropFeature,
                .setProperties, .unsetProperties:
                tells = true
            case .dropColumns(let paths, _): dropped += paths
            default: break
            }
        }
        if tells { try await refuseGoverned(target, "alter rows or values of") }
        guard !dropped.isEmpty, let entry = target.entry else { return }
        let keys = try await service.catalog.columnsUnderPolicies(of: entry)
        if keys.isEmpty { return }
        let snapshot = try await target.table.snapshot()
        for path in dropped {
            guard let field = snapshot.schema[path.parts[0]],
                keys.contains(field.columnKey(snapshot.columnMapping))
            else { continue }
            throw sqlError(
                .failedPrecondition,
                "The column \(field.name) has a mask, or a policy of the table reads it: drop that policy first.",
                text, at: name.range.lowerBound, context: [("column_name", field.name)])
        }
    }
}
