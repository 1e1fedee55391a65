"""A small feature repository for tests: sources with ties, nulls and gaps, two views, a spine."""

DEFINITIONS = """
project: interop
entities:
  - name: driver
    join_keys: [driver_id]
    value_type: INT64
feature_views:
  - name: trips
    entities: [driver]
    ttl: 10d
    source:
      table: main.default.trip_facts
      timestamp_field: known_at
      created_timestamp_column: created_at
    schema:
      - {name: trips_today, dtype: Int64}
      - {name: rating, dtype: Float64}
  - name: profile
    entities: [driver]
    source:
      table: main.default.driver_profiles
      timestamp_field: known_at
    schema:
      - {name: city, dtype: String}
feature_services:
  - name: everything
    features: [trips, profile]
"""

# 40 drivers, a fact every 7 hours with every fifth rating null; every 11th row comes twice with another created_at.
TRIP_FACTS = """
    SELECT (i % 40)::BIGINT AS driver_id, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours((i * 7)::INTEGER) AS known_at,
        TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours((i * 7 + extra)::INTEGER) AS created_at,
        (i * 10 + extra)::BIGINT AS trips_today,
        CASE WHEN i % 5 = 0 THEN NULL ELSE (i + extra) / 8.0::DOUBLE END AS rating
    FROM range({facts}) r(i), (VALUES (0), (1)) e(extra) WHERE extra = 0 OR i % 11 = 0"""
PROFILES = """
    SELECT (i % 30)::BIGINT AS driver_id, TIMESTAMPTZ '2023-12-01 00:00:00+00' + to_hours((i * 31)::INTEGER) AS known_at,
        CASE WHEN i % 9 = 0 THEN NULL ELSE 'city ' || i END AS city FROM range(120) r(i)"""
# Times at, just before and just after facts; drivers that no source knows; a null key.
SPINE = """
    SELECT i::BIGINT AS row_id, CASE WHEN i % 50 = 49 THEN NULL ELSE (i * 13 % 45)::BIGINT END AS driver_id,
        TIMESTAMPTZ '2023-12-20 00:00:00+00' + to_hours((i * 5)::INTEGER) + to_microseconds(i % 3 - 1) AS event_timestamp,
        i % 2 = 0 AS label FROM range(600) r(i)"""
# What a training set must hold, joined row by row: the newest fact at or before the event and within its ttl, the
# latest created one among equals, nulls kept.
BRUTE_FORCE = f"""
    WITH spine AS ({SPINE}), facts AS ({TRIP_FACTS}), profiles AS ({PROFILES})
    SELECT row_id,
        (SELECT struct_pack(t := trips_today, r := rating) FROM facts f WHERE f.driver_id = s.driver_id
            AND f.known_at <= s.event_timestamp AND f.known_at >= s.event_timestamp - INTERVAL 10 DAY
            ORDER BY known_at DESC, created_at DESC LIMIT 1) AS trip,
        (SELECT struct_pack(c := city) FROM profiles p WHERE p.driver_id = s.driver_id
            AND p.known_at <= s.event_timestamp ORDER BY known_at DESC LIMIT 1) AS profile
    FROM spine s"""


def prepare(lake, facts=900):
    """Makes the sources in a lakehouse and applies the definitions."""
    lake.script(f"CREATE TABLE trip_facts AS {TRIP_FACTS.format(facts=facts)}",
                f"CREATE TABLE driver_profiles AS {PROFILES}", f"CREATE TABLE spine AS {SPINE}")
    path = lake.home.with_suffix(".yaml")
    path.write_text(DEFINITIONS)
    lake.run("features", "apply", str(path), "--home", str(lake.home))
