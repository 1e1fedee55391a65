-- Does the past tell? The training set in ten equal parts, by the mean delay of the airport's departures in the
-- three hours before, and how many flights of each part arrived late.
WITH parts AS (
    SELECT late, origin_history__mean_delay_3h AS mean_delay,
        ntile(10) OVER (ORDER BY origin_history__mean_delay_3h, flight_id) AS part
    FROM main.nyc.training_set WHERE late IS NOT NULL AND origin_history__mean_delay_3h IS NOT NULL
)
SELECT part, round(min(mean_delay), 1) AS from_minutes, round(max(mean_delay), 1) AS to_minutes,
    round(100 * avg(CAST(late AS INTEGER)), 1) AS late_percent, bar(avg(CAST(late AS INTEGER)), 0, 0.6, 30) AS late
FROM parts GROUP BY part ORDER BY part;
