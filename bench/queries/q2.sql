-- Q2: five aggregates by a key with many values, in sliding windows.
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT,
    WATERMARK ts DELAY 2s
) FROM 'file:bank.csv' FORMAT csv WITH (header = true);

SELECT account, count(*), sum(amount), avg(amount), min(amount), max(amount)
FROM bank GROUP BY account WINDOW 60s SLIDE 10s;
