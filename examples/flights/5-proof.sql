-- No feature is younger than its event: in each view, how many of the facts behind a row's features happened at the
-- departure or after it (must be 0), and how close the newest one came.
SELECT 'carrier_history' AS feature_view,
    count(carrier_history__last_arrival) AS rows_with_features,
    count(*) FILTER (WHERE carrier_history__last_arrival >= event_timestamp) AS younger_than_event,
    min(date_diff('minute', carrier_history__last_arrival, event_timestamp)) AS closest_minutes,
    median(date_diff('minute', carrier_history__last_arrival, event_timestamp)) AS median_minutes
FROM main.nyc.training_set
UNION ALL
SELECT 'origin_history', count(origin_history__last_departure),
    count(*) FILTER (WHERE origin_history__last_departure >= event_timestamp),
    min(date_diff('minute', origin_history__last_departure, event_timestamp)),
    median(date_diff('minute', origin_history__last_departure, event_timestamp))
FROM main.nyc.training_set
UNION ALL
SELECT 'plane_history', count(plane_history__last_arrival),
    count(*) FILTER (WHERE plane_history__last_arrival >= event_timestamp),
    min(date_diff('minute', plane_history__last_arrival, event_timestamp)),
    median(date_diff('minute', plane_history__last_arrival, event_timestamp))
FROM main.nyc.training_set
UNION ALL
SELECT 'origin_weather', count(origin_weather__observed_at),
    count(*) FILTER (WHERE origin_weather__observed_at >= event_timestamp),
    min(date_diff('minute', origin_weather__observed_at, event_timestamp)),
    median(date_diff('minute', origin_weather__observed_at, event_timestamp))
FROM main.nyc.training_set;
