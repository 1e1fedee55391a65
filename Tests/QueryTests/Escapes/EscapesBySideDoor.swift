import Base
import Catalog
import Engine
import LakehouseTesting
import Query
import Testing

/// Files, settings, the engine's own functions and other doors are shut.
@Suite struct EscapesBySideDoor {
    @Test func copyIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "COPY staff TO '/tmp/tarn-escape.parquet'")
        await lake.refuses(
            "COPY (SELECT * FROM staff) TO '/tmp/tarn-escape.csv'")
    }

    @Test func filesAreNotRead() async throws {
        let lake = try await GovernedLake()
        let folder = lake.lake.folder.path
        for sql in [
            "SELECT * FROM read_parquet('\(folder)/warehouse/*/*')",
            "SELECT * FROM '\(folder)/warehouse/*/*.parquet'",
            "SELECT * FROM delta_scan('\(folder)/warehouse')", "SELECT * FROM glob('\(folder)/**')",
            "SELECT * FROM read_text('\(folder)/metastore.sqlite')", "SELECT read_blob('/etc/passwd')",
            "SELECT * FROM delta.`\(folder)/warehouse`",
            "SELECT * FROM parquet_metadata('\(folder)/warehouse/*/*')",
            "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM sniff_csv('/etc/passwd')",
            "SELECT * FROM table_changes('\(folder)/warehouse', 0)",
        ] { await lake.refuses(sql) }
    }

    @Test func attachLoadAndInstallAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "ATTACH '/tmp/x.db'")
        await lake.refuses(
            "ATTACH ':memory:' AS m")
        await lake.refuses(
            "LOAD httpfs")
        await lake.refuses(
            "INSTALL httpfs")
        await lake.refuses(
            "DETACH memory")
        await lake.refuses(
            "USE memory")
        await lake.refuses(
            "IMPORT DATABASE '/tmp'")
        await lake.refuses(
            "EXPORT DATABASE '/tmp/x'")
    }

    @Test func settingsAndPragmasAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SET enable_external_access = true")
        await lake.refuses(
            "SET lock_configuration = false")
        await lake.refuses(
            "SET allowed_directories = ['/']")
        await lake.refuses(
            "PRAGMA enable_profiling")
        await lake.refuses(
            "PRAGMA database_list")
        await lake.refuses(
            "SET VARIABLE x = 1")
        await lake.refuses(
            "RESET allowed_directories")
        await lake.refuses(
            "CALL pragma_version()")
        await lake.refuses(
            "CHECKPOINT")
    }

    @Test func environmentAndSettingsAreNotTold() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT getenv('HOME')")
        await lake.refuses(
            "SELECT current_setting('allowed_directories')")
        await lake.refuses(
            "SELECT getvariable('x')")
        await lake.refuses(
            "SELECT current_query()")
    }

    @Test func queryAsATextIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT * FROM query('SELECT * FROM staff')")
        await lake.refuses(
            "SELECT * FROM query_table('staff')")
        await lake.refuses(
            "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))")
        await lake.refuses(
            "SELECT json_serialize_plan('SELECT 1')")
        await lake.refuses(
            "EXECUTE x")
        await lake.refuses(
            "PREPARE x AS SELECT * FROM staff")
    }

    @Test func theEnginesOwnTablesAreNotThere() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT * FROM duckdb_tables()")
        await lake.refuses(
            "SELECT * FROM duckdb_settings()")
        await lake.refuses(
            "SELECT * FROM duckdb_functions()")
        await lake.refuses(
            "SELECT * FROM duckdb_columns()")
        await lake.refuses(
            "SELECT * FROM pg_catalog.pg_class")
        await lake.refuses(
            "SELECT * FROM sqlite_master")
        await lake.refuses(
            "SELECT * FROM duckdb_logs")
        await lake.refuses(
            "SELECT * FROM pragma_storage_info('staff')")
        await lake.refuses(
            "SELECT * FROM duckdb_temporary_files()")
    }

    @Test func innerFunctionsCannotBeCalled() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT __tarn_live_rows(1, 0, 0)")
        await lake.refuses(
            "SELECT * FROM __tarn_rows(1)")
        await lake.refuses(
            "SELECT __internal_decompress_string('x')")
    }

    @Test func macrosAndTypesCannotBeMade() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "CREATE MACRO stars(s) AS s")
        await lake.refuses(
            "CREATE TEMP MACRO m() AS TABLE SELECT 1")
        await lake.refuses(
            "CREATE TYPE t AS ENUM (SELECT ssn FROM staff)")
        await lake.refuses(
            "CREATE TEMP TABLE x AS SELECT * FROM staff")
        await lake.refuses(
            "CREATE SECRET s (TYPE s3)")
        await lake.refuses(
            "CREATE INDEX i ON staff (id)")
    }

    @Test func shadowingAFunctionDoesNotReachThePolicy() async throws {
        let lake = try await GovernedLake()
        _ = await lake.told("CREATE SCHEMA mine")
        _ = await lake.told("CREATE FUNCTION mine.stars(s VARCHAR) RETURNS VARCHAR RETURN s")
        _ = await lake.told("CREATE FUNCTION upper(s VARCHAR) RETURNS VARCHAR RETURN s")
        _ = await lake.told("CREATE FUNCTION is_account_group_member(s VARCHAR) RETURNS BOOLEAN RETURN true")
        await lake.gives(
            "SELECT DISTINCT ssn FROM staff",
            ["[\"***\"]"])
        await lake.gives(
            "SELECT count(*) FROM staff",
            ["[4]"])
    }

    @Test func parametersAreValuesOnly() async throws {
        let lake = try await GovernedLake()
        await lake.keeps("SELECT * FROM staff WHERE ssn = ?", .positional([.string("111-SECRET")]))
        await lake.keeps("SELECT * FROM staff WHERE name = $n", .named(["n": .string("' OR true --")]))
        await lake.keeps("SELECT ? FROM staff", .positional([.string("ssn")]))
        await lake.keeps("SELECT * FROM ?", .positional([.string("staff")]))
    }

    @Test func severalStatementsAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "SELECT 1; SELECT * FROM staff")
        await lake.refuses(
            "SELECT * FROM staff; DELETE FROM staff")
    }

    @Test func errorPositionsPointIntoTheUsersText() async throws {
        let lake = try await GovernedLake()
        for sql in [
            "SELECT nothing FROM staff", "SELECT id FROM staff WHERE nothing = 1", "SELECT id +  FROM staff",
        ] {
            await lake.keeps(sql)
            do { _ = try await lake.ann(sql) } catch let error as TarnError {
                let position = error.context.first { $0.name == "position" }.flatMap { Int($0.value) }
                #expect(position.map { $0 <= sql.utf8.count } ?? true)
            }
        }
    }

    @Test func factsTellNoFilesAndNoFilters() async throws {
        let lake = try await GovernedLake()
        for sql in [
            "SELECT * FROM staff", "SELECT * FROM staff WHERE id = 7",
            "SELECT * FROM staff WHERE pay > 7770004",
        ] {
            let result = try await lake.lake.query.run(sql, context: lake.context)
            _ = try await result.jsonRows()
            for table in result.facts.tables {
                #expect(table.filesScanned == 0 && table.filesPruned == 0 && table.filter == nil)
            }
        }
    }

    @Test func aPredicateDoesNotPruneBelowARowFilter() async throws {
        let lake = try await GovernedLake()
        await lake.alike(
            "SELECT * FROM staff WHERE id = 7",
            "SELECT * FROM staff WHERE id = 70")
    }

    @Test func groupsOfTheAskerCannotBeForged() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT *, current_user FROM staff")
        await lake.keeps(
            "SELECT is_account_group_member('hr'), * FROM staff")
        await lake.keeps(
            "SELECT * FROM staff WHERE is_member('south')")
    }

    @Test func viewsHaveTheFiltersAndMasksOfTheOneWhoAsks() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("CREATE VIEW all_staff AS SELECT id, name, ssn, pay FROM staff")
        #expect(try await lake.owner("SELECT count(pay) FROM all_staff") == ["[8]"])
        await lake.gives("SELECT count(*), count(pay), max(ssn) FROM all_staff", [#"[4,0,"***"]"#])
        await lake.keeps("SELECT * FROM all_staff WHERE ssn LIKE '1%' OR pay > 0")
        await lake.keeps("EXPLAIN SELECT * FROM all_staff")
        await lake.keeps("DESCRIBE all_staff")
        _ = try await lake.ann("CREATE VIEW own AS SELECT ssn AS s FROM all_staff")
        await lake.gives("SELECT DISTINCT s FROM own", [#"["***"]"#])
        await lake.gives("SELECT count(*) FROM own JOIN all_staff ON s = ssn", ["[16]"])
    }

    @Test func viewsInACircleAreRefused() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("CREATE VIEW a AS SELECT id FROM staff")
        try await lake.owner("CREATE VIEW b AS SELECT id FROM a")
        try await lake.owner("CREATE OR REPLACE VIEW a AS SELECT id FROM b")
        await lake.refuses("SELECT * FROM a")
    }

    @Test func systemTablesTellNoFiguresOfGovernedTables() async throws {
        let lake = try await GovernedLake()
        await lake.keeps("SELECT * FROM system.history WHERE table_name = 'staff'")
        await lake.keeps("SELECT * FROM system.storage")
        let told = await lake.told(
            "SELECT * FROM system.history WHERE table_name = 'staff'")
        #expect(!told.contains("numOutputRows"))
    }
}
