-- More than two cash withdrawals with the same card at the same machine within 15 minutes: one alert
-- for a burst, at the row that makes it one.
CREATE STREAM tx (
  ts TIMESTAMP,
  card TEXT,
  atm TEXT,
  kind TEXT,
  amount DECIMAL(12,2),
  WATERMARK ts DELAY 5s
) FROM 'file:examples/fraud/input.csv' FORMAT csv;

SELECT ts, card, atm, count(*) AS n, sum(amount) AS total
FROM tx
WHERE kind = 'withdrawal'
GROUP BY card, atm
WINDOW 15m SLIDE ROW
HAVING count(*) > 2
EMIT ON RISE;
