-- Q5: filter and project.
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT,
    WATERMARK ts DELAY 2s
) FROM 'file:bank.csv' FORMAT csv WITH (header = true);

SELECT ts, account, amount FROM bank WHERE kind = 'withdrawal' AND amount > 200;
