internal import Base
internal import Catalog

/// What a statement needs on the tables that it names outside of its queries.
///
/// A query's own tables need SELECT where they are opened; what is made, renamed or dropped is checked by the catalog in
/// the transaction that does it. docs/privileges.md has the same as a table for people.
struct RequiredPrivileges {
    enum Need {
        case privileges(PrivilegeSet)
        /// Ownership of the table or of what it lies in, or MANAGE.
        case management
        /// To know that it is there.
        case sight
    }

    /// The name of each table, and what is needed on it.
    static func needs(of statement: Statement) -> [(name: ObjectName, need: Need)] {
        switch statement {
        case .insert(let insert): [(insert.name, .privileges(.modify))]
        case .delete(let delete): [(delete.name, .privileges([.select, .modify]))]
        case .update(let update): [(update.name, .privileges([.select, .modify]))]
        case .merge(let merge): [(merge.name, .privileges([.select, .modify]))]
        case .truncate(let name): [(name, .privileges(.modify))]
        case .optimize(let optimize): [(optimize.name, .privileges([.select, .modify]))]
        case .reorg(let reorg): [(reorg.name, .privileges([.select, .modify]))]
        case .vacuum(let vacuum): [(vacuum.name, .management)]
        case .restore(let restore): [(restore.name, .management)]
        case .clone(let clone): [(clone.source, .privileges(.select))]
        case .createTable(let create): create.like.map { [($0, .privileges(.select))] } ?? []
        case .describeHistory(let name, _), .describeDetail(let name): [(name, .privileges(.select))]
        case .describeTable(let name): [(name, .sight)]
        case .show(let show):
            switch show.kind {
            case .columns, .createTable, .tableProperties: show.scope.map { [($0, .sight)] } ?? []
            case .catalogs, .schemas, .tables: []
            }
        case .alterTable(let name, let actions): [(name, Self.need(of: actions))]
        case .copy(let copy):
            if case .table(let name) = copy.source { [(name, .privileges(.select))] } else { [] }
        default: []
        }
    }

    /// Columns and their rules are changed by whoever may write the table; the table itself by who manages it.
    private static func need(of actions: [AlterAction]) -> Need {
        for action in actions {
            switch action {
            case .addColumn, .moveColumn, .setNullable, .setDefault, .setColumnComment, .syncIdentity,
                .addConstraint, .clusterBy, .changeType:
                continue
            default: return .management
            }
        }
        return .privileges(.modify)
    }
}

extension StatementCall {
    /// Refuses a statement whose principal lacks a privilege on a table that it names.
    ///
    /// - Throws: `.notFound` for a table that he may not see, `.permissionDenied` naming what is missing.
    func authorize(_ statement: Statement) async throws {
        if context.principal.isSystem { return }
        for (name, need) in RequiredPrivileges.needs(of: statement) where name.deltaPath == nil {
            try await at(name.range) {
                switch need {
                case .sight: _ = try await catalog.table(qualified(name))
                case .privileges(let privileges):
                    _ = try await catalog.table(qualified(name), requiring: privileges)
                case .management: try await catalog.requireManagement(of: qualified(name))
                }
            }
        }
    }
}
