package import Base
package import Engine
internal import TableModel

/// Tables of the engine's own that one join needs while it runs; gone when it ends, however it ends.
///
/// They lie in memory and spill to the engine's spill folder where memory is short.
package struct JoinWorkspace: Sendable {
    package let engine: Engine
    private let prefix: String

    private static let schema = "tarn_work"

    /// Runs `body` with a fresh workspace and drops its tables afterwards.
    package static func with<T: Sendable>(
        _ engine: Engine, _ random: any RandomSource, _ body: (JoinWorkspace) async throws -> T
    ) async throws -> T {
        let workspace = JoinWorkspace(engine: engine, prefix: random.uuid())
        try await engine.onSessionThread { _ = try $0.execute("CREATE SCHEMA IF NOT EXISTS \(schema)") }
        do {
            let result = try await body(workspace)
            await workspace.drop()
            return result
        } catch {
            await workspace.drop()
            throw error
        }
    }

    /// The table of that role, for SQL.
    package func table(_ role: String) -> String { "\(Self.schema).\(quoteIdentifier(name(role)))" }

    /// Adds rows through the bulk loader to the table of that role.
    func load(_ role: String, on connection: EngineConnection, _ body: (EngineAppender) throws -> Void) throws
    {
        try connection.load(into: name(role), schema: Self.schema, body)
    }

    private func name(_ role: String) -> String { "\(prefix) \(role)" }

    private func drop() async {
        let prefix = prefix
        // In a task of its own: the caller's may be cancelled, and the tables must go all the same.
        await Task { [engine] in
            _ = try? await engine.onSessionThread { connection in
                let names = try connection.execute(
                    "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND starts_with(table_name, ?)",
                    [.string(Self.schema), .string(prefix)])
                for row in try names.allRows() {
                    if case .string(let name) = row[0] {
                        try connection.execute("DROP TABLE \(Self.schema).\(quoteIdentifier(name))")
                    }
                }
            }
        }.value
    }
}
