SET threads = 1;

CREATE VIEW bank AS SELECT * FROM read_csv('bank.csv', header = true, columns = {
    'ts': 'TIMESTAMP', 'account': 'VARCHAR', 'card': 'VARCHAR', 'atm': 'VARCHAR', 'kind': 'VARCHAR',
    'amount': 'DECIMAL(12,2)', 'city': 'VARCHAR'});

-- Aggregates per pane of 10 s first, then six panes per window.
WITH panes AS (
    SELECT time_bucket(INTERVAL 10 SECOND, ts) AS pane, account, count(*) AS n, sum(amount) AS total,
           min(amount) AS least, max(amount) AS most
    FROM bank GROUP BY pane, account)
SELECT pane + to_seconds(10 * (i - 5)) AS window_start, account, sum(n), sum(total),
       sum(total) / sum(n), min(least), max(most)
FROM panes, range(6) AS shift(i) GROUP BY window_start, account ORDER BY window_start, account;
