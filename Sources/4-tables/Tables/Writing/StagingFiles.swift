import Base
import ObjectStore

/// The files that one staging writes: their common prefix, and what becomes of them.
struct StagingFiles: Sendable {
    let table: DeltaTable
    let folder: StorePath
    /// Begins the name of each file.
    let prefix: String

    init(_ table: DeltaTable, _ folder: StorePath) {
        self.table = table
        self.folder = folder
        prefix = "part-\(table.context.random.uuid().prefix(8))"
    }

    /// Sends what lies in the files so far to the disk while a long write goes on, so that little is left at its end.
    ///
    /// Only speed depends on it: the files are made durable once more when they are whole.
    func flushing<T: Sendable>(during body: @escaping @Sendable () async throws -> T) async throws -> T {
        let flusher = Task {
            while !Task.isCancelled {
                try await table.context.time.waitInBackground(for: .seconds(1))
                let written = try await table.store.list(folder).map(\.path).filter {
                    $0.name.hasPrefix(prefix)
                }
                try await table.store.makeDurable(written)
            }
        }
        defer { flusher.cancel() }
        return try await body()
    }

    /// The engine names files by the location it was given.
    func path(of location: String) throws(TarnError) -> StorePath {
        let root = table.store.engineLocation(.root)
        var rest = location[...]
        if rest.hasPrefix(root) { rest = rest.dropFirst(root.count) }
        while rest.hasPrefix("/") || rest.hasPrefix("./") { rest = rest.dropFirst() }
        let parts = rest.split(separator: "/").filter { $0 != "." }
        do { return try StorePath(parts.joined(separator: "/")) } catch {
            throw error.asTarnError(doing: "name a file that the engine wrote")
        }
    }

    func removeLeftovers() async {
        let found = try? await table.store.listRecursively(folder)
        for object in found ?? [] where object.path.name.hasPrefix(prefix) {
            try? await table.store.delete(object.path)
        }
    }
}
