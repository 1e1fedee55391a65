import Base
import TableModel

/// Changes of a table's columns, rules and properties; types, defaults and conditions are SQL.
extension LakehouseTable {
    private func alter(_ change: String) async throws -> LakehouseChange {
        try await lake.change("ALTER TABLE \(reference) \(change)")
    }

    private func column(_ path: String) -> String { TableReference.column(path) }

    /// Adds a column, for example `addColumn("discount", "DOUBLE")`; rows that are there have NULL in it.
    @discardableResult
    public func addColumn(_ name: String, _ type: String) async throws -> LakehouseChange {
        try await alter("ADD COLUMN \(column(name)) \(type)")
    }

    /// Needs column mapping: `setProperties(["delta.columnMapping.mode": "name"])`.
    @discardableResult
    public func renameColumn(_ path: String, to name: String) async throws -> LakehouseChange {
        try await alter("RENAME COLUMN \(column(path)) TO \(quoteIdentifier(name))")
    }

    /// Needs column mapping.
    @discardableResult
    public func dropColumns(_ paths: [String]) async throws -> LakehouseChange {
        try await alter("DROP COLUMNS (\(paths.map(column).joined(separator: ", ")))")
    }

    /// Widens a column's type; needs `delta.enableTypeWidening`.
    @discardableResult
    public func changeType(of path: String, to type: String) async throws -> LakehouseChange {
        try await alter("ALTER COLUMN \(column(path)) TYPE \(type)")
    }

    /// Lets a column hold NULL, or forbids it, which the rows that are there have to keep to.
    @discardableResult
    public func setNullable(_ path: String, _ isNullable: Bool) async throws -> LakehouseChange {
        try await alter("ALTER COLUMN \(column(path)) \(isNullable ? "DROP" : "SET") NOT NULL")
    }

    /// The value for rows that give none; `nil` takes it away.
    @discardableResult
    public func setDefault(of path: String, to value: String?) async throws -> LakehouseChange {
        try await alter(
            "ALTER COLUMN \(column(path)) " + (value.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT"))
    }

    /// Adds a condition that every row has to meet, those that are there included.
    @discardableResult
    public func addConstraint(_ name: String, check condition: String) async throws -> LakehouseChange {
        try await alter("ADD CONSTRAINT \(quoteIdentifier(name)) CHECK (\(condition))")
    }

    @discardableResult
    public func dropConstraint(_ name: String) async throws -> LakehouseChange {
        try await alter("DROP CONSTRAINT \(quoteIdentifier(name))")
    }

    /// Sets table properties, for example `["delta.enableDeletionVectors": "true"]`.
    @discardableResult
    public func setProperties(_ properties: [String: String]) async throws -> LakehouseChange {
        let items = properties.sorted { $0.key < $1.key }.map {
            "\(quoteLiteral($0.key)) = \(quoteLiteral($0.value))"
        }
        return try await alter("SET TBLPROPERTIES (\(items.joined(separator: ", ")))")
    }

    @discardableResult
    public func unsetProperties(_ names: [String]) async throws -> LakehouseChange {
        try await alter("UNSET TBLPROPERTIES (\(names.map(quoteLiteral).joined(separator: ", ")))")
    }

    /// What `optimize` keeps together; no columns ends it.
    @discardableResult
    public func setClustering(by paths: [String]) async throws -> LakehouseChange {
        try await alter(
            paths.isEmpty ? "CLUSTER BY NONE" : "CLUSTER BY (\(paths.map(column).joined(separator: ", ")))")
    }

    /// Takes a feature of the protocol away, so that simpler readers and writers can use the table again.
    ///
    /// - Parameters:
    ///   - name: As `detail()` lists it, for example `deletionVectors`.
    ///   - truncatingHistory: Gives up the versions that need it.
    /// - Returns: What was done.
    /// - Throws: As `Lakehouse.sql`; `.failedPrecondition` telling what still needs it.
    @discardableResult
    public func dropFeature(_ name: String, truncatingHistory: Bool = false) async throws -> LakehouseChange {
        try await alter(
            "DROP FEATURE \(quoteLiteral(name))" + (truncatingHistory ? " TRUNCATE HISTORY" : ""))
    }
}
