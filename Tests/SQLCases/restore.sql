# RESTORE, CLONE and CONVERT TO DELTA.
CREATE TABLE t AS SELECT i AS id FROM range(3) r(i)
---- ok

INSERT INTO t VALUES (10)
---- ok

DELETE FROM t WHERE id = 1
---- ok

RESTORE TABLE t TO VERSION AS OF 1
---- metrics {"version":3,"num_removed_files":1,"num_restored_files":1}

SELECT * FROM t ORDER BY id
---- rows
[0]
[1]
[2]
[10]

RESTORE t TO VERSION AS OF 0
---- ok

SELECT count(*) FROM t
---- rows
[3]

RESTORE t TO VERSION AS OF 99
---- error NOT_FOUND 99

RESTORE t TO TIMESTAMP AS OF '1999-01-01'
---- error NOT_FOUND

RESTORE t TO TIMESTAMP AS OF now() + INTERVAL 1 DAY
---- ok

RESTORE t TO VERSION AS OF 'soon'
---- error INVALID_INPUT soon

CREATE TABLE deep CLONE t VERSION AS OF 1
---- metrics {"source_num_of_files":2,"num_copied_files":2}

SELECT count(*) FROM deep
---- rows
[4]

CREATE TABLE shallow SHALLOW CLONE t
---- metrics {"num_copied_files":0}

INSERT INTO shallow VALUES (7)
---- ok

SELECT * FROM shallow ORDER BY id
---- rows
[0]
[1]
[2]
[7]

SELECT count(*) FROM t
---- rows
[3]

# A shallow clone's files outlive its source's versions.
INSERT OVERWRITE t SELECT 5
---- ok

VACUUM t RETAIN 0 HOURS FORCE
---- ok

SELECT count(*) FROM shallow
---- rows
[4]

CREATE TABLE shallow CLONE t
---- error ALREADY_EXISTS shallow

CREATE TABLE IF NOT EXISTS shallow CLONE t
---- message exists already

CREATE OR REPLACE TABLE shallow CLONE t
---- error UNSUPPORTED drop it first

CREATE TABLE other CLONE nowhere
---- error NOT_FOUND nowhere

CREATE TABLE placed SHALLOW CLONE t LOCATION '${DIR}/placed'
---- ok

SELECT * FROM delta.`${DIR}/placed`
---- rows
[5]

CONVERT TO DELTA parquet.`${DIR}/nowhere`
---- error NOT_FOUND

CONVERT TO DELTA parquet.`${DIR}/placed`
---- error ALREADY_EXISTS
