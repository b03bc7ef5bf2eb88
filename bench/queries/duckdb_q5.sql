SET threads = 1;

CREATE VIEW bank AS SELECT * FROM read_csv('bank.csv', header = true, columns = {
    'ts': 'TIMESTAMP', 'account': 'VARCHAR', 'card': 'VARCHAR', 'atm': 'VARCHAR', 'kind': 'VARCHAR',
    'amount': 'DECIMAL(12,2)', 'city': 'VARCHAR'});

SELECT ts, account, amount FROM bank WHERE kind = 'withdrawal' AND amount > 200;
