# MERGE INTO.
CREATE TABLE t (id BIGINT, v VARCHAR, n INTEGER)
---- ok

INSERT INTO t SELECT i, 'old', i::INTEGER FROM range(10) r(i)
---- ok

CREATE TABLE s AS SELECT i AS id, 'new' AS v, (i * 10)::INTEGER AS n, i % 2 = 0 AS even FROM range(8, 13) r(i)
---- ok

MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v, n = t.n + s.n WHEN NOT MATCHED THEN INSERT (id, v, n) VALUES (s.id, s.v, s.n)
---- metrics {"num_affected_rows":5,"num_updated_rows":2,"num_deleted_rows":0,"num_inserted_rows":3,"version":2}

SELECT * FROM t WHERE id > 6 ORDER BY id
---- rows
[7,"old",7]
[8,"new",88]
[9,"new",99]
[10,"new",100]
[11,"new",110]
[12,"new",120]

# Every clause, conditions, aliases, a query as source.
MERGE INTO main.default.t AS x
USING (SELECT id, v, n, even FROM s WHERE id <> 12 UNION ALL VALUES (20, 'far', 1, true), (21, 'far', 2, false)) AS y
ON x.id = y.id
WHEN MATCHED AND y.even THEN DELETE
WHEN MATCHED THEN UPDATE SET x.v = upper(y.v)
WHEN NOT MATCHED AND y.even THEN INSERT (id, v) VALUES (y.id, 'even')
WHEN NOT MATCHED BY SOURCE AND x.id = 12 THEN DELETE
WHEN NOT MATCHED BY SOURCE AND x.id < 2 THEN UPDATE SET v = 'lonely'
---- metrics {"num_updated_rows":4,"num_deleted_rows":3,"num_inserted_rows":1}

SELECT * FROM t WHERE id < 3 OR id > 6 ORDER BY id
---- rows
[0,"lonely",0]
[1,"lonely",1]
[2,"old",2]
[7,"old",7]
[9,"NEW",99]
[11,"NEW",110]
[20,"even",null]

# UPDATE SET *, INSERT *: columns of the source by name, those that the target lacks left out.
MERGE INTO t USING (SELECT 'star' AS v, 9 AS id, 1 AS n UNION ALL SELECT 'star', 30, 2) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
---- metrics {"num_updated_rows":1,"num_inserted_rows":1}

SELECT * FROM t WHERE v = 'star' ORDER BY id
---- rows
[9,"star",1]
[30,"star",2]

MERGE WITH SCHEMA EVOLUTION INTO t USING (SELECT 30 AS id, 'grown' AS v, 3 AS n, DATE '2026-01-01' AS day) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
---- ok

SELECT * FROM t WHERE id IN (9, 30) ORDER BY id
---- rows
[9,"star",1,null]
[30,"grown",3,"2026-01-01"]

# A version of a table as source, and the table itself.
MERGE INTO t USING t VERSION AS OF 1 AS old ON t.id = old.id AND t.id < 2 WHEN MATCHED THEN UPDATE SET v = old.v
---- metrics {"num_affected_rows":2}

SELECT v FROM t WHERE id < 2
---- rows
["old"]
["old"]

# Unqualified names: of the source alone in INSERT, of the target alone in BY SOURCE.
MERGE INTO t USING (SELECT 50 AS id, 'plain' AS v) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, v) VALUES (id, v) WHEN NOT MATCHED BY SOURCE AND n = 110 THEN DELETE
---- metrics {"num_inserted_rows":1,"num_deleted_rows":1}

MERGE INTO t USING (SELECT 50 AS id) s ON t.id = s.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
---- metrics {"num_affected_rows":0}

MERGE INTO t USING (SELECT 50 AS id) s ON false WHEN NOT MATCHED THEN INSERT VALUES (s.id + 1, 'all', DEFAULT, DATE '2026-02-02')
---- metrics {"num_inserted_rows":1}

SELECT * FROM t WHERE id = 51
---- rows
[51,"all",null,"2026-02-02"]

# By folder, from a file.
COPY (SELECT 51 AS id, 'file' AS v) TO '${DIR}/more.csv' (HEADER)
---- ok

CREATE TABLE e (id BIGINT, v VARCHAR) LOCATION '${DIR}/e'
---- ok

MERGE INTO delta.`${DIR}/e` AS t USING '${DIR}/more.csv' ON t.id = more.id WHEN NOT MATCHED THEN INSERT *
---- metrics {"num_inserted_rows":1}

SELECT * FROM e
---- rows
[51,"file"]

# Mistakes: nothing changes.
MERGE INTO t USING (VALUES (1, 'a'), (1, 'b')) AS s(id, v) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v
---- error INVALID_INPUT

MERGE INTO t USING (VALUES (1), (1)) AS s(id) ON t.id = s.id WHEN MATCHED AND s.id > 5 THEN DELETE
---- metrics {"num_affected_rows":0}

MERGE INTO t USING s ON t.id = s.idd WHEN MATCHED THEN DELETE
---- error INVALID_INPUT idd

MERGE INTO t USING s ON id = s.id WHEN MATCHED THEN DELETE
---- error INVALID_INPUT

MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (t.id)
---- error INVALID_INPUT

MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE AND s.id = 1 THEN DELETE
---- error INVALID_INPUT

MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET nope = 1
---- error NOT_FOUND nope

MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, nope) VALUES (1, 2)
---- error NOT_FOUND nope

MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (1)
---- error SCHEMA_MISMATCH 4 columns

MERGE INTO t USING nowhere ON t.id = nowhere.id WHEN MATCHED THEN DELETE
---- error NOT_FOUND nowhere

SELECT count(*) FROM t WHERE v IN ('a', 'b')
---- rows
[0]
