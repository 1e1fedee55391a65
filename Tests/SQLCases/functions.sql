# Functions in the catalog.
CREATE SCHEMA lib
---- ok

CREATE FUNCTION lib.masked(x STRING, keep INT DEFAULT 2) RETURNS STRING COMMENT 'stars' RETURN left(x, keep) || '***'
---- message main.lib.masked

CREATE FUNCTION lib.one() RETURNS DECIMAL(10, 2) NOT DETERMINISTIC LANGUAGE SQL RETURN 1.25
---- ok

SHOW FUNCTIONS IN lib
---- rows
["main","lib","masked","VARCHAR","stars"]
["main","lib","one","DECIMAL(10,2)",null]

SHOW FUNCTIONS IN main.lib LIKE 'm%'
---- rows
["main","lib","masked","VARCHAR","stars"]

DESCRIBE FUNCTION EXTENDED lib.MASKED
---- rows
["function","main.lib.masked"]
["input","x VARCHAR, keep INTEGER DEFAULT 2"]
["returns","VARCHAR"]
["deterministic","true"]
["language","SQL"]
["body","left(x, keep) || '***'"]
["comment","stars"]
["owner","admins"]
["created by","owner"]

CREATE FUNCTION lib.masked(x STRING) RETURNS STRING RETURN x
---- error ALREADY_EXISTS masked exists already

CREATE FUNCTION IF NOT EXISTS lib.masked(x STRING) RETURNS STRING RETURN x
---- ok

CREATE OR REPLACE FUNCTION lib.masked(x STRING) RETURNS STRING RETURN SELECT max(y) FROM (VALUES (x)) t(y)
---- ok

DESCRIBE FUNCTION lib.masked
---- rows
["function","main.lib.masked"]
["input","x VARCHAR"]
["returns","VARCHAR"]
["deterministic","true"]
["language","SQL"]
["body","SELECT max(y) FROM (VALUES (x)) t(y)"]
["comment",null]
["owner","admins"]
["created by","owner"]

CREATE FUNCTION lib.twice(x INT, X INT) RETURNS INT RETURN x
---- error INVALID_INPUT two parameters named X

CREATE FUNCTION lib.f(x INT) RETURNS INT
---- error INVALID_INPUT RETURN is expected

CREATE FUNCTION lib.f(x INT) RETURNS TABLE (a INT) RETURN SELECT 1
---- error UNSUPPORTED RETURNS TABLE

CREATE FUNCTION lib.f(x INT) RETURNS INT LANGUAGE PYTHON RETURN x
---- error UNSUPPORTED LANGUAGE SQL

CREATE FUNCTION lib."a.b"(x INT) RETURNS INT RETURN x
---- error INVALID_INPUT must not hold

CREATE FUNCTION lib."we ird ""é" (x INT) RETURNS INT RETURN x
---- ok

DROP FUNCTION lib."WE IRD ""É"
---- ok

DROP FUNCTION lib.maskd
---- error NOT_FOUND Did you mean main.lib.masked?

DROP FUNCTION IF EXISTS nowhere.maskd
---- ok

DROP SCHEMA lib
---- error FAILED_PRECONDITION not empty

DROP FUNCTION lib.masked
---- message Dropped function main.lib.masked

DROP FUNCTION lib.one
---- ok

DROP SCHEMA lib
---- ok
