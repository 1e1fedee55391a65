# Volumes, models, external locations; comments and names of everything.
CREATE SCHEMA store COMMENT 'things'
---- ok

CREATE VOLUME store.files COMMENT 'raw'
---- message Volume main.store.files is there

CREATE VOLUME IF NOT EXISTS store.FILES
---- ok

CREATE VOLUME store.files
---- error ALREADY_EXISTS Volume files exists already

CREATE EXTERNAL VOLUME store.landing LOCATION '${DIR}/landing'
---- ok

CREATE EXTERNAL VOLUME store.nowhere
---- error INVALID_INPUT LOCATION is expected

CREATE EXTERNAL VOLUME store.inner LOCATION '${DIR}/landing/a'
---- error FAILED_PRECONDITION overlaps with that of volume main.store.landing

CREATE EXTERNAL VOLUME store.outer LOCATION 's3://bucket/a/../b'
---- error INVALID_INPUT must not hold

CREATE TABLE store.t (a INT) LOCATION '${DIR}/landing/t'
---- error FAILED_PRECONDITION lies in volume main.store.landing

SHOW VOLUMES IN store
---- rows
["main","store","files","managed","raw"]
["main","store","landing","external",null]

SHOW VOLUMES IN store LIKE 'l%'
---- rows
["main","store","landing","external",null]

COMMENT ON VOLUME store.landing IS 'what comes in'
---- ok

DESCRIBE VOLUME store.landing
---- rows
["volume","main.store.landing"]
["type","external"]
["location","${DIR}/landing"]
["comment","what comes in"]
["owner","admins"]
["created by","owner"]

ALTER VOLUME store.landing RENAME TO entrance
---- message Renamed volume main.store.landing to main.store.entrance

ALTER VOLUME store.entrance RENAME TO main."default".entrance
---- error UNSUPPORTED cannot be moved

DROP VOLUME store.landing
---- error NOT_FOUND main.store.landing does not exist.

CREATE MODEL store.churn COMMENT 'leaves?'
---- ok

SHOW MODELS IN store
---- rows
["main","store","churn","leaves?"]

CREATE EXTERNAL LOCATION lake URL '${DIR}/lake' COMMENT 'ours'
---- ok

CREATE EXTERNAL LOCATION inner URL '${DIR}/lake/inner'
---- error FAILED_PRECONDITION overlaps with that of external location lake

CREATE EXTERNAL LOCATION cloud URL 's3://bucket/x'
---- error INVALID_INPUT needs a credential

CREATE EXTERNAL LOCATION cloud URL 's3://bucket/x' WITH (STORAGE CREDENTIAL key)
---- error NOT_FOUND Credential key does not exist

CREATE STORAGE CREDENTIAL key WITH (a = 'b')
---- error UNSUPPORTED secrets do not belong in SQL

CREATE EXTERNAL LOCATION home URL '${DIR}'
---- error INVALID_INPUT own folders

SHOW EXTERNAL LOCATIONS
---- rows
["lake","${DIR}/lake","ours"]

CREATE TABLE store.t (a INT) LOCATION '${DIR}/lake/t'
---- ok

DROP EXTERNAL LOCATION lake
---- error FAILED_PRECONDITION is used by table main.store.t

ALTER EXTERNAL LOCATION lake SET URL '${DIR}/pond'
---- error FAILED_PRECONDITION is used by table main.store.t

ALTER EXTERNAL LOCATION lake RENAME TO sea
---- ok

DROP EXTERNAL LOCATION sea FORCE
---- ok

DROP EXTERNAL LOCATION IF EXISTS sea
---- ok

DROP STORAGE CREDENTIAL nothing
---- error NOT_FOUND Credential nothing does not exist

COMMENT ON SCHEMA store IS 'more things'
---- ok

COMMENT ON CATALOG main IS 'all of it'
---- ok

COMMENT ON FUNCTION store.f IS 'x'
---- error NOT_FOUND Function main.store.f does not exist

ALTER SCHEMA store SET DBPROPERTIES ('team' = 'red', a.b = 2)
---- ok

DESCRIBE SCHEMA EXTENDED store
---- rows
["schema","main.store"]
["comment","more things"]
["owner","admins"]
["created by","owner"]
["property a.b","2"]
["property team","red"]

ALTER SCHEMA store UNSET DBPROPERTIES (a.b)
---- ok

DESCRIBE CATALOG main
---- rows
["catalog","main"]
["comment","all of it"]
["owner","admins"]
["created by","owner"]

COMMENT ON CATALOG main IS NULL
---- ok

SHOW CATALOGS
---- rows
["main",null]

ALTER CATALOG main RENAME TO other
---- error FAILED_PRECONDITION cannot be renamed

ALTER SCHEMA store RENAME TO shelf
---- ok

DROP SCHEMA shelf
---- error FAILED_PRECONDITION it holds table main.shelf.t, volume main.shelf.entrance, volume main.shelf.files

DROP SCHEMA shelf CASCADE
---- message Dropped schema shelf with 1 tables
