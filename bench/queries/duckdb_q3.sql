SET threads = 1;

WITH panes AS (
    SELECT time_bucket(INTERVAL 10 SECOND, line[1:23]::TIMESTAMP) AS pane, count(*) AS n
    FROM read_csv('applog.txt', header = false, delim = '\0', quote = '', escape = '',
                  columns = {'line': 'VARCHAR'})
    WHERE line LIKE '%ERROR%' GROUP BY pane)
SELECT pane + to_seconds(10 * (i - 2)) AS window_start, sum(n)
FROM panes, range(3) AS shift(i) GROUP BY window_start ORDER BY window_start;
