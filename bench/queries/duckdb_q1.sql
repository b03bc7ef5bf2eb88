SET threads = 1;

CREATE VIEW bank AS SELECT * FROM read_csv('bank.csv', header = true, columns = {
    'ts': 'TIMESTAMP', 'account': 'VARCHAR', 'card': 'VARCHAR', 'atm': 'VARCHAR', 'kind': 'VARCHAR',
    'amount': 'DECIMAL(12,2)', 'city': 'VARCHAR'});

SELECT time_bucket(INTERVAL 10 SECOND, ts) AS window_start, count(*)
FROM bank WHERE kind = 'withdrawal' AND amount > 100 GROUP BY window_start ORDER BY window_start;
