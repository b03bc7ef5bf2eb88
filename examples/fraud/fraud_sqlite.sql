-- The alerts of fraud.sql, from a socket into a table. Rows come as lines: nc -N 127.0.0.1 9999 <file;
-- with ack=line the sender is told which of them are safe. A pause of the sender is no reason to
-- call its next rows late: IDLE NEVER.
CREATE STREAM tx (
  ts TIMESTAMP,
  card TEXT,
  atm TEXT,
  kind TEXT,
  amount DECIMAL(12,2),
  WATERMARK ts DELAY 5s
) FROM 'tcp-listen://127.0.0.1:9999?ack=line' FORMAT csv IDLE NEVER;

SELECT ts, card, atm, count(*) AS n, sum(amount) AS total
FROM tx
WHERE kind = 'withdrawal'
GROUP BY card, atm
WINDOW 15m SLIDE ROW
HAVING count(*) > 2
EMIT ON RISE
INTO 'sqlite:alerts.db?table=alerts';
