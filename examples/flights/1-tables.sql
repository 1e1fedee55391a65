-- The tables as published: 2013's flights out of New York, with history. Paths are relative to the repository.
CREATE SCHEMA main.nyc;

CREATE TABLE main.nyc.airlines AS
SELECT * FROM read_csv('.deps/data/nycflights13/airlines.csv', nullstr = 'NA');

CREATE TABLE main.nyc.airports AS
SELECT * FROM read_csv('.deps/data/nycflights13/airports.csv', nullstr = 'NA');

CREATE TABLE main.nyc.planes AS
SELECT * FROM read_csv('.deps/data/nycflights13/planes.csv', nullstr = 'NA');

CREATE TABLE main.nyc.weather AS
SELECT * FROM read_csv('.deps/data/nycflights13/weather.csv', nullstr = 'NA');

-- Version 0 holds January to March, version 1 adds April to June.
CREATE TABLE main.nyc.flights AS
SELECT * FROM read_csv('.deps/data/nycflights13/flights.csv', nullstr = 'NA') WHERE month BETWEEN 1 AND 3;

INSERT INTO main.nyc.flights
SELECT * FROM read_csv('.deps/data/nycflights13/flights.csv', nullstr = 'NA') WHERE month BETWEEN 4 AND 6;
