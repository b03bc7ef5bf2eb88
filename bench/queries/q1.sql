-- Q1: filter and count.
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT,
    WATERMARK ts DELAY 2s
) FROM 'file:bank.csv' FORMAT csv WITH (header = true);

SELECT count(*) FROM bank WHERE kind = 'withdrawal' AND amount > 100 WINDOW 10s;
