# INSERT that replaces some rows.
CREATE TABLE t (id BIGINT, day DATE, k INTEGER) PARTITIONED BY (day)
---- ok

INSERT INTO t SELECT i, DATE '2026-01-01' + (i % 3)::INTEGER, (i % 2)::INTEGER FROM range(6) r(i)
---- ok

INSERT INTO t REPLACE WHERE day = '2026-01-02' SELECT 100, DATE '2026-01-02', 7
---- metrics {"num_affected_rows":1}

SELECT * FROM t ORDER BY id
---- rows
[0,"2026-01-01",0]
[2,"2026-01-03",0]
[3,"2026-01-01",1]
[5,"2026-01-03",1]
[100,"2026-01-02",7]

INSERT INTO t REPLACE WHERE day = '2026-01-02' SELECT 101, DATE '2026-01-05', 7
---- error CONSTRAINT_VIOLATION 2026-01-05

INSERT INTO t REPLACE WHERE k = 1 VALUES (200, '2026-01-09', 1)
---- ok

SELECT id FROM t ORDER BY id
---- rows
[0]
[2]
[100]
[200]

INSERT INTO t REPLACE USING (day) VALUES (300, '2026-01-01', 0), (301, '2026-02-01', 0)
---- ok

SELECT id FROM t ORDER BY id
---- rows
[2]
[100]
[200]
[300]
[301]

INSERT INTO t REPLACE USING (k) VALUES (300, '2026-01-01', 0)
---- error INVALID_INPUT partition

INSERT INTO t PARTITION (day = '2026-03-01') VALUES (400, 1)
---- ok

INSERT OVERWRITE t PARTITION (day = '2026-03-01') (k, id) SELECT 2, 401
---- ok

SELECT * FROM t WHERE day = '2026-03-01'
---- rows
[401,"2026-03-01",2]

SET spark.sql.sources.partitionOverwriteMode = dynamic
---- ok

INSERT OVERWRITE t VALUES (500, '2026-03-01', 5)
---- ok

SELECT count(*) FROM t
---- rows
[6]

SET spark.sql.sources.partitionOverwriteMode = static
---- ok

INSERT OVERWRITE t VALUES (1, '2026-03-01', 5)
---- ok

SELECT * FROM t
---- rows
[1,"2026-03-01",5]

INSERT WITH SCHEMA EVOLUTION INTO t BY NAME SELECT 2 AS id, 'x' AS note
---- ok

SELECT id, note FROM t ORDER BY id
---- rows
[1,null]
[2,"x"]

INSERT INTO t REPLACE WHERE nope = 1 SELECT 1, NULL, NULL, NULL
---- error INVALID_INPUT nope
