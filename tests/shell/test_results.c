/* test_results: the present results of queries in the background, asked at the prompt by name, on a
 * pseudo-terminal (table_rig.h). A query that prints each row says when it has come. */
#include "tests/shell/table_rig.h"

static const char create[] =
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, n BIGINT, WATERMARK ts DELAY 0s) FROM "
    "'tcp://127.0.0.1:@' FORMAT csv WITH ('null' = '-');";

/* Results are printed as CSV from here on. */
static void start_csv(struct rig *rig)
{
    start(rig);
    type(&rig->t, ".mode csv\n");
    see(&rig->t, "tr> ");
    tell(rig, create);
}

/* The query that says what has come is the last one that starts. */
static void start_seen(struct rig *rig)
{
    ASK(rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
}

static void give(struct rig *rig, const char *rows, const char *last)
{
    send_text(rig, slice_text(rows));
    see(&rig->t, last);
}

static void test_rows_that_change(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    ASK(&rig,
        "CREATE QUERY per_k AS SELECT k, count(*) AS c FROM s GROUP BY k HAVING sum(n) < 1000 "
        "INTO 'sqlite:~/a.db?table=per_k&key=k';",
        "query per_k runs");
    ASK(&rig, "CREATE QUERY total AS SELECT count(*) AS c FROM s INTO 'sqlite:~/b.db?table=total';",
        "query total runs");
    start_seen(&rig);
    ASK(&rig, "SELECT * FROM per_k;", "k,c", "Processed 0 rows"); /* nothing yet */
    give(&rig,
         "2026-01-05T09:00:01Z,b,101\n2026-01-05T09:00:02Z,a,102\n2026-01-05T09:00:03Z,-,103\n",
         "103");
    ASK(&rig, "SELECT * FROM TABLE(per_k);", "k,c", "a,1\r\nb,1\r\n,1\r\n", "Processed 3 rows");
    give(&rig,
         "2026-01-05T09:00:04Z,a,2000\n2026-01-05T09:00:05Z,c,105\n2026-01-05T09:00:06Z,-,106\n",
         "106");
    ASK(&rig, "SELECT * FROM Per_K ORDER BY c DESC, k;", "k,c", ",2\r\nb,1\r\nc,1\r\n",
        "Processed 3 rows");
    ASK(&rig, "SELECT max(k) AS last, sum(c) AS rows_of_all FROM per_k WHERE k > 'a';",
        "last,rows_of_all", "c,2\r\n");
    ASK(&rig, "SELECT c * 2 AS twice FROM total;", "\r\n", "12\r\n");
    ASK(&rig, "DESCRIBE per_k;", "k,TEXT,yes,", "c,BIGINT,no,");
    ASK(&rig, "SHOW QUERIES;", "\"3 rows, ", " since 20"); /* that are kept */
    ASK(&rig, "SELECT missing FROM per_k;", "no such column", "there are k, c");
    finish(&rig);
}

/* Windows that have closed, and rows that only passed; the sinks have what they always have. */
static void test_rows_that_stay(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    ASK(&rig, "CREATE QUERY w AS SELECT count(*) AS c FROM s WINDOW 10s INTO 'file:~/w.csv';",
        "query w runs");
    ASK(&rig, "CREATE QUERY big AS SELECT ts, n FROM s WHERE n > 101 INTO 'file:~/big.csv';",
        "query big runs");
    start_seen(&rig);
    ASK(&rig, "SELECT c FROM w;", "c", "Processed 0 rows");
    give(&rig,
         "2026-01-05T09:00:01Z,b,101\n2026-01-05T09:00:02Z,a,102\n2026-01-05T09:00:11Z,a,103\n"
         "2026-01-05T09:01:05Z,a,104\n",
         "104");
    ASK(&rig, "SELECT window_end, c FROM w ORDER BY window_end DESC LIMIT 1;", "window_end,c",
        "2026-01-05T09:00:20Z,1\r\n");
    ASK(&rig, "SELECT sum(c) AS c FROM w WINDOW 1m ON window_start;", "window_start,window_end,c",
        "2026-01-05T09:00:00Z,2026-01-05T09:01:00Z,3\r\n");
    ASK(&rig, "SELECT count(*) AS c FROM big WINDOW 1m;", "event time ts (of the result)",
        "2026-01-05T09:00:00Z,2026-01-05T09:01:00Z,2\r\n"
        "2026-01-05T09:01:00Z,2026-01-05T09:02:00Z,1\r\n");
    tell(&rig, "SELECT n FROM big INTO 'file:~/copy.csv';");
    tell(&rig, "DROP QUERY w;");
    finish(&rig);
    expect_file("w.csv", "window_start,window_end,c\n"
                         "2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,2\n"
                         "2026-01-05T09:00:10Z,2026-01-05T09:00:20Z,1\n");
    expect_file("copy.csv", "n\n102\n103\n104\n");
}

static void test_a_whole_each_time(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    ASK(&rig,
        "CREATE QUERY top AS SELECT k, sum(n) AS total FROM s GROUP BY k ORDER BY total DESC "
        "LIMIT 2 INTO 'sqlite:~/c.db?table=top';",
        "query top runs");
    start_seen(&rig);
    give(&rig,
         "2026-01-05T09:00:01Z,a,101\n2026-01-05T09:00:01Z,b,102\n2026-01-05T09:00:01Z,c,103\n",
         "103");
    ASK(&rig, "SELECT * FROM top;", "k,total", "c,103\r\nb,102\r\n", "Processed 2 rows");
    give(&rig, "2026-01-05T09:00:01Z,a,301\n", "301");
    ASK(&rig, "SELECT * FROM top;", "k,total", "a,402\r\nc,103\r\n", "Processed 2 rows");
    finish(&rig);
}

/* A query that has stopped, or ended, keeps its last result until it starts anew or is dropped. */
static void test_queries_that_are_over(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    ASK(&rig, "CREATE QUERY few AS SELECT g.n FROM 'gen://rows?rows=3' g INTO 'file:~/few.csv';",
        "query few is at the end of its input");
    ASK(&rig, "SELECT count(*) AS few_rows FROM few;", "\r\n", "3\r\n");
    ASK(&rig,
        "CREATE QUERY per_k AS SELECT k, count(*) AS c FROM s GROUP BY k "
        "INTO 'sqlite:~/d.db?table=per_k&key=k';",
        "query per_k runs");
    start_seen(&rig);
    give(&rig, "2026-01-05T09:00:01Z,a,101\n", "101");
    tell(&rig, "STOP QUERY per_k;");
    give(&rig, "2026-01-05T09:00:01Z,a,102\n", "102");
    ASK(&rig, "SELECT * FROM per_k;", "k,c", "a,1\r\n", "Processed 1 row");
    ASK(&rig, "START QUERY per_k;", "query per_k runs");
    ASK(&rig, "SELECT * FROM per_k;", "k,c", "Processed 0 rows");
    give(&rig, "2026-01-05T09:00:01Z,b,103\n", "103");
    see(&rig.t, "tr> "); /* per_k comes behind the one that prints */
    ASK(&rig, "SELECT * FROM per_k;", "k,c", "b,1\r\n", "Processed 1 row");
    tell(&rig, "DROP QUERY per_k;");
    ASK(&rig, "SELECT * FROM per_k;", "no such stream \"per_k\"");
    finish(&rig);
}

/* SET retain and SET retain_limit bound results, too. */
static void test_little_room(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    tell(&rig, "SET retain = '300B';");
    ASK(&rig,
        "CREATE QUERY per_n AS SELECT n, count(*) AS c FROM s GROUP BY n INTO "
        "'sqlite:~/e.db?table=per_n&key=n';",
        "query per_n runs");
    ASK(&rig, "CREATE QUERY rows_that_pass AS SELECT n FROM s INTO 'file:~/pass.csv';",
        "query rows_that_pass runs");
    start_seen(&rig);
    for (int n = 101; n <= 120; n++) {
        char row[64];
        char last[16];
        snprintf(row, sizeof row, "2026-01-05T09:00:01Z,a,%d\n", n);
        snprintf(last, sizeof last, "%d", n);
        give(&rig, row, last);
    }
    ASK(&rig, "SELECT max(n) AS most, count(*) < 10 AS few FROM per_n;",
        "TABLE(per_n): what left or changed since ", "older rows are gone", "most,few", "120,true");
    ASK(&rig, "SELECT max(n) AS most, count(*) < 10 AS few FROM rows_that_pass;",
        "TABLE(rows_that_pass): what left", "most,few", "120,true");
    tell(&rig, "SET retain = 'off';");
    tell(&rig, "STOP QUERY per_n;");
    ASK(&rig, "START QUERY per_n;", "query per_n runs");
    ASK(&rig, "SELECT * FROM per_n;", "the result of query \"per_n\" is not kept",
        "SET retain = '16MB', then STOP QUERY and START QUERY per_n");
    tell(&rig, "SET retain = '1h';");
    ASK(&rig, "SELECT * FROM per_n;", "nothing of the result of query \"per_n\" is kept",
        "STOP QUERY per_n, then START QUERY per_n");
    ASK(&rig, "SELECT max(n) AS most FROM rows_that_pass;", "\r\n", "120\r\n"); /* goes on */
    finish(&rig);
}

/* Names of queries behind FROM, and the columns of what was named. */
static void test_completion(void **state)
{
    struct rig rig;
    (void)state;
    only_with("readline");
    start_csv(&rig);
    ASK(&rig,
        "CREATE QUERY per_key AS SELECT k, count(*) AS how_many FROM s GROUP BY k "
        "INTO 'sqlite:~/g.db?table=per_key&key=k';",
        "query per_key runs");
    type(&rig.t, "SELECT * FROM TABLE(per\t");
    see(&rig.t, "per_key");
    type(&rig.t, ") ORDER BY how\t");
    see(&rig.t, "how_many");
    type(&rig.t, ";\n");
    see(&rig.t, "k,how_many");
    see(&rig.t, "tr> ");
    type(&rig.t, "SELECT how_many FROM per\t");
    see(&rig.t, "per_key");
    type(&rig.t, ";\n");
    see(&rig.t, "Processed 0 rows");
    see(&rig.t, "tr> ");
    finish(&rig);
}

static void test_what_is_refused(void **state)
{
    struct rig rig;
    (void)state;
    start_csv(&rig);
    ASK(&rig, "CREATE QUERY w AS SELECT count(*) AS c FROM s WINDOW 10s INTO 'file:~/x.csv';",
        "query w runs");
    ASK(&rig, "CREATE QUERY v AS SELECT c FROM TABLE(w);", "error[E0190]",
        "queries that go on over TABLE(…) of another are not supported yet");
    ASK(&rig, "CREATE QUERY s AS SELECT n FROM s INTO 'file:~/y.csv';", "query s runs");
    ASK(&rig, "SELECT * FROM TABLE(s);", "TABLE(s) could be a stream or a query");
    ASK(&rig, "SELECT c FROM ww;", "did you mean \"w\"");
    finish(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_change),  cmocka_unit_test(test_rows_that_stay),
        cmocka_unit_test(test_a_whole_each_time), cmocka_unit_test(test_queries_that_are_over),
        cmocka_unit_test(test_little_room),       cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_completion),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
