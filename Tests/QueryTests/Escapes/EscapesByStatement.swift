import Base
import Catalog
import Engine
import LakehouseTesting
import Query
import Testing

/// Statements besides SELECT tell nothing of hidden rows, and change none of them.
@Suite struct EscapesByStatement {
    @Test func explainTellsNothing() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "EXPLAIN SELECT * FROM staff")
        await lake.keeps(
            "EXPLAIN SELECT * FROM staff WHERE pay > 7770000")
        await lake.keeps(
            "EXPLAIN SELECT * FROM staff s JOIN notes ON s.id = k WHERE ssn = 'x'")
    }

    @Test func explainAnalyzeIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "EXPLAIN ANALYZE SELECT * FROM staff")
        await lake.refuses(
            "EXPLAIN (ANALYZE) SELECT * FROM staff")
        await lake.refuses(
            "EXPLAIN (FORMAT json) SELECT * FROM staff")
    }

    @Test func summarizeSeesMasksAndVisibleRows() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SUMMARIZE staff")
        await lake.keeps(
            "SUMMARIZE SELECT * FROM staff")
        await lake.keeps(
            "SELECT * FROM (SUMMARIZE staff)")
    }

    @Test func describeTellsColumnsOnly() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "DESCRIBE staff")
        await lake.keeps(
            "DESCRIBE SELECT * FROM staff")
        await lake.keeps(
            "SHOW COLUMNS IN staff")
        await lake.keeps(
            "SHOW CREATE TABLE staff")
        await lake.keeps(
            "SHOW TBLPROPERTIES staff")
    }

    @Test func historyTellsNoFigures() async throws {
        let lake = try await GovernedLake()
        await lake.gives(
            "SELECT 1",
            ["[1]"])
        await lake.keeps(
            "DESCRIBE HISTORY staff")
        let history = await lake.told("DESCRIBE HISTORY staff")
        #expect(!history.contains("numOutputRows") && !history.contains("predicate"))
    }

    @Test func detailTellsNoFilesAndNoPlace() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "DESCRIBE DETAIL staff")
        let detail = await lake.told("DESCRIBE DETAIL staff")
        #expect(!detail.contains(lake.lake.folder.path))
    }

    @Test func changesAreGoverned() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM table_changes('staff', 0)")
        await lake.keeps(
            "SELECT * FROM table_changes('staff', 0, 2)")
        await lake.keeps(
            "SELECT name FROM table_changes('staff', 1) WHERE region <> 'north'")
        await lake.gives(
            "SELECT count(*), count(pay) FROM table_changes('staff', 0)",
            ["[4,0]"])
    }

    @Test func preImagesOfChangesAreGoverned() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("UPDATE staff SET pay = 1 WHERE id = 1")
        try await lake.owner("UPDATE staff SET region = 'north', name = 'eve' WHERE id = 5")
        await lake.keeps(
            "SELECT * FROM table_changes('staff', 3)")
        await lake.keeps(
            "SELECT pay FROM table_changes('staff', 3) WHERE _change_type = 'update_preimage'")
        await lake.gives(
            "SELECT count(*) FROM table_changes('staff', 3) WHERE _change_type = 'update_preimage' AND id = 5",
            ["[0]"])
    }

    @Test func deleteWithACountIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "DELETE FROM staff WHERE pay > 7770004")
        await lake.refuses(
            "DELETE FROM staff WHERE id = 5")
        await lake.refuses(
            "DELETE FROM staff")
    }

    @Test func updateOfAMaskedColumnIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "UPDATE staff SET name = ssn")
        await lake.refuses(
            "UPDATE staff SET region = 'north'")
        await lake.refuses(
            "UPDATE staff SET name = 'x' WHERE ssn LIKE '1%'")
    }

    @Test func mergeIntoTheTableIsRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "MERGE INTO staff USING notes ON pay = k WHEN MATCHED THEN DELETE")
        await lake.refuses(
            "MERGE INTO staff USING notes ON id = k WHEN NOT MATCHED THEN INSERT (id) VALUES (k)")
    }

    @Test func mergeFromTheTableSeesMasks() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("CREATE TABLE mine (k BIGINT, note VARCHAR)")
        _ = await lake.told(
            "MERGE INTO mine USING staff ON k = pay WHEN NOT MATCHED THEN INSERT (k, note) VALUES (id, ssn || name)"
        )
        await lake.keeps(
            "SELECT * FROM mine")
        await lake.gives(
            "SELECT count(*) FROM mine",
            ["[4]"])
    }

    @Test func overwritesAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "INSERT OVERWRITE staff SELECT * FROM staff")
        await lake.refuses(
            "INSERT INTO staff REPLACE WHERE id = 5 SELECT * FROM staff")
        await lake.refuses(
            "CREATE OR REPLACE TABLE staff AS SELECT * FROM staff")
    }

    @Test func aCopyHoldsMasksOnly() async throws {
        let lake = try await GovernedLake()
        _ = try await lake.ann("CREATE TABLE copied AS SELECT * FROM staff")
        #expect(
            try await lake.owner("SELECT count(*), count(pay), max(ssn), max(name) FROM copied") == [
                #"[4,0,"***","dan"]"#
            ])
        await lake.keeps(
            "SELECT * FROM copied")
        await lake.keeps(
            "DESCRIBE HISTORY copied")
    }

    @Test func insertsFromTheTableHoldMasksOnly() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("CREATE TABLE sink (s VARCHAR, p BIGINT)")
        _ = try await lake.ann("INSERT INTO sink SELECT ssn, pay FROM staff")
        #expect(try await lake.owner("SELECT DISTINCT s, p FROM sink") == [#"["***",null]"#])
        await lake.keeps(
            "INSERT INTO sink SELECT name, CAST(ssn AS BIGINT) FROM staff")
        await lake.keeps(
            "INSERT INTO sink SELECT error(ssn), 1 FROM staff")
    }

    @Test func subqueriesOfChangesSeeMasks() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("CREATE TABLE mine (k BIGINT, note VARCHAR)")
        try await lake.owner("INSERT INTO mine VALUES (7770001, 'a'), (5, 'b'), (1, 'c')")
        _ = try await lake.ann(
            "DELETE FROM mine WHERE k IN (SELECT pay FROM staff) OR k IN (SELECT id FROM staff)")
        #expect(try await lake.owner("SELECT note FROM mine ORDER BY 1") == [#"["a"]"#, #"["b"]"#])
    }

    @Test func clonesAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "CREATE TABLE cloned SHALLOW CLONE staff")
        await lake.refuses(
            "CREATE TABLE cloned DEEP CLONE staff")
        await lake.refuses(
            "CREATE TABLE cloned SHALLOW CLONE staff VERSION AS OF 1")
    }

    @Test func restoreAndUpkeepAreRefused() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "RESTORE TABLE staff TO VERSION AS OF 1")
        await lake.refuses(
            "OPTIMIZE staff")
        await lake.refuses(
            "OPTIMIZE staff WHERE region = 'south'")
        await lake.refuses(
            "VACUUM staff DRY RUN")
        await lake.refuses(
            "VACUUM staff")
        await lake.refuses(
            "REORG TABLE staff APPLY (PURGE)")
        await lake.refuses(
            "TRUNCATE TABLE staff")
    }

    @Test func constraintsAreNoOracle() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "ALTER TABLE staff ADD CONSTRAINT c CHECK (pay < 7770008)")
        await lake.refuses(
            "ALTER TABLE staff ALTER COLUMN pay SET NOT NULL")
        await lake.refuses(
            "ALTER TABLE staff ALTER COLUMN id TYPE INTEGER")
    }

    @Test func aMaskedColumnCannotBeDropped() async throws {
        let lake = try await GovernedLake()
        await lake.refuses(
            "ALTER TABLE staff DROP COLUMN ssn")
        await lake.refuses(
            "ALTER TABLE staff DROP COLUMN region")
    }

    @Test func aRenamedColumnStaysMasked() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("ALTER TABLE staff RENAME COLUMN ssn TO social")
        await lake.gives(
            "SELECT DISTINCT social FROM staff",
            ["[\"***\"]"])
        await lake.keeps(
            "SELECT * FROM staff AT (VERSION => 1)")
        await lake.keeps(
            "SELECT ssn FROM staff AT (VERSION => 1)")
    }

    @Test func olderVersionsHaveTodaysPolicies() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM staff AT (VERSION => 1)")
        await lake.keeps(
            "SELECT * FROM staff AT (VERSION => 2)")
        await lake.keeps(
            "SELECT * FROM staff VERSION AS OF 2")
        await lake.keeps(
            "SELECT * FROM staff AT (TIMESTAMP => now())")
        await lake.gives(
            "SELECT count(*), count(pay) FROM staff AT (VERSION => 2)",
            ["[4,0]"])
    }

    @Test func aColumnThatIsGoneIsNullInOlderVersions() async throws {
        let lake = try await GovernedLake()
        try await lake.owner("ALTER TABLE staff ADD COLUMN note VARCHAR")
        try await lake.owner("INSERT INTO staff VALUES (9, 'gus', 'north', 's', 1, NULL, 'note-SECRET')")
        let version = try await lake.owner("SELECT max(version) FROM (SELECT 4 AS version)")
        #expect(version == ["[4]"])
        try await lake.owner("ALTER TABLE staff DROP COLUMN note")
        try await lake.owner("ALTER TABLE staff ADD COLUMN note VARCHAR")
        await lake.keeps(
            "SELECT * FROM staff AT (VERSION => 4)")
        await lake.keeps(
            "SELECT note FROM staff AT (VERSION => 4)")
    }

    @Test func timeTravelExpressionsReadNothing() async throws {
        let lake = try await GovernedLake()
        await lake.keeps(
            "SELECT * FROM staff AT (VERSION => (SELECT max(pay) FROM staff))")
        await lake.keeps(
            "SELECT * FROM staff AT (TIMESTAMP => (SELECT max(ssn) FROM staff))")
    }
}
