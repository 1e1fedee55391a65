-- How often a flight arrives more than 15 minutes late, by the hour at which it should leave.
SELECT hour, count(*) AS flights, round(100 * avg(CAST(arr_delay > 15 AS INTEGER)), 1) AS late_percent,
    bar(avg(CAST(arr_delay > 15 AS INTEGER)), 0, 0.5, 30) AS late
FROM main.nyc.flights WHERE arr_delay IS NOT NULL GROUP BY hour ORDER BY hour;
