# Features of the protocol that are asked for: column mapping, deletion vectors, wider types.
CREATE TABLE t (id BIGINT, note VARCHAR, price DOUBLE, extra INTEGER, place STRUCT(city VARCHAR, zip INTEGER))
---- ok

INSERT INTO t VALUES (1, NULL, 5, NULL, {'city': 'Bern', 'zip': 3000}), (2, NULL, 6, NULL, NULL), (3, NULL, 500, NULL, NULL)
---- ok

ALTER TABLE t ADD COLUMNS (place.country STRING)
---- ok

ALTER TABLE t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')
---- ok

ALTER TABLE t RENAME COLUMN price TO amount
---- ok

ALTER TABLE t RENAME COLUMN place.zip TO `post code`
---- ok

ALTER TABLE t DROP COLUMNS (note, extra)
---- ok

INSERT INTO t VALUES (7, 70, {'city': 'Thun', 'post code': 3600, 'country': 'CH'})
---- ok

SELECT id, amount, place."post code" FROM t ORDER BY id
---- rows
[1,5.0,3000]
[2,6.0,null]
[3,500.0,null]
[7,70.0,3600]

UPDATE t SET place.`post code` = 3001, amount = amount + 1 WHERE id = 1
---- metrics {"num_affected_rows":1}

DELETE FROM t WHERE amount > 400
---- metrics {"num_affected_rows":1}

SELECT id, amount, place."post code" FROM t ORDER BY id
---- rows
[1,6.0,3001]
[2,6.0,null]
[7,70.0,3600]

CREATE TABLE w (a INT, b DECIMAL(5,2))
---- ok

INSERT INTO w VALUES (1, 2.5)
---- ok

ALTER TABLE w SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')
---- ok

ALTER TABLE w ALTER COLUMN a TYPE BIGINT
---- ok

ALTER TABLE w ALTER COLUMN b TYPE DECIMAL(10,2)
---- ok

ALTER TABLE w ALTER COLUMN a TYPE INT
---- error INVALID_INPUT a

INSERT INTO w VALUES (5000000000, 12345678.25)
---- ok

SELECT * FROM w ORDER BY a
---- rows
[1,2.50]
[5000000000,12345678.25]

CREATE TABLE like_t LIKE t
---- ok

SELECT * FROM like_t
---- columns
id BIGINT, amount DOUBLE, place STRUCT("city" VARCHAR, "post code" INTEGER, "country" VARCHAR)

CREATE TABLE f (a INT) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')
---- ok

INSERT INTO f SELECT i FROM range(10) r(i)
---- ok

DELETE FROM f WHERE a = 3
---- metrics {"num_affected_rows":1,"numDeletionVectorsAdded":1}

CREATE TABLE g AS SELECT * FROM f WHERE a > 1
---- ok

INSERT INTO g SELECT a + 100 FROM f
---- metrics {"num_affected_rows":9}

DELETE FROM g WHERE a IN (SELECT a FROM f)
---- metrics {"num_affected_rows":7}

MERGE INTO g USING f ON g.a = f.a + 100 WHEN MATCHED AND f.a > 5 THEN DELETE WHEN NOT MATCHED THEN INSERT *
---- metrics {"num_deleted_rows":4}

SELECT count(*) FROM g
---- rows
[5]

ALTER TABLE f DROP FEATURE deletionVektors
---- error NOT_FOUND deletionVectors
