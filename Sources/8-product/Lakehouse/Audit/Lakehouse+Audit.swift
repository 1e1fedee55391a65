package import Audit
package import Base
import Catalog
import Engine
import Query
import TableModel

extension Lakehouse {
    /// Whether what is done is recorded: as `audit.mode` says, and by itself wherever callers must show who they are.
    package var isAudited: Bool {
        guard home != nil else { return false }
        switch settings.audit.mode {
        case "on": return true
        case "off": return false
        default: return settings.auth.mode == "required"
        }
    }

    /// Runs a statement, and records it with its result.
    func runAudited(
        _ sql: String, parameters: SQLParameters, context: QueryContext
    ) async throws -> StatementResult {
        let audit = try await audit
        let outline = StatementOutline(sql, context: context)
        // What cannot be recorded must not happen.
        if outline.mayChange, let failure = audit.failure { throw failure }
        AuditTrail.current?.markRecorded()
        do {
            let result = try await query.run(sql, parameters: parameters, context: context)
            let event = event(outline, sql, context, result: result, error: nil)
            try await record(event, isDurable: outline.mayChange, in: audit)
            return result
        } catch {
            let failure = error as? TarnError ?? TarnError(.internal, "Unexpected failure.", cause: error)
            let event = event(outline, sql, context, result: nil, error: failure)
            try await record(event, isDurable: false, in: audit)
            throw error
        }
    }

    private func event(
        _ outline: StatementOutline, _ sql: String, _ context: QueryContext, result: StatementResult?,
        error: TarnError?
    ) -> AuditEvent {
        let trail = AuditTrail.current
        var details = JSONObject()
        switch settings.audit.statementText {
        case "off": break
        case "full": details["statement"] = .string(sql)
        default: details["statement"] = .string(outline.text)
        }
        let tables = result?.facts.tables ?? []
        if !tables.isEmpty {
            details["tables"] = .array(
                tables.prefix(100).map { table in
                    .string(table.name + (table.version.map { "@\($0)" } ?? ""))
                })
        }
        if let version = result?.version { details["version"] = .int(version) }
        if let count = result?.affectedRowCount { details["rows"] = .int(count) }
        // The name that was asked for stands in the error, whether it is hidden or not there.
        let asked = error?.context.first { ["table", "schema", "catalog", "function"].contains($0.name) }
        return AuditEvent(
            timeMicroseconds: time.nowMicroseconds(), principal: context.principal, action: outline.action,
            objectKind: outline.objectKind ?? asked?.name ?? (tables.isEmpty ? nil : "table"),
            objectName: outline.objectName ?? asked?.value ?? tables.first?.name, outcome: error?.code,
            door: trail?.door ?? purpose.door, requestID: trail?.requestID,
            clientAddress: trail?.clientAddress, details: details)
    }

    private func record(_ event: AuditEvent, isDurable: Bool, in audit: AuditLog) async throws {
        if !isDurable, audit.add(event) { return }
        try await audit.record(event, isDurable: isDurable)
    }

    /// Records an event of a request or a command, if anything is recorded.
    package func record(_ event: @autoclosure () -> AuditEvent, isDurable: Bool) async throws {
        guard isAudited else { return }
        let event = event()
        if !isDurable, let audit = auditInUse, audit.add(event) { return }
        try await audit.record(event, isDurable: isDurable)
    }

    /// Records what a command of `tarn` did that ran no statement.
    ///
    /// - Parameter outcome: `nil` if it went well.
    /// - Throws: `.storage` if it cannot be recorded.
    package func recordCommand(outcome: TarnError.Code?) async throws {
        guard case .command(let words) = purpose, isAudited, !words.hasPrefix("audit"),
            !hasRecordedCommand.exchangeTrue()
        else {
            return
        }
        let audit = try await audit
        if audit.hasRecorded { return }
        let event = AuditEvent(
            timeMicroseconds: time.nowMicroseconds(), principal: .system, action: "tarn " + words,
            outcome: outcome, door: purpose.door)
        try await audit.record(event, isDurable: true)
    }

    /// `system.audit`: everything for administrators, what he did himself for anybody else.
    static func auditTable(_ audit: @escaping @Sendable () async throws -> AuditLog?) -> SystemTable {
        let schema = AuditColumns.schema
        return SystemTable(
            schema.fields.map { ($0.name, $0.type) },
            "who did what, with which result; all of it for administrators, your own for you"
        ) { scope in
            guard let log = try await audit() else {
                let nulls = schema.fields.map { "NULL::\($0.type.sqlName) AS \(quoteIdentifier($0.name))" }
                return SourceRelation(
                    sql: "(SELECT \(nulls.joined(separator: ", ")) WHERE false)", filesScanned: 0,
                    filesPruned: 0)
            }
            let relation = try await log.relation(matching: scope.filter)
            let sql =
                scope.principal.isAdministrator
                ? relation.sql
                : "(SELECT * FROM \(relation.sql) WHERE principal_id = \(quoteLiteral(scope.principal.id)))"
            return SourceRelation(
                sql: sql, filesScanned: relation.filesScanned, filesPruned: relation.filesPruned,
                resources: relation.resources)
        }
    }
}
