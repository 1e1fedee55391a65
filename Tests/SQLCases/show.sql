# What there is.
SHOW CATALOGS
---- rows
["main",null]

SHOW SCHEMAS
---- rows
["main","default",null]

SHOW TABLES
---- rows

CREATE CATALOG other COMMENT 'the other one'
---- ok

CREATE SCHEMA other.things
---- ok

CREATE TABLE other.things.a_table (x INT NOT NULL COMMENT 'ex', y ARRAY<STRING>) PARTITIONED BY (x) COMMENT 'it''s'
---- ok

CREATE TABLE other.things.b_table (x INT)
---- ok

SHOW TABLES IN other.things
---- rows
["other","things","a_table","managed","it's"]
["other","things","b_table","managed",null]

SHOW TABLES IN other.things LIKE 'A%'
---- rows
["other","things","a_table","managed","it's"]

SHOW SCHEMAS IN other
---- rows
["other","default",null]
["other","things",null]

SHOW CATALOGS LIKE 'o_her'
---- rows
["other","the other one"]

DESCRIBE other.things.a_table
---- rows
["x","INTEGER",false,true,"ex"]
["y","VARCHAR[]",true,false,null]

SHOW COLUMNS IN other.things.a_table
---- rows
["x"]
["y"]

SHOW CREATE TABLE other.things.a_table
---- rows
["CREATE TABLE other.things.a_table (\n  \"x\" INTEGER NOT NULL COMMENT 'ex',\n  \"y\" VARCHAR[]\n) USING DELTA\nPARTITIONED BY (\"x\")\nCOMMENT 'it''s'"]

DESCRIBE DETAIL other.things.a_table
---- ok

DESCRIBE HISTORY other.things.a_table
---- ok

USE other.things
---- ok

SHOW TABLES LIKE 'b_table'
---- rows
["other","things","b_table","managed",null]

DROP CATALOG other
---- error FAILED_PRECONDITION

DROP CATALOG other CASCADE
---- ok

SHOW CATALOGS
---- rows
["main",null]
