# Mistakes: the code, the words, no crash.
CREATE TABLE orders (id BIGINT, customer VARCHAR)
---- ok

SELECT * FROM ordres
---- error NOT_FOUND orders

SELECT * FROM main.defualt.orders
---- error NOT_FOUND default

SELECT * FROM mian.default.orders
---- error NOT_FOUND main

SELECT custmer FROM orders
---- error INVALID_INPUT custmer

SELECT id FROM orders WHERE
---- error INVALID_INPUT

SELECT * FROM orders o JOIN orders o ON true
---- error INVALID_INPUT

CREATE TABLE orders (x INT)
---- error ALREADY_EXISTS orders

CREATE TABLE IF NOT EXISTS orders (x INT)
---- message exists already

CREATE TABLE nowhere.x (a INT)
---- error NOT_FOUND nowhere

CREATE TABLE x
---- error INVALID_INPUT needs columns

CREATE TABLE x (a INT) PARTITIONED BY (b)
---- error INVALID_INPUT b

CREATE TABLE x (a INT) TBLPROPERTIES ('delta.checkpointInterval' = 'soon')
---- error INVALID_INPUT checkpointInterval

CREATE TABLE x AS SELECT nope FROM orders
---- error INVALID_INPUT nope

SELECT * FROM x
---- error NOT_FOUND x

INSERT INTO orders VALUES (1)
---- error SCHEMA_MISMATCH 2 columns

INSERT INTO orders VALUES (1, 'a', 2)
---- error SCHEMA_MISMATCH 2 columns

INSERT INTO orders (id, nope) VALUES (1, 2)
---- error NOT_FOUND nope

INSERT INTO orders (id, ID) VALUES (1, 2)
---- error INVALID_INPUT twice

INSERT INTO orders BY NAME SELECT 1 AS id, 2 AS extra
---- error SCHEMA_MISMATCH extra

INSERT INTO orders SELECT id, custmer FROM orders
---- error INVALID_INPUT custmer

INSERT INTO nope VALUES (1)
---- error NOT_FOUND nope

DROP TABLE nope
---- error NOT_FOUND nope

DROP TABLE IF EXISTS nope
---- ok

DROP SCHEMA default
---- error FAILED_PRECONDITION

CREATE SCHEMA s
---- ok

CREATE TABLE s.t (a INT)
---- ok

DROP SCHEMA s
---- error FAILED_PRECONDITION

DROP SCHEMA s CASCADE
---- ok

SELECT * FROM s.t
---- error NOT_FOUND s

USE nope
---- error NOT_FOUND nope

SELECT 1; SELECT 2
---- error INVALID_INPUT one by one

SELECT * FROM information_schema.routines
---- error NOT_FOUND information_schema

SELECT * FROM duckdb_tables()
---- error PERMISSION_DENIED duckdb_tables

SELECT 1 / (SELECT 0) AS x, error('boom')
---- error INVALID_INPUT boom

SET threads = 4
---- error UNSUPPORTED tarn.yaml

PRAGMA database_list
---- error UNSUPPORTED PRAGMA

SELECT count(*) FROM orders
---- rows
[0]
