# DELETE, UPDATE and TRUNCATE.
CREATE TABLE t (id BIGINT, name VARCHAR, price DECIMAL(10,2), place STRUCT(city VARCHAR, zip INTEGER), day DATE) PARTITIONED BY (day)
---- ok

INSERT INTO t SELECT i, 'n' || i, i * 1.5, {'city': 'c' || i % 3, 'zip': i::INTEGER}, DATE '2026-01-01' + (i % 4)::INTEGER FROM range(20) r(i)
---- metrics {"num_affected_rows":20,"num_inserted_rows":20,"version":1}

DELETE FROM t WHERE id = 3
---- metrics {"num_affected_rows":1,"version":2,"numDeletedRows":1}

DELETE FROM main.default.t AS x WHERE x.id BETWEEN 5 AND 7 OR main.default.t.id = 100
---- error INVALID_INPUT

DELETE FROM main.default.t AS x WHERE x.id BETWEEN 5 AND 7
---- message Deleted 3 rows from main.default.t

DELETE FROM main.default.t WHERE main.default.t.id = 8 AND default.t.day > '2025-01-01' AND t.name = `name`
---- metrics {"num_affected_rows":1}

DELETE FROM t WHERE false
---- metrics {"num_affected_rows":0}

SELECT count(*), sum(id) FROM t
---- rows
[15,161]

CREATE TABLE gone AS SELECT * FROM (VALUES (9), (10), (11), (100)) v(id)
---- ok

DELETE FROM t WHERE id IN (SELECT id FROM gone WHERE gone.id < 11) AND EXISTS (SELECT 1 FROM gone g WHERE g.id = t.id)
---- metrics {"num_affected_rows":2}

DELETE FROM t WHERE id = (SELECT max(id) FROM t)
---- metrics {"num_affected_rows":1}

SELECT count(*), max(id) FROM t
---- rows
[12,18]

# A whole partition goes without a file being read.
DELETE FROM t WHERE day = '2026-01-02'
---- ok

SELECT day, count(*) FROM t GROUP BY day ORDER BY day
---- rows
["2026-01-01",4]
["2026-01-03",3]
["2026-01-04",2]

UPDATE t SET price = price * 2, name = upper(name) WHERE id < 3
---- metrics {"num_affected_rows":2,"numUpdatedRows":2}

SELECT id, name, price FROM t WHERE id < 3 ORDER BY id
---- rows
[0,"N0",0.00]
[2,"N2",6.00]

UPDATE t AS x SET x.place.city = 'Zürich', day = DATE '2026-02-01' WHERE x.id = 2
---- metrics {"num_affected_rows":1}

SELECT id, place.city, place.zip, day FROM t WHERE day = '2026-02-01'
---- rows
[2,"Zürich",2,"2026-02-01"]

UPDATE t SET name = (SELECT max(g.id)::VARCHAR FROM gone g WHERE g.id > t.id), price = DEFAULT WHERE id = 4
---- ok

SELECT name, price FROM t WHERE id = 4
---- rows
["100",null]

UPDATE t SET `name` = CASE WHEN id > 10 THEN 'big' ELSE "name" END
---- metrics {"num_affected_rows":9}

SELECT count(*) FROM t WHERE name = 'big'
---- rows
[6]

# The same by the table's folder.
CREATE TABLE e (a INT) LOCATION '${DIR}/e'
---- ok

INSERT INTO delta.`${DIR}/e` VALUES (1), (2), (3)
---- ok

DELETE FROM delta.`${DIR}/e` AS x WHERE x.a = 1
---- metrics {"num_affected_rows":1}

UPDATE delta.`${DIR}/e` SET a = a + 10 WHERE a = 2
---- ok

SELECT * FROM e ORDER BY a
---- rows
[3]
[12]

TRUNCATE TABLE e
---- message Removed 2 rows from main.default.e

SELECT count(*) FROM e
---- rows
[0]

DESCRIBE HISTORY e LIMIT 1
---- ok

# Mistakes: nothing changes.
UPDATE t SET nme = 'x'
---- error NOT_FOUND There is no column nme. Did you mean name

UPDATE t SET name = nme
---- error INVALID_INPUT nme

UPDATE t SET name = 'x' WHERE nme = 1
---- error INVALID_INPUT nme

UPDATE t SET name = 'a', NAME = 'b'
---- error INVALID_INPUT set twice

UPDATE t SET price = 'much'
---- error INVALID_INPUT much

DELETE FROM t WHERE nme = 1
---- error INVALID_INPUT nme

DELETE FROM t WHERE id = 1 AND
---- error INVALID_INPUT

DELETE FROM t WHERE id IN (SELECT id FROM gonne)
---- error NOT_FOUND gone

DELETE FROM tt WHERE id = 1
---- error NOT_FOUND tt

DELETE FROM t AT (VERSION => 1) WHERE id = 1
---- error INVALID_INPUT

SELECT count(*) FROM t
---- rows
[9]

CREATE TABLE fixed (a INT) TBLPROPERTIES ('delta.appendOnly' = 'true')
---- ok

INSERT INTO fixed VALUES (1)
---- ok

DELETE FROM fixed WHERE a = 1
---- error FAILED_PRECONDITION delta.appendOnly

UPDATE fixed SET a = 2
---- error FAILED_PRECONDITION delta.appendOnly
