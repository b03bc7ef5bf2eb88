-- Q3: a word in log lines.
CREATE STREAM applog (ts TIMESTAMP, line TEXT, WATERMARK ts DELAY 2s) FROM 'file:applog.txt' FORMAT line;

SELECT count(*) FROM applog WHERE line LIKE '%ERROR%' WINDOW 30s SLIDE 10s;
