# VACUUM.
CREATE TABLE t AS SELECT i AS id FROM range(10) r(i)
---- ok

INSERT OVERWRITE t SELECT 1
---- ok

VACUUM t
---- metrics {"numDeletedFiles":0}

VACUUM t RETAIN 0 HOURS
---- error FAILED_PRECONDITION VACUUM ... FORCE

VACUUM t RETAIN 0 HOURS DRY RUN
---- error FAILED_PRECONDITION delta.deletedFileRetentionDuration

SELECT count(*) FROM t AT (VERSION => 0)
---- rows
[10]

VACUUM t RETAIN 200 HOURS
---- ok

SET delta.retentionDurationCheck.enabled = maybe
---- error INVALID_INPUT

SET spark.databricks.delta.retentionDurationCheck.enabled = false
---- ok

VACUUM t RETAIN 0 HOURS
---- metrics {"numDeletedFiles":1}

SET delta.retentionDurationCheck.enabled = true
---- ok

VACUUM t RETAIN 1 HOURS
---- error FAILED_PRECONDITION

VACUUM delta.`${DIR}/nothing`
---- error NOT_FOUND

INSERT OVERWRITE t SELECT 2
---- ok

VACUUM main.default.t FULL RETAIN 0 DAYS FORCE
---- metrics {"numDeletedFiles":1}

SELECT * FROM t
---- rows
[2]
