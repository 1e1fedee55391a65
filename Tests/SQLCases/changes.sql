# The change data feed.
CREATE TABLE t (id BIGINT, v VARCHAR) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')
---- ok

INSERT INTO t VALUES (1, 'a'), (2, 'b')
---- ok

UPDATE t SET v = 'c' WHERE id = 2
---- ok

DELETE FROM t WHERE id = 1
---- ok

SELECT id, v, _change_type, _commit_version FROM table_changes('t', 0) ORDER BY ALL
---- rows
[1,"a","delete",3]
[1,"a","insert",1]
[2,"b","insert",1]
[2,"b","update_preimage",2]
[2,"c","update_postimage",2]

SELECT c.id, _change_type FROM table_changes(main.default.t, 2, 2) AS c WHERE c._change_type <> 'update_preimage'
---- rows
[2,"update_postimage"]

SELECT count(*) FROM table_changes('main.default."t"', 3) JOIN t USING (id)
---- rows
[0]

SELECT count(*) FROM table_changes('t', '1999-01-01', '2999-01-01')
---- rows
[5]

SELECT count(*) FROM table_changes('t', 2, 1)
---- error INVALID_INPUT

SELECT count(*) FROM table_changes('t')
---- error INVALID_INPUT table_changes('table'

SELECT count(*) FROM table_changes('tt', 0)
---- error NOT_FOUND t

SELECT count(*) FROM table_changes('t', 99)
---- error NOT_FOUND 99

CREATE TABLE quiet (a INT)
---- ok

INSERT INTO quiet VALUES (1)
---- ok

SELECT * FROM table_changes('quiet', 0)
---- error FAILED_PRECONDITION delta.enableChangeDataFeed
