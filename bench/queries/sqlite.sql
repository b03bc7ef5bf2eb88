-- The rows of the bank file as they are, into a table.
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT
) FROM 'file:bank.csv' FORMAT csv WITH (header = true);

SELECT ts, account, card, atm, amount FROM bank INTO 'sqlite:tailrace.db?table=t';
