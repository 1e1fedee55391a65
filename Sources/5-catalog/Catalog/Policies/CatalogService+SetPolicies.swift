package import Base
internal import Metastore

extension CatalogService {
    /// Puts a row filter on a table, in the place of the one that it has.
    ///
    /// - Parameters:
    ///   - name: The table, of which the principal has to be the manager.
    ///   - function: Gives a boolean; he needs EXECUTE on it.
    ///   - arguments: One for each parameter.
    /// - Throws: `.notFound`, `.permissionDenied`, `.invalidInput` for a wrong number of arguments.
    package func setRowFilter(
        on name: QualifiedName, _ function: QualifiedName, _ arguments: [Policy.Argument]
    ) async throws(TarnError) {
        try await setPolicy(on: name, column: "", function, arguments)
    }

    /// Puts a mask on a column, in the place of the one that it has.
    ///
    /// - Parameters:
    ///   - name: The table, of which the principal has to be the manager.
    ///   - column: Its key.
    ///   - function: Gives what is shown in the place of the column's values; he needs EXECUTE on it.
    ///   - arguments: One for each parameter, the column itself first.
    /// - Throws: As `setRowFilter`.
    package func setMask(
        on name: QualifiedName, column: ColumnKey, _ function: QualifiedName, _ arguments: [Policy.Argument]
    ) async throws(TarnError) {
        try await setPolicy(on: name, column: column.key, function, arguments)
    }

    private func setPolicy(
        on name: QualifiedName, column: String, _ function: QualifiedName, _ arguments: [Policy.Argument]
    ) async throws(TarnError) {
        let now = time.nowMicroseconds()
        try await write { rows in
            let table = try rows.requireTable(name)
            try rows.requireManagement(of: table.securable)
            let entry = try rows.policyFunction(function, argumentCount: arguments.count)
            try rows.db.execute(
                "DELETE FROM catalog_policies WHERE table_id = ? AND column_key = ?", [table.id, column])
            try rows.db.execute(
                """
                INSERT INTO catalog_policies
                    (table_id, column_key, function_id, arguments, created_by, created_us)
                VALUES (?, ?, ?, ?, ?, ?)
                """, [table.id, column, entry.id, CatalogRows.text(arguments), rows.principal.name, now])
        }
    }

    /// Takes a table's row filter away.
    ///
    /// - Throws: `.notFound` where there is none.
    package func dropRowFilter(on name: QualifiedName) async throws(TarnError) {
        try await dropPolicy(on: name, column: "", "no row filter")
    }

    /// Takes a column's mask away; the column may be gone.
    package func dropMask(on name: QualifiedName, column: ColumnKey) async throws(TarnError) {
        try await dropPolicy(on: name, column: column.key, "no mask on the column \(column.name)")
    }

    private func dropPolicy(on name: QualifiedName, column: String, _ none: String) async throws(TarnError) {
        try await write { rows in
            let table = try rows.requireTable(name)
            try rows.requireManagement(of: table.securable)
            let count = try rows.db.rows(
                "SELECT 1 FROM catalog_policies WHERE table_id = ? AND column_key = ?", [table.id, column]
            ).count
            if count == 0 { throw TarnError(.notFound, "Table \(table.name) has \(none).") }
            try rows.db.execute(
                "DELETE FROM catalog_policies WHERE table_id = ? AND column_key = ?", [table.id, column])
        }
    }
}

extension CatalogRows {
    /// The function that a policy is to call.
    func policyFunction(_ name: QualifiedName, argumentCount: Int) throws -> FunctionEntry {
        let (found, parent) = try requireObject(.function, name)
        try require([.execute], on: found)
        let entry = try FunctionEntry(found, in: parent)
        let least = entry.parameters.count { $0.defaultValue == nil }
        if argumentCount < least || argumentCount > entry.parameters.count {
            throw TarnError(
                .invalidInput,
                "Function \(entry.name) takes \(entry.parameters.count) arguments, and \(argumentCount) are given.",
                context: [("function", entry.name.description)])
        }
        if entry.definition.language != .sql {
            throw TarnError(.unsupported, "Function \(entry.name) is not in SQL: Tarn cannot run it.")
        }
        return entry
    }
}
