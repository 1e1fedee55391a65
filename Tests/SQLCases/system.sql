# Tarn's own tables: what is there, who may do what, what was committed, how large it is.
SHOW TABLES IN system LIKE 'ta%'
---- rows
["main","system","tables","system","tables and views that you may see"]
["main","system","tags","system","tags of objects and columns that you may see"]

CREATE SCHEMA sales COMMENT 'what we sold'
---- ok

CREATE TABLE sales.orders (id BIGINT NOT NULL COMMENT 'which', day DATE) PARTITIONED BY (day) COMMENT 'all of them'
---- ok

INSERT INTO sales.orders VALUES (1, DATE '2026-01-01'), (2, DATE '2026-01-02')
---- ok

CREATE TABLE plain (x INT)
---- ok

SELECT full_name, kind, format, owner, comment FROM system.tables ORDER BY full_name
---- rows
["main.default.plain","managed","delta","admins",null]
["main.sales.orders","managed","delta","admins","all of them"]

SELECT schema_name, comment FROM system.schemas ORDER BY 1
---- rows
["default",null]
["sales","what we sold"]

SELECT catalog_name FROM system.catalogs
---- rows
["main"]

SELECT object_kind, object_name FROM system.objects ORDER BY ALL
---- rows
["catalog","main"]
["metastore",""]
["schema","main.default"]
["schema","main.sales"]
["table","main.default.plain"]
["table","main.sales.orders"]

SELECT column_name, position, data_type, nullable, partition_column, comment FROM system.columns
WHERE table_name = 'orders' ORDER BY position
---- rows
["id",0,"bigint",false,false,"which"]
["day",1,"date",true,true,null]

SELECT version, operation FROM system.history WHERE full_name = 'main.sales.orders' ORDER BY version DESC
---- rows
[1,"WRITE"]
[0,"CREATE TABLE"]

SELECT table_name, version, files, bytes > 0 AS has_bytes, partition_columns FROM system.storage ORDER BY 1
---- rows
["orders",1,2,true,["day"]]
["plain",0,0,false,[]]

# They can be joined with each other and with other tables, in any place where a table can stand.
SELECT t.full_name, s.files FROM system.tables t JOIN system.storage s USING (table_id)
WHERE t.comment IS NOT NULL AND EXISTS (FROM sales.orders o WHERE o.id = s.version)
---- rows
["main.sales.orders",2]

SELECT system.tables.table_name FROM system.tables WHERE main.system.tables.schema_name = 'sales'
---- rows
["orders"]

WITH large AS (FROM main.system.storage WHERE files > 1) SELECT count(*) FROM large
---- rows
[1]

SELECT count(*) FROM system.grants, system.tags, system.policies
---- rows
[0]

SELECT kind, name FROM system.principals ORDER BY name
---- rows
["group","account users"]
["group","admins"]

DESCRIBE system.tags
---- rows
["object_kind","VARCHAR",true,false,null]
["object_name","VARCHAR",true,false,null]
["object_id","VARCHAR",true,false,null]
["column_key","VARCHAR",true,false,null]
["tag_key","VARCHAR",true,false,null]
["tag_value","VARCHAR",true,false,null]
["created_by","VARCHAR",true,false,null]
["created","TIMESTAMP WITH TIME ZONE",true,false,null]

SHOW COLUMNS IN system.catalogs LIKE '%name'
---- rows
["catalog_name"]
["catalog_id"]
["owner"]
["comment"]
["created"]
["created_by"]
["updated"]
["updated_by"]

# SQL's standard has its own names for some of it.
SELECT schema_name FROM information_schema.schemata ORDER BY 1
---- rows
["default"]
["sales"]

SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY 1
---- rows
["default","plain","BASE TABLE"]
["sales","orders","BASE TABLE"]

SELECT column_name, ordinal_position, is_nullable FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 2
---- rows
["id",1,"NO"]
["day",2,"YES"]

SELECT count(*) FROM other.information_schema.tables
---- rows
[0]

# They are Tarn's: nobody else writes or makes them, and they have no versions.
INSERT INTO system.grants VALUES (1)
---- error PERMISSION_DENIED written by Tarn alone

DELETE FROM main.system.history
---- error PERMISSION_DENIED written by Tarn alone

VACUUM system.storage
---- error PERMISSION_DENIED written by Tarn alone

ALTER TABLE system.tags SET TBLPROPERTIES ('a' = 'b')
---- error PERMISSION_DENIED written by Tarn alone

OPTIMIZE information_schema.tables
---- error PERMISSION_DENIED written by Tarn alone

CREATE SCHEMA system
---- error INVALID_INPUT reserved

CREATE TABLE system.mine (x INT)
---- error NOT_FOUND system

SELECT * FROM system.grant
---- error NOT_FOUND Did you mean grants

SELECT * FROM system.tables AT (VERSION => 0)
---- error INVALID_INPUT no versions
