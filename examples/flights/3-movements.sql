-- What really happened, as instants.
--
-- The source gives clock times. Departures are New York's, and `time_hour` is the hour of the scheduled departure as
-- an instant, so departures are easy: time_hour + minute (+ dep_delay).
-- Arrivals are the destination's clock, without a date. A flight cannot be at the gate before departure + time in the
-- air; arrived_at is the first moment from then on when the destination's clock shows arr_time. What lies
-- between is taxiing: 5 to 235 minutes on this data, 20 to 40 in the middle. With a wrong time zone it would be off by
-- an hour; the demo checks the range.
-- Four airports are missing from airports.csv, all of them in Puerto Rico or the Virgin Islands (one clock).
-- Cancelled and diverted flights have no arr_delay: they get no arrived_at, and teach nobody anything.
CREATE TABLE main.nyc.movements AS
WITH departed AS (
    SELECT f.*,
        f.time_hour + to_minutes(f.minute) AS scheduled_departure,
        f.time_hour + to_minutes(f.minute + f.dep_delay) AS departed_at,
        coalesce(a.tzone, 'America/Puerto_Rico') AS zone
    FROM main.nyc.flights AS f LEFT JOIN main.nyc.airports AS a ON a.faa = f.dest
), landed AS (
    SELECT *,
        departed_at + to_minutes(air_time) AS earliest_arrival,
        timezone(zone, departed_at + to_minutes(air_time)) AS earliest_clock,
        (arr_time // 100) * 60 + arr_time % 100 AS arrival_minute
    FROM departed
), taxied AS (
    SELECT *,
        (arrival_minute - hour(earliest_clock) * 60 - minute(earliest_clock) + 2880) % 1440 AS taxi_minutes
    FROM landed
)
SELECT
    row_number() OVER (ORDER BY scheduled_departure, carrier, flight, origin) AS flight_id,
    carrier, flight, tailnum, origin, dest, scheduled_departure, departed_at,
    CASE WHEN arr_delay IS NOT NULL THEN earliest_arrival + to_minutes(taxi_minutes) END AS arrived_at,
    CASE WHEN arr_delay IS NOT NULL THEN taxi_minutes END AS taxi_minutes,
    dep_delay, arr_delay
FROM taxied;
