# OPTIMIZE and REORG.
CREATE TABLE t (id BIGINT, a INTEGER, day DATE) PARTITIONED BY (day)
---- ok

INSERT INTO t SELECT i, (i * 7 % 11)::INTEGER, '2026-01-01' FROM range(10) r(i)
---- ok

INSERT INTO t SELECT i, 0, '2026-01-01' FROM range(10, 20) r(i)
---- ok

INSERT INTO t SELECT i, 0, '2026-01-02' FROM range(20, 30) r(i)
---- ok

DELETE FROM t WHERE id = 3
---- metrics {"num_affected_rows":1}

OPTIMIZE t WHERE id = 1
---- error INVALID_INPUT partition

OPTIMIZE t WHERE day = '2026-01-01'
---- metrics {"numFilesAdded":1,"numFilesRemoved":2}

OPTIMIZE t
---- metrics {"numFilesAdded":0,"numFilesRemoved":0}

SELECT count(*), sum(id) FROM t
---- rows
[29,432]

OPTIMIZE t ZORDER BY (id, a)
---- ok

OPTIMIZE t ZORDER BY (nope)
---- error NOT_FOUND nope

OPTIMIZE t ZORDER BY (day)
---- error INVALID_INPUT day

DELETE FROM t WHERE id = 25
---- ok

REORG TABLE t APPLY (PURGE)
---- ok

SELECT count(*), sum(id) FROM t
---- rows
[28,407]
