# Tags and marks.
CREATE TABLE people (Name STRING, mail STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')
---- ok

ALTER TABLE people SET TAGS ('team' = 'red', 'raw')
---- ok

ALTER TABLE people ALTER COLUMN MAIL SET TAGS ('pii' = 'it''s "mail"')
---- ok

SHOW TAGS ON TABLE people
---- rows
[null,"raw",""]
[null,"team","red"]
["mail","pii","it's \"mail\""]

ALTER TABLE people RENAME COLUMN mail TO address
---- ok

SET TAG ON COLUMN main."default".people.name `class` = `person`
---- ok

ALTER TABLE people UNSET TAGS ('raw', 'tame')
---- error NOT_FOUND Did you mean team?

ALTER TABLE people UNSET TAGS IF EXISTS ('raw', 'tame')
---- ok

ALTER TABLE people SET CERTIFIED
---- ok

SHOW TAGS people
---- rows
[null,"system.certification_status","certified"]
[null,"team","red"]
["Name","class","person"]
["address","pii","it's \"mail\""]

ALTER TABLE people DROP COLUMN address
---- ok

ALTER TABLE people UNSET CERTIFICATION
---- ok

UNSET TAG ON TABLE people team
---- ok

SHOW TAGS IN TABLE people
---- rows
["Name","class","person"]

ALTER SCHEMA "default" SET TAGS ('tier' = 'gold')
---- ok

SET TAG ON CATALOG main cost_center = 'hr'
---- ok

ALTER SCHEMA "default" SET DEPRECATED
---- ok

DESCRIBE SCHEMA "default"
---- rows
["schema","main.default"]
["comment",null]
["owner","admins"]
["created by","owner"]
["certification","deprecated"]
["tag tier","gold"]

SHOW TAGS ON CATALOG main
---- rows
[null,"cost_center","hr"]

ALTER TABLE people SET TAGS ('system.certification_status' = 'fine')
---- error INVALID_INPUT certified or deprecated

ALTER TABLE people SET TAGS ('a.b' = 'x')
---- error INVALID_INPUT must not hold

ALTER TABLE people ALTER COLUMN nothing SET TAGS ('a')
---- error NOT_FOUND has no column nothing

ALTER TABLE peopel SET TAGS ('a')
---- error NOT_FOUND Did you mean main.default.people?

ALTER VOLUME nowhere SET TAGS ('a')
---- error NOT_FOUND Volume main.default.nowhere does not exist

UNSET TABLE people
---- error INVALID_INPUT TAG is expected
