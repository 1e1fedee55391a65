# Files that cannot match are not opened.
CREATE TABLE t (k BIGINT, s VARCHAR, d DATE, price DECIMAL(8,2), ts TIMESTAMP)
---- ok

INSERT INTO t SELECT i, 'a' || i, DATE '2024-01-01' + i::INT, i / 4.0, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR FROM range(0, 10) r(i)
---- ok

INSERT INTO t SELECT i, 'b' || i, DATE '2024-01-01' + i::INT, i / 4.0, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR FROM range(10, 20) r(i)
---- ok

INSERT INTO t SELECT i, 'c' || i, DATE '2024-01-01' + i::INT, i / 4.0, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR FROM range(20, 30) r(i)
---- ok

SELECT s FROM t WHERE k = 15
---- files 1 of 3
["b15"]

SELECT count(*) FROM t WHERE k >= 10
---- files 2 of 3
[20]

SELECT count(*) FROM t WHERE s LIKE 'c%'
---- files 1 of 3
[10]

SELECT k FROM t WHERE d = '2024-01-06'
---- files 1 of 3
[5]

SELECT k FROM t WHERE price = 6.5
---- files 1 of 3
[26]

SELECT k FROM t WHERE ts::DATE = DATE '2024-01-02' AND k > 25
---- files 1 of 3
[26]
[27]
[28]
[29]

SELECT k FROM t WHERE k IN (3, 25)
---- files 2 of 3
[3]
[25]

SELECT count(*) FROM t WHERE k = 3 OR s = 'c25'
---- files 3 of 3
[2]

SELECT count(*) FROM t WHERE k > 100
---- files 0 of 3
[0]

SELECT count(*) FROM t WHERE k IS NULL
---- files 0 of 3
[0]

SELECT a.k FROM t a JOIN t b USING (k) WHERE a.k = 12
---- files 2 of 6
[12]

WITH w AS (SELECT * FROM t) SELECT x.k FROM w x JOIN w y ON x.k + 20 = y.k WHERE x.k = 2 AND y.k = 22
---- files 2 of 3
[2]

SELECT count(*) FROM t
---- files 3 of 3
[30]

CREATE TABLE p PARTITIONED BY (d, s) AS SELECT k, s[1:1] AS s, date_trunc('month', d)::DATE AS d FROM t
---- ok

SELECT count(*) FROM p WHERE s = 'b'
---- files 1 of 3
[10]

SELECT DISTINCT s, d FROM p WHERE d = '2024-01-01' ORDER BY s
---- files 3 of 3
["a","2024-01-01"]
["b","2024-01-01"]
["c","2024-01-01"]

SELECT count(*) FROM p WHERE s > 'a' AND k < 15
---- files 1 of 3
[5]

EXPLAIN SELECT * FROM t WHERE k = 15
---- ok
