# Tables, rows and names.
CREATE TABLE t (a BIGINT, b VARCHAR, d DATE)
---- message Created table main.default.t

INSERT INTO t VALUES (1, 'x', '2024-01-01'), (2, 'it''s', NULL), (NULL, NULL, DATE '2024-02-29')
---- message Inserted into main.default.t 3 rows

SELECT * FROM t ORDER BY a NULLS LAST
---- rows
[1,"x","2024-01-01"]
[2,"it's",null]
[null,null,"2024-02-29"]

SELECT main.default.t.a, default.t.b, t.d FROM main.default.t WHERE main.default.t.a = 1
---- rows
[1,"x","2024-01-01"]

SELECT * FROM t
---- columns
a BIGINT, b VARCHAR, d DATE

CREATE SCHEMA sales COMMENT 'what is sold'
---- ok

CREATE TABLE sales.orders AS SELECT i AS id, i * 1.5 AS price FROM range(5) r(i)
---- message Created table main.sales.orders with 5 rows

WITH t AS (SELECT id FROM sales.orders WHERE id > 2) SELECT * FROM t
---- sorted
[3]
[4]

WITH orders AS (SELECT * FROM main.sales.orders) SELECT count(*) FROM orders
---- rows
[5]

USE sales
---- message Using main.sales

SELECT count(*) FROM orders
---- rows
[5]

USE main.default
---- ok

SELECT (SELECT max(id) FROM sales.orders o WHERE o.id <= t.a) m FROM t ORDER BY 1 NULLS LAST
---- rows
[1]
[2]
[null]

SELECT t.b, o.price FROM t JOIN sales.orders AS o ON o.id = t.a ORDER BY 1
---- rows
["it's",3.0]
["x",1.5]

SUMMARIZE t
---- ok

DESCRIBE SELECT a FROM t
---- ok

VALUES (1), (2)
---- rows
[1]
[2]

INSERT INTO t (b, a) SELECT 'y', 7
---- ok

INSERT INTO t BY NAME SELECT DATE '2020-01-01' AS d
---- ok

SELECT * FROM t WHERE b = 'y' OR d < '2021-01-01' ORDER BY a
---- rows
[7,"y",null]
[null,null,"2020-01-01"]

INSERT OVERWRITE t SELECT * FROM t WHERE a = 7
---- message Overwrote main.default.t with 1 rows

TABLE t
---- rows
[7,"y",null]

CREATE OR REPLACE TABLE t AS SELECT 'new' AS only_column
---- message Replaced table main.default.t with 1 rows

SELECT * FROM t
---- columns
only_column VARCHAR

CREATE OR REPLACE TABLE t (x INTEGER)
---- ok

SELECT * FROM t
---- rows

DROP TABLE t
---- ok

SELECT * FROM t
---- error NOT_FOUND t

CREATE TABLE t (a INT)
---- ok

SELECT count(*) FROM t
---- rows
[0]
