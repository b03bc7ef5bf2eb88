SET threads = 1;

CREATE VIEW bank AS SELECT * FROM read_csv('bank.csv', header = true, columns = {
    'ts': 'TIMESTAMP', 'account': 'VARCHAR', 'card': 'VARCHAR', 'atm': 'VARCHAR', 'kind': 'VARCHAR',
    'amount': 'DECIMAL(12,2)', 'city': 'VARCHAR'});

SELECT time_bucket(INTERVAL 1 MINUTE, ts) AS window_start, account, count(*) AS n
FROM bank GROUP BY window_start, account
QUALIFY row_number() OVER (PARTITION BY window_start ORDER BY n DESC, account) <= 10
ORDER BY window_start, n DESC, account;
