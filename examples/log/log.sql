-- Errors of the last 30 seconds, every 10 seconds, of a log that comes over a socket. Start
--     nc -lk 9999
-- in another terminal and type lines.
CREATE STREAM log FROM 'tcp://127.0.0.1:9999' FORMAT line;

SELECT count(*) AS errors FROM log WHERE line LIKE '%ERROR%' WINDOW 30s SLIDE 10s;
