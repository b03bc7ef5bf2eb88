-- Q4: the ten busiest accounts of each minute.
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT,
    WATERMARK ts DELAY 2s
) FROM 'file:bank.csv' FORMAT csv WITH (header = true);

SELECT account, count(*) AS n FROM bank GROUP BY account WINDOW 1m ORDER BY n DESC, account LIMIT 10;
