-- The tables behind the feature views.
--
-- One rule keeps them honest: the source's clock has no seconds, so what is stamped 10:15 may have happened at 10:15:59.
-- It counts as known from the next minute on. A join "at or before the departure" over known_at is then a join strictly
-- before the departure over what happened. Each row also carries when its newest fact happened, so that a
-- training set can prove it.

-- Arrivals of a carrier: the 7 and the 30 days that end with its newest arrival.
CREATE TABLE main.nyc.carrier_history AS
WITH by_minute AS (
    SELECT carrier, arrived_at, count(*) AS arrivals, sum(arr_delay) AS delay,
        count(*) FILTER (WHERE arr_delay > 15) AS late
    FROM main.nyc.movements WHERE arrived_at IS NOT NULL GROUP BY carrier, arrived_at
)
SELECT carrier, arrived_at + INTERVAL 1 MINUTE AS known_at, arrived_at AS last_arrival,
    CAST(sum(arrivals) OVER week AS BIGINT) AS arrivals_7d,
    CAST(sum(delay) OVER week AS DOUBLE) / CAST(sum(arrivals) OVER week AS DOUBLE) AS mean_delay_7d,
    CAST(sum(late) OVER week AS DOUBLE) / CAST(sum(arrivals) OVER week AS DOUBLE) AS late_share_7d,
    CAST(sum(delay) OVER month AS DOUBLE) / CAST(sum(arrivals) OVER month AS DOUBLE) AS mean_delay_30d,
    CAST(sum(late) OVER month AS DOUBLE) / CAST(sum(arrivals) OVER month AS DOUBLE) AS late_share_30d
FROM by_minute
WINDOW
    week AS (PARTITION BY carrier ORDER BY arrived_at RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW),
    month AS (PARTITION BY carrier ORDER BY arrived_at RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW);

-- Departures from an origin: the 3 and the 24 hours that end with its newest departure.
CREATE TABLE main.nyc.origin_history AS
WITH by_minute AS (
    SELECT origin, departed_at, count(*) AS departures, sum(dep_delay) AS delay,
        count(*) FILTER (WHERE dep_delay > 15) AS late
    FROM main.nyc.movements WHERE departed_at IS NOT NULL GROUP BY origin, departed_at
)
SELECT origin, departed_at + INTERVAL 1 MINUTE AS known_at, departed_at AS last_departure,
    CAST(sum(departures) OVER recent AS BIGINT) AS departures_3h,
    CAST(sum(delay) OVER recent AS DOUBLE) / CAST(sum(departures) OVER recent AS DOUBLE) AS mean_delay_3h,
    CAST(sum(late) OVER day AS DOUBLE) / CAST(sum(departures) OVER day AS DOUBLE) AS late_share_24h
FROM by_minute
WINDOW
    recent AS (PARTITION BY origin ORDER BY departed_at RANGE BETWEEN INTERVAL 3 HOURS PRECEDING AND CURRENT ROW),
    day AS (PARTITION BY origin ORDER BY departed_at RANGE BETWEEN INTERVAL 24 HOURS PRECEDING AND CURRENT ROW);

-- Arrivals of a plane (on flights out of New York): its last delay, and the 30 days that end with its newest arrival.
CREATE TABLE main.nyc.plane_history AS
WITH by_minute AS (
    SELECT tailnum, arrived_at, count(*) AS arrivals, sum(arr_delay) AS delay, max(arr_delay) AS last_delay
    FROM main.nyc.movements WHERE arrived_at IS NOT NULL AND tailnum IS NOT NULL GROUP BY tailnum, arrived_at
)
SELECT tailnum, arrived_at + INTERVAL 1 MINUTE AS known_at, arrived_at AS last_arrival, last_delay,
    CAST(sum(arrivals) OVER month AS BIGINT) AS arrivals_30d,
    CAST(sum(delay) OVER month AS DOUBLE) / CAST(sum(arrivals) OVER month AS DOUBLE) AS mean_delay_30d
FROM by_minute
WINDOW month AS (PARTITION BY tailnum ORDER BY arrived_at RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW);

-- The hourly weather at an origin.
CREATE TABLE main.nyc.origin_weather AS
SELECT origin, time_hour + INTERVAL 1 MINUTE AS known_at, time_hour AS observed_at,
    temp, humid, wind_speed, precip, pressure, visib
FROM main.nyc.weather;

-- What the registry says about a plane. Known since before the first flight.
CREATE TABLE main.nyc.plane_age AS
SELECT tailnum, TIMESTAMPTZ '2013-01-01 00:00:00+00' AS known_at, year AS built, 2013 - year AS age_years, seats
FROM main.nyc.planes;

-- A row for each flight, the question to be answered: does it arrive more than 15 minutes late? Asked at departure: the
-- scheduled or the actual one, whichever came first (a flight that leaves early must not see itself leave). Cancelled and
-- diverted flights have no answer: their label is NULL.
CREATE TABLE main.nyc.departures AS
SELECT flight_id, carrier, flight, tailnum, origin, dest,
    least(scheduled_departure, coalesce(departed_at, scheduled_departure)) AS event_timestamp,
    arr_delay > 15 AS late
FROM main.nyc.movements;
