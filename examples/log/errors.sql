-- The same over a file, by the time that each line carries.
CREATE STREAM log (ts TIMESTAMP, level TEXT, message TEXT)
  FROM 'file:examples/log/input.csv' FORMAT csv;

SELECT count(*) AS lines, count(*) FILTER (WHERE level = 'ERROR') AS errors
FROM log WINDOW 30s SLIDE 10s ON ts;
