# Time travel and history.
CREATE TABLE t (k INTEGER, v VARCHAR)
---- ok

INSERT INTO t VALUES (1, 'a')
---- ok

INSERT INTO t VALUES (2, 'b')
---- ok

ALTER TABLE t ADD COLUMN w DOUBLE AFTER k
---- message Altered table

INSERT INTO t VALUES (3, 0.5, 'c')
---- ok

SELECT * FROM t ORDER BY k
---- rows
[1,null,"a"]
[2,null,"b"]
[3,0.5,"c"]

SELECT * FROM t AT (VERSION => 1)
---- rows
[1,"a"]

SELECT x.k FROM t AT (VERSION => 2) AS x ORDER BY 1
---- rows
[1]
[2]

SELECT x.k FROM t x AT (VERSION => 2) ORDER BY 1
---- rows
[1]
[2]

SELECT count(*) FROM t VERSION AS OF 0
---- rows
[0]

SELECT (SELECT count(*) FROM t AT (VERSION => 2)), (SELECT count(*) FROM t)
---- rows
[2,3]

SELECT n.k FROM t n ANTI JOIN t AT (VERSION => 2) o ON n.k = o.k
---- rows
[3]

SELECT count(*) FROM t AT (TIMESTAMP => now())
---- rows
[3]

SELECT count(*) FROM t TIMESTAMP AS OF '2100-01-01'
---- rows
[3]

SELECT count(*) FROM t AT (TIMESTAMP => TIMESTAMP '2001-01-01')
---- error NOT_FOUND version

SELECT count(*) FROM t AT (VERSION => 99)
---- error NOT_FOUND 99

SELECT count(*) FROM t AT (VERSION => -1)
---- error INVALID_INPUT Versions count from 0

SELECT count(*) FROM t AT (VERSION => 'x')
---- error INVALID_INPUT version

SELECT count(*) FROM t AT (TIMESTAMP => 'yesterday')
---- error INVALID_INPUT yesterday

SELECT count(*) FROM t AT (VERSION => (SELECT 1 FROM t))
---- error INVALID_INPUT cannot come from a query

ALTER TABLE t ALTER COLUMN v FIRST
---- ok

SELECT * FROM t WHERE k = 3
---- rows
["c",3,0.5]

ALTER TABLE t SET TBLPROPERTIES ('delta.checkpointInterval' = '5', mine = 'yes')
---- ok

ALTER TABLE t UNSET TBLPROPERTIES (mine)
---- ok

ALTER TABLE t UNSET TBLPROPERTIES (mine)
---- error NOT_FOUND mine

SHOW TBLPROPERTIES t
---- rows
["delta.checkpointInterval","5"]

DESCRIBE HISTORY t LIMIT 2
---- ok

ALTER TABLE t ADD COLUMN K INT
---- error ALREADY_EXISTS

ALTER TABLE t ADD COLUMNS IF NOT EXISTS (k INT, z BIGINT)
---- ok

ALTER TABLE t ALTER COLUMN nope FIRST
---- error NOT_FOUND nope

ALTER TABLE t RENAME TO u
---- ok

SELECT z FROM u WHERE k = 1
---- rows
[null]

SELECT count(*) FROM u AT (VERSION => 1)
---- rows
[1]
