# Files and folders of the local owner.
COPY (SELECT i AS a, 'x' || i AS b FROM range(3) r(i)) TO '${DIR}/x y.csv' (HEADER, DELIMITER ';')
---- message Wrote 3 rows

SELECT * FROM '${DIR}/x y.csv' ORDER BY a
---- rows
[0,"x0"]
[1,"x1"]
[2,"x2"]

CREATE TABLE t AS SELECT * FROM read_csv('${DIR}/x y.csv', delim = ';')
---- message with 3 rows

COPY t TO '${DIR}/t.parquet'
---- message Wrote 3 rows

SELECT count(*), max("t.parquet".a) FROM '${DIR}/t.parquet' "t.parquet"
---- rows
[3,2]

COPY (SELECT * FROM t WHERE a = 1) TO '${DIR}/t.json'
---- ok

SELECT b FROM read_json('${DIR}/t.json')
---- rows
["x1"]

CREATE TABLE ext (a INT, b VARCHAR) LOCATION '${DIR}/ext here/100%=é'
---- ok

INSERT INTO ext VALUES (1, 'one')
---- ok

INSERT INTO ext VALUES (2, 'two')
---- ok

SELECT * FROM delta_scan('${DIR}/ext here/100%=é') ORDER BY a
---- rows
[1,"one"]
[2,"two"]

SELECT * FROM delta_scan('${DIR}/ext here/100%=é', version => 1)
---- rows
[1,"one"]

SELECT a FROM delta.`${DIR}/ext here/100%=é` WHERE a > 1
---- rows
[2]

DROP TABLE ext
---- ok

CREATE TABLE again LOCATION '${DIR}/ext here/100%=é'
---- message Registered table

SELECT count(*) FROM again
---- rows
[2]

CREATE TABLE wrong (z DATE) LOCATION '${DIR}/ext here/100%=é'
---- error SCHEMA_MISMATCH other columns

SELECT * FROM delta_scan('${DIR}/nothing')
---- error NOT_FOUND

SELECT * FROM '${DIR}/nothing.csv'
---- error STORAGE nothing.csv

CREATE TABLE s3 (a INT) LOCATION 's3://bucket/x'
---- error UNSUPPORTED s3://
