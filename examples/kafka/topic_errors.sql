-- The book's log processor on a topic: errors per 10 seconds of the log's own time, out as messages
-- of another topic.
--     tailrace run examples/kafka/topic_errors.sql --state log.state
CREATE STREAM log (ts TIMESTAMP, level TEXT, message TEXT, WATERMARK ts DELAY 5s)
  FROM 'kafka://localhost:9092/log' FORMAT json;

CREATE SINK errors TO 'kafka://localhost:9092/errors?key=level' FORMAT json;

INSERT INTO errors
SELECT level, count(*) AS n, min(_offset) AS first_offset
FROM log
WHERE level IN ('ERROR', 'FATAL')
GROUP BY level
WINDOW 10s;
