import Base
import Engine
import LakehouseTesting
import TableModel
import Testing

/// What DuckDB itself refuses on a locked engine, with all of Tarn's own rules left out.
@Suite struct LockedEngineTests {
    @Test(arguments: [
        "SELECT * FROM read_text('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/tarn-escape.csv'",
        "ATTACH '/tmp/tarn-escape.db'", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
        "SET lock_configuration = false", "SET allowed_directories = ['/']", "RESET allowed_directories",
        "SET disabled_optimizers = ''", "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('FOLDER/../../etc/passwd')", "SET memory_limit = '1TB'",
    ])
    func refusesWhatLiesOutside(_ statement: String) async throws {
        let folder = try TemporaryFolder("locked")
        let engine = try Engine(
            settings: EngineSettings(memoryLimit: "200MB", threads: 1, lockedFolders: [folder.path]))
        defer { engine.close() }
        let sql = statement.replacing("FOLDER", with: folder.path)
        await #expect(throws: TarnError.self) {
            try await engine.user.onSessionThread { connection in
                let result = try connection.execute(sql)
                while try result.nextChunk() != nil {}
            }
        }
    }

    @Test func reachesItsOwnFolder() async throws {
        let folder = try TemporaryFolder("locked")
        let engine = try Engine(
            settings: EngineSettings(memoryLimit: "200MB", threads: 1, lockedFolders: [folder.path]))
        defer { engine.close() }
        let file = folder.path + "/a.parquet"
        let count = try await engine.user.onSessionThread { connection -> Int64? in
            try connection.execute("COPY (SELECT range AS x FROM range(5)) TO '\(file)' (FORMAT parquet)")
            let result = try connection.execute("SELECT count(*) FROM read_parquet('\(file)')")
            guard let chunk = try result.nextChunk() else { return nil }
            guard case .integer(let n) = chunk.column(0).scalar(0) else { return nil }
            return n
        }
        #expect(count == 5)
    }

    @Test func memoryIsSharedNotDoubled() async throws {
        let engine = try Engine(settings: EngineSettings(memoryLimit: "400MiB", threads: 1))
        defer { engine.close() }
        let other = try engine.shareMemory()
        #expect(other == "200.00MiB")
        #expect(try engine.shareMemory() == other)
    }
}
