-- 400 flights, picked by a hash, computed again by brute force from what really happened: no feature table, no
-- known_at, no as-of join. Counts, per feature, the rows that differ in the training set (must be 0).
WITH picked AS (
    SELECT * FROM main.nyc.training_set ORDER BY hash(flight_id), flight_id LIMIT 400
), carrier_newest AS (
    SELECT p.flight_id, p.carrier, max(m.arrived_at) AS newest
    FROM picked AS p JOIN main.nyc.movements AS m ON m.carrier = p.carrier AND m.arrived_at < p.event_timestamp
    GROUP BY p.flight_id, p.carrier
), carrier_expected AS (
    SELECT n.flight_id, n.newest AS last_arrival,
        count(*) FILTER (WHERE m.arrived_at >= n.newest - INTERVAL 7 DAYS) AS arrivals_7d,
        avg(m.arr_delay) FILTER (WHERE m.arrived_at >= n.newest - INTERVAL 7 DAYS) AS mean_delay_7d,
        avg(CAST(m.arr_delay > 15 AS INTEGER)) AS late_share_30d
    FROM carrier_newest AS n JOIN main.nyc.movements AS m
        ON m.carrier = n.carrier AND m.arrived_at BETWEEN n.newest - INTERVAL 30 DAYS AND n.newest
    GROUP BY n.flight_id, n.newest
), origin_newest AS (
    SELECT p.flight_id, p.origin, max(m.departed_at) AS newest
    FROM picked AS p JOIN main.nyc.movements AS m ON m.origin = p.origin AND m.departed_at < p.event_timestamp
    GROUP BY p.flight_id, p.origin
), origin_expected AS (
    SELECT n.flight_id, n.newest AS last_departure, count(*) AS departures_3h, avg(m.dep_delay) AS mean_delay_3h
    FROM origin_newest AS n JOIN main.nyc.movements AS m
        ON m.origin = n.origin AND m.departed_at BETWEEN n.newest - INTERVAL 3 HOURS AND n.newest
    GROUP BY n.flight_id, n.newest
), plane_newest AS (
    SELECT p.flight_id, p.tailnum, max(m.arrived_at) AS newest
    FROM picked AS p JOIN main.nyc.movements AS m ON m.tailnum = p.tailnum AND m.arrived_at < p.event_timestamp
    GROUP BY p.flight_id, p.tailnum
), plane_expected AS (
    SELECT n.flight_id, n.newest AS last_arrival, count(*) AS arrivals_30d, avg(m.arr_delay) AS mean_delay_30d
    FROM plane_newest AS n JOIN main.nyc.movements AS m
        ON m.tailnum = n.tailnum AND m.arrived_at BETWEEN n.newest - INTERVAL 30 DAYS AND n.newest
    GROUP BY n.flight_id, n.newest
), weather_newest AS (
    SELECT p.flight_id, max(w.time_hour) AS observed_at, arg_max(w.temp, w.time_hour) AS temp
    FROM picked AS p JOIN main.nyc.weather AS w ON w.origin = p.origin AND w.time_hour < p.event_timestamp
        AND w.time_hour + INTERVAL 1 MINUTE + INTERVAL 6 HOURS >= p.event_timestamp
    GROUP BY p.flight_id
)
SELECT count(*) AS flights,
    count(*) FILTER (WHERE p.carrier_history__last_arrival IS DISTINCT FROM c.last_arrival) AS carrier_last_arrival,
    count(*) FILTER (WHERE p.carrier_history__arrivals_7d IS DISTINCT FROM c.arrivals_7d) AS carrier_arrivals_7d,
    count(*) FILTER (WHERE abs(p.carrier_history__mean_delay_7d - c.mean_delay_7d) > 1e-9
        OR (p.carrier_history__mean_delay_7d IS NULL) <> (c.mean_delay_7d IS NULL)) AS carrier_mean_delay_7d,
    count(*) FILTER (WHERE abs(p.carrier_history__late_share_30d - c.late_share_30d) > 1e-9
        OR (p.carrier_history__late_share_30d IS NULL) <> (c.late_share_30d IS NULL)) AS carrier_late_share_30d,
    count(*) FILTER (WHERE p.origin_history__last_departure IS DISTINCT FROM o.last_departure) AS origin_last_departure,
    count(*) FILTER (WHERE p.origin_history__departures_3h IS DISTINCT FROM o.departures_3h) AS origin_departures_3h,
    count(*) FILTER (WHERE abs(p.origin_history__mean_delay_3h - o.mean_delay_3h) > 1e-9
        OR (p.origin_history__mean_delay_3h IS NULL) <> (o.mean_delay_3h IS NULL)) AS origin_mean_delay_3h,
    count(*) FILTER (WHERE p.plane_history__last_arrival IS DISTINCT FROM a.last_arrival) AS plane_last_arrival,
    count(*) FILTER (WHERE p.plane_history__arrivals_30d IS DISTINCT FROM a.arrivals_30d) AS plane_arrivals_30d,
    count(*) FILTER (WHERE abs(p.plane_history__mean_delay_30d - a.mean_delay_30d) > 1e-9
        OR (p.plane_history__mean_delay_30d IS NULL) <> (a.mean_delay_30d IS NULL)) AS plane_mean_delay_30d,
    count(*) FILTER (WHERE p.origin_weather__observed_at IS DISTINCT FROM w.observed_at) AS weather_observed_at,
    count(*) FILTER (WHERE p.origin_weather__temp IS DISTINCT FROM w.temp) AS weather_temp,
    count(*) FILTER (WHERE p.plane_age__age_years IS DISTINCT FROM 2013 - r.year) AS plane_age_years
FROM picked AS p
    LEFT JOIN carrier_expected AS c USING (flight_id)
    LEFT JOIN origin_expected AS o USING (flight_id)
    LEFT JOIN plane_expected AS a USING (flight_id)
    LEFT JOIN weather_newest AS w USING (flight_id)
    LEFT JOIN main.nyc.planes AS r ON r.tailnum = p.tailnum;
