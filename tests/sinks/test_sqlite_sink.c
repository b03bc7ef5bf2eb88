/* test_sqlite_sink: rows and epochs in real files, as other connections see them, beside readers
 * and in the way of writers. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/sinks/sqlite_case.h"
#include "tests/support/rng.h"

static void test_types_and_epoch(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c,
                     "b BOOLEAN, n BIGINT, x DOUBLE, d DECIMAL(12,2), t TEXT, ts TIMESTAMP, i "
                     "INTERVAL",
                     "table=t");
    sqlite_case_open(&c);
    assert_int_equal(c.committed, 0);
    sqlite_case_epoch(&c,
                      "true, -5, 1.5, 12.50, 'it''s', 2026-01-05T09:00:00Z, 1h\n"
                      "false, 9223372036854775807, 0.1, -0.05, '', 2026-01-05T09:00:00.25Z, 0s\n"
                      "NULL, NULL, NULL, NULL, NULL, NULL, NULL",
                      NULL);
    sqlite_case_expect(&c, "SELECT * FROM t",
                       "1|-5|1.5|12.5|it's|2026-01-05T09:00:00Z|3600000000\n"
                       "0|9223372036854775807|0.1|-0.05||2026-01-05T09:00:00.250Z|0\n"
                       "NULL|NULL|NULL|NULL|NULL|NULL|NULL\n");
    sqlite_case_expect(&c, "SELECT type FROM pragma_table_info('t')",
                       "BOOLEAN\nINTEGER\nREAL\nDECIMAL(12,2)\nTEXT\nTEXT\nINTEGER\n");
    sqlite_case_expect(&c, "SELECT query, sink, epoch FROM _tailrace_epoch", "q|t|1\n");
    sqlite_case_expect(&c, "PRAGMA journal_mode", "wal\n");
    sqlite_case_release(&c);
}

static void test_the_next_run_knows_the_epoch(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1", NULL);
    sqlite_case_epoch(&c, "", NULL); /* an epoch without rows is an epoch */
    sqlite_case_close(&c);
    c.committed = 0;
    sqlite_case_open(&c);
    assert_int_equal(c.committed, 2);
    sqlite_case_epoch(&c, "3", NULL);
    sqlite_case_close(&c);
    c.config.query_name = "other";
    sqlite_case_open(&c);
    assert_int_equal(c.committed, 0);
    sqlite_case_expect(&c, "SELECT * FROM t", "1\n3\n");
    sqlite_case_release(&c);
}

/* Without a checkpoint there are no epochs, and a commit without rows does not touch the file. */
static void test_without_a_checkpoint(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "");
    c.config.durable = false;
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1", NULL);
    sqlite3 *db = sqlite_case_connect(&c);
    sqlite_case_exec(db, "BEGIN IMMEDIATE");
    sqlite_case_epoch(&c, "", NULL); /* would wait for ever */
    sqlite3_close(db);
    sqlite_case_expect(&c, "SELECT name FROM sqlite_schema", "q\n");
    sqlite_case_release(&c);
}

static void test_abort_forgets(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_open(&c);
    assert_int_equal(sink_begin(c.sink, 1, &c.err), OK);
    sqlite_case_write(&c, "1", NULL);
    sink_abort(c.sink);
    sqlite_case_epoch(&c, "2", NULL);
    sqlite_case_expect(&c, "SELECT n, epoch FROM t, _tailrace_epoch", "2|1\n");
    sqlite_case_release(&c);
}

/* A row that the table refuses takes its epoch with it; the next try may succeed. */
static void test_a_refused_row(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_run(&c, "CREATE TABLE t (n INTEGER CHECK (n < 10))");
    sqlite_case_open(&c);
    assert_int_equal(sqlite_case_try_epoch(&c, "1\n99", NULL), ERR_IO);
    assert_non_null(strstr(c.err.text, "CHECK constraint failed"));
    assert_int_equal(c.err.exit_code, 0);
    sqlite_case_expect(&c, "SELECT count(*) FROM t", "0\n");
    sqlite_case_expect(&c, "SELECT count(*) FROM _tailrace_epoch", "0\n");
    sqlite_case_epoch(&c, "2", NULL);
    sqlite_case_expect(&c, "SELECT * FROM t", "2\n");
    sqlite_case_release(&c);
}

static void test_text_is_kept(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {'a', 0, 'b', 0xff, 0xc3};
    struct sqlite_case c;
    struct batch batch;
    sqlite_case_init(&c, "t TEXT", "table=t");
    sqlite_case_open(&c);
    batch_from_text(&batch, c.config.schema, &c.arena, "x");
    struct text text = {bytes, sizeof bytes};
    batch.columns[0].text = &text;
    assert_int_equal(sink_begin(c.sink, 1, &c.err), OK);
    assert_int_equal(sink_write(c.sink, &batch, &c.err), OK);
    text = (struct text){bytes, 1}; /* was copied */
    assert_int_equal(sink_commit(c.sink, 1, &c.err), OK);
    sqlite_case_expect(&c, "SELECT typeof(t), hex(t) FROM t", "text|610062FFC3\n");
    sqlite_case_release(&c);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void test_changes_are_upserts(void **state)
{
    (void)state;
    struct sqlite_case c;
    static const uint32_t keys[] = {1};
    sqlite_case_init(&c, "n BIGINT, card TEXT", "table=t");
    c.config.changes = true;
    c.config.keys = keys;
    c.config.n_keys = 1;
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1, c1\n1, c2\n2, c1\n1, NULL\n2, NULL", "+++++");
    sqlite_case_expect(&c, "SELECT * FROM t ORDER BY card", "2|NULL\n2|c1\n1|c2\n");
    sqlite_case_epoch(&c, "0, c1\n0, NULL\n3, c2\n0, c9", "--+-");
    sqlite_case_expect(&c, "SELECT * FROM t", "3|c2\n");
    sqlite_case_release(&c);
}

static void test_a_result_of_one_row(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    c.config.changes = true;
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1\n2", "++");
    sqlite_case_epoch(&c, "3", "+");
    sqlite_case_expect(&c, "SELECT * FROM t", "3\n");
    sqlite_case_epoch(&c, "3", "-");
    sqlite_case_expect(&c, "SELECT * FROM t", "");
    sqlite_case_release(&c);
}

static void test_changes_appended(void **state)
{
    (void)state;
    struct sqlite_case c;
    static const uint32_t keys[] = {0};
    sqlite_case_init(&c, "card TEXT, n BIGINT", "table=t&mode=append");
    c.config.changes = true;
    c.config.keys = keys;
    c.config.n_keys = 1;
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "c1, 1\nc1, 2\nc1, 0", "++-");
    sqlite_case_expect(&c, "SELECT * FROM t", "+|c1|1\n+|c1|2\n-|c1|0\n");
    sqlite_case_release(&c);
}

/* Keys may be NULL and may repeat; what the table holds is what a map would hold. */
static void test_upserts_match_a_map(void **state)
{
    (void)state;
    enum { NAMES = 4, GROUPS = 3, EPOCHS = 40, ROWS = 30 };
    static const char *const names[NAMES] = {"NULL", "''", "a", "b"};
    static const char *const shown[NAMES] = {"NULL", "", "a", "b"};
    static const char *const groups[GROUPS] = {"NULL", "0.5", "7.0"};
    int64_t map[NAMES][GROUPS];
    memset(map, -1, sizeof map);
    struct rng rng;
    struct sqlite_case c;
    rng_init(&rng);
    sqlite_case_init(&c, "name TEXT, v BIGINT, g DOUBLE", "table=t&key=G,name");
    c.config.changes = true;
    sqlite_case_open(&c);
    for (int e = 0; e < EPOCHS; e++) {
        struct bytebuf rows = {0};
        char ops[ROWS + 1] = {0};
        for (int i = 0; i < ROWS; i++) {
            uint64_t name = rng_below(&rng, NAMES);
            uint64_t group = rng_below(&rng, GROUPS);
            int64_t value = (int64_t)rng_below(&rng, 1000);
            ops[i] = rng_once_in(&rng, 3) ? ROW_DELETE : ROW_INSERT;
            map[name][group] = ops[i] == ROW_DELETE ? -1 : value;
            bytebuf_printf(&rows, "%s, %lld, %s\n", names[name], (long long)value, groups[group]);
        }
        sqlite_case_epoch(&c, bytebuf_text(&rows), ops);
        bytebuf_clear(&rows);
        for (int n = 0; n < NAMES; n++) {
            for (int g = 0; g < GROUPS; g++) {
                if (map[n][g] >= 0) {
                    bytebuf_printf(&rows, "%s|%lld|%s\n", shown[n], (long long)map[n][g],
                                   groups[g]);
                }
            }
        }
        sqlite_case_expect(&c, "SELECT * FROM t ORDER BY name, g", bytebuf_text(&rows));
        bytebuf_release(&rows);
    }
    sqlite_case_release(&c);
}

/* ---- complete ------------------------------------------------------------------------------- */

static void test_complete_replaces(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    c.config.complete = true;
    sqlite_case_open(&c);
    assert_int_equal(sink_begin(c.sink, 1, &c.err), OK);
    sqlite_case_write(&c, "1", NULL);
    assert_int_equal(sink_flush(c.sink, &c.err), OK);
    sqlite_case_write(&c, "2", NULL); /* a second trigger of the epoch */
    sqlite_case_write(&c, "3", NULL);
    assert_int_equal(sink_flush(c.sink, &c.err), OK);
    assert_int_equal(sink_commit(c.sink, 1, &c.err), OK);
    c.committed = 1;
    sqlite_case_expect(&c, "SELECT * FROM t", "2\n3\n");
    sqlite_case_epoch(&c, "4", NULL);
    sqlite_case_expect(&c, "SELECT * FROM t", "4\n");
    assert_int_equal(sink_begin(c.sink, 3, &c.err), OK); /* no trigger: nothing new */
    assert_int_equal(sink_commit(c.sink, 3, &c.err), OK);
    c.committed = 3;
    sqlite_case_expect(&c, "SELECT * FROM t", "4\n");
    sqlite_case_epoch(&c, "", NULL); /* a result without rows */
    sqlite_case_expect(&c, "SELECT * FROM t", "");
    sqlite_case_release(&c);
}

/* ---- others in the file --------------------------------------------------------------------- */

static void test_a_reader_is_not_in_the_way(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1", NULL);
    sqlite3 *reader = sqlite_case_connect(&c);
    sqlite_case_exec(reader, "BEGIN");
    sqlite_case_see(reader, "SELECT * FROM t", "1\n");
    sqlite_case_epoch(&c, "2", NULL);
    sqlite_case_see(reader, "SELECT * FROM t", "1\n"); /* its snapshot */
    sqlite_case_exec(reader, "COMMIT");
    sqlite_case_see(reader, "SELECT * FROM t", "1\n2\n");
    sqlite3_close(reader);
    sqlite_case_release(&c);
}

/* A clock that jumps 2 s at each look, and lets the lock go at the given one. */
struct patient_clock {
    struct clock clock;
    sqlite3 *locker;
    int64_t looks;
    int64_t release_at;
};

static int64_t patient_steady(const struct clock *clock)
{
    struct patient_clock *patient = (struct patient_clock *)(uintptr_t)clock;
    if (++patient->looks == patient->release_at) {
        sqlite_case_exec(patient->locker, "COMMIT");
    }
    return patient->looks * 2 * US_PER_SECOND;
}

static int64_t patient_now(const struct clock *clock)
{
    (void)clock;
    return 0;
}

static void test_a_lock_is_waited_for(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    struct patient_clock patient = {.clock = {.now_us = patient_now, .steady_us = patient_steady},
                                    .release_at = 12};
    c.config.clock = &patient.clock;
    sqlite_case_open(&c);
    assert_int_equal(patient.looks, 0); /* nobody was in the way */
    patient.locker = sqlite_case_connect(&c);
    sqlite_case_exec(patient.locker, "BEGIN IMMEDIATE; INSERT INTO t VALUES (100)");
    sqlite_case_epoch(&c, "1", NULL);
    assert_true(patient.looks >= patient.release_at);
    sqlite_case_see(patient.locker, "SELECT * FROM t", "100\n1\n");
    sqlite3_close(patient.locker);
    sqlite_case_release(&c);
}

static bool asked_at_once(void *owner)
{
    (*(uint32_t *)owner)++;
    return true;
}

/* A run that is to end gives the lock two more seconds. Then nothing of the epoch is there, and the
 * sink can still be aborted and used. */
static void test_a_run_that_is_to_end_gives_up(void **state)
{
    (void)state;
    struct sqlite_case c;
    uint32_t asked = 0;
    const struct interrupt interrupt = {.is_asked = asked_at_once, .owner = &asked};
    sqlite_case_init(&c, "n BIGINT", "table=t");
    struct patient_clock patient = {.clock = {.now_us = patient_now, .steady_us = patient_steady}};
    c.config.clock = &patient.clock;
    c.config.interrupt = &interrupt;
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1", NULL);
    assert_int_equal(asked, 0); /* nobody was in the way */
    patient.locker = sqlite_case_connect(&c);
    sqlite_case_exec(patient.locker, "BEGIN IMMEDIATE");
    assert_int_equal(sqlite_case_try_epoch(&c, "2", NULL), ERR_LOCKED);
    assert_int_equal(asked, 2);
    assert_int_equal(c.err.exit_code, 1);
    assert_non_null(strstr(c.err.text, "blocked 2 s by"));
    sqlite_case_exec(patient.locker, "COMMIT");
    sqlite_case_see(patient.locker, "SELECT n, epoch FROM t, _tailrace_epoch", "1|1\n");
    sqlite3_close(patient.locker);
    sqlite_case_release(&c);
}

/* The file is somebody's alone: opening it waits as well. */
static void test_opening_waits(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_run(&c, "CREATE TABLE t (n INTEGER)");
    struct patient_clock patient = {.clock = {.now_us = patient_now, .steady_us = patient_steady},
                                    .release_at = 3};
    patient.locker = sqlite_case_connect(&c);
    sqlite_case_exec(patient.locker, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (100)");
    c.config.clock = &patient.clock;
    sqlite_case_open(&c);
    sqlite3_close(patient.locker);
    sqlite_case_epoch(&c, "1", NULL);
    sqlite_case_expect(&c, "SELECT * FROM t", "100\n1\n");
    sqlite_case_release(&c);
}

static void test_two_sinks_in_one_file(void **state)
{
    (void)state;
    struct sqlite_case c;
    struct options second;
    struct sink *other;
    struct batch batch;
    uint64_t committed;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_open(&c);
    struct sink_config config = c.config;
    options_init(&second, &c.arena);
    assert_int_equal(options_put(&second, slice_text("table"), slice_text("u"), -1, &c.err), OK);
    config.options = &second;
    assert_int_equal(sink_open(&sqlite_sink, &config, &other, &committed, &c.err), OK);
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        batch_from_text(&batch, c.config.schema, &c.arena, "1");
        assert_int_equal(sink_begin(c.sink, epoch, &c.err), OK);
        assert_int_equal(sink_begin(other, epoch, &c.err), OK);
        assert_int_equal(sink_write(c.sink, &batch, &c.err), OK);
        assert_int_equal(sink_write(other, &batch, &c.err), OK);
        assert_int_equal(sink_commit(other, epoch, &c.err), OK);
        assert_int_equal(sink_commit(c.sink, epoch, &c.err), OK);
    }
    sqlite_case_expect(&c, "SELECT sink, epoch FROM _tailrace_epoch", "t|3\nu|3\n");
    sqlite_case_expect(&c, "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)", "3|3\n");
    sink_close(other);
    sqlite_case_release(&c);
}

/* Somebody else runs the same query into the same table. */
static void test_an_epoch_that_is_there_already(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_open(&c);
    sqlite_case_run(&c, "INSERT INTO _tailrace_epoch VALUES ('q', 't', 1)");
    assert_int_equal(sqlite_case_try_epoch(&c, "1", NULL), ERR_STATE);
    assert_int_equal(c.err.exit_code, 28);
    sqlite_case_expect(&c, "SELECT count(*) FROM t", "0\n");
    sqlite_case_release(&c);
}

/* ---- tables that are there ------------------------------------------------------------------ */

static void refuse(const char *make, const char *query, const char *text, const char *hint)
{
    struct sqlite_case c;
    sqlite_case_init(&c, "card TEXT, n BIGINT", query);
    sqlite_case_run(&c, make);
    assert_int_equal(sink_open(&sqlite_sink, &c.config, &c.sink, &c.committed, &c.err), ERR_OPTION);
    const char *got = strstr(c.err.text, "a.db\": ");
    assert_non_null(got);
    assert_string_equal(got + strlen("a.db\": "), text);
    assert_string_equal(c.err.hint, hint);
    c.sink = NULL;
    sqlite_case_expect(&c, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%epoch%'", "0\n");
    sqlite_case_release(&c);
}

static void test_tables_that_do_not_fit(void **state)
{
    (void)state;
    refuse("CREATE TABLE t (card TEXT)", "table=t", "table \"t\": column \"n\" is missing",
           "ALTER TABLE \"t\" ADD COLUMN \"n\" INTEGER");
    refuse("CREATE TABLE t (card TEXT, n VARCHAR(9))", "table=t",
           "table \"t\": column \"n\" is VARCHAR(9) and would not keep BIGINT",
           "INTEGER would; another table=name makes a new one");
    refuse("CREATE TABLE t (card NUMERIC, n INTEGER)", "table=t",
           "table \"t\": column \"card\" is NUMERIC and would not keep TEXT",
           "TEXT would; another table=name makes a new one");
    refuse(
        "CREATE TABLE t (card TEXT, n INTEGER, who TEXT NOT NULL)", "table=t",
        "table \"t\": column \"who\" is NOT NULL, has no default, and the query does not give it",
        "");
    refuse("CREATE TABLE t (card TEXT, n INTEGER AS (1))", "table=t",
           "table \"t\": column \"n\" is generated", "");
    refuse("CREATE VIEW t AS SELECT 1 AS card, 2 AS n", "table=t", "\"t\" is no table but a view",
           "");
    refuse("CREATE TABLE t (card TEXT, n INTEGER)", "table=t&key=card",
           "table \"t\": ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint",
           "CREATE UNIQUE INDEX … ON \"t\" (\"card\")");
    refuse("SELECT 1", "table=t&key=crad", "key \"crad\" is no column of the result",
           "its columns: card, n");
    refuse("SELECT 1", "table=t&key=n,N", "key \"N\" is named twice", "");
    refuse("SELECT 1", "table=t&mode=replace", "mode is append or upsert, not \"replace\"", "");
    refuse("SELECT 1", "table=t&mode=upsert", "mode upsert needs key=column,…", "");
    refuse("SELECT 1", "table=t&mode=append&key=n", "mode append has no use for key \"n\"", "");
    refuse("SELECT 1", "table=t&decimals=real", "decimals is number or text, not \"real\"", "");
    refuse("SELECT 1", "table=SQLite_x", "table \"SQLite_x\" is not for rows", "");
    refuse("SELECT 1", "table=_tailrace_epoch", "table \"_tailrace_epoch\" is not for rows", "");
}

static void test_tables_that_fit(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "card TEXT, n BIGINT", "table=t&key=card");
    sqlite_case_run(&c, "CREATE TABLE T (id INTEGER PRIMARY KEY, N INT, at TEXT DEFAULT 'now',"
                        "Card VARCHAR UNIQUE)");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "c1, 1\nc1, 2", NULL);
    sqlite_case_expect(&c, "SELECT * FROM t", "1|2|now|c1\n");
    sqlite_case_release(&c);
}

static void test_names_are_quoted(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=x%22%20(a);%20DROP%20TABLE%20t;--");
    sqlite_case_run(&c, "CREATE TABLE t (n)");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "1", NULL);
    sqlite_case_expect(&c, "SELECT * FROM \"x\"\" (a); DROP TABLE t;--\"", "1\n");
    sqlite_case_expect(&c, "SELECT count(*) FROM t", "0\n");
    sqlite_case_release(&c);
}

static void test_decimals_as_text(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "d DECIMAL(18,2)", "table=t&decimals=text");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "9999999999999999.99\n-0.10", NULL);
    sqlite_case_expect(&c, "SELECT d, typeof(d) FROM t", "9999999999999999.99|text\n-0.10|text\n");
    sqlite_case_release(&c);
}

/* ---- files that fail ------------------------------------------------------------------------ */

static void test_what_is_no_database(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    FILE *file = fopen(c.path, "w");
    assert_non_null(file);
    fputs("ts,card,n\n2026-01-05T09:00:00Z,c1,1\n2026-01-05T09:00:00Z,c1,1\n2026-01-05\n", file);
    fclose(file);
    assert_int_equal(sink_open(&sqlite_sink, &c.config, &c.sink, &c.committed, &c.err), ERR_IO);
    assert_non_null(strstr(c.err.text, "file is not a database"));
    unlink(c.path);
    c.uri.path = slice_text(c.folder);
    assert_int_equal(sink_open(&sqlite_sink, &c.config, &c.sink, &c.committed, &c.err), ERR_IO);
    assert_non_null(strstr(c.err.text, "unable to open database file"));
    c.uri.path = slice_text(":memory:");
    assert_int_equal(sink_open(&sqlite_sink, &c.config, &c.sink, &c.committed, &c.err), ERR_OPTION);
    c.sink = NULL;
    sqlite_case_release(&c);
}

/* What is said of a file that opens nowhere, with a way out. */
static void expect_refused(struct sqlite_case *c, const char *text, const char *hint)
{
    assert_int_equal(sink_open(&sqlite_sink, &c->config, &c->sink, &c->committed, &c->err), ERR_IO);
    assert_non_null(strstr(c->err.text, text));
    assert_non_null(strstr(c->err.text, "a.db"));
    assert_non_null(strstr(c->err.hint, hint));
    c->sink = NULL;
}

static void test_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    c.uri.path = slice_text(arena_printf(&c.arena, "%s/no/a.db", c.folder));
    expect_refused(&c, "unable to open database file", "the folder must exist");
    sqlite_case_release(&c);
}

/* As somebody who may only read: the root user may write everything. */
static void test_a_file_that_is_read_only(void **state)
{
    (void)state;
    struct sqlite_case c;
    const uid_t nobody = 65534;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_run(&c, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(chmod(c.path, 0444), 0);
    assert_int_equal(chmod(c.folder, 0755), 0);
    bool is_root = geteuid() == 0;
    assert_int_equal(is_root ? seteuid(nobody) : 0, 0);
    expect_refused(&c, "readonly database", "must be writable");
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    sqlite_case_release(&c);
}

static void test_a_database_of_other_text(void **state)
{
    (void)state;
    struct sqlite_case c;
    sqlite_case_init(&c, "n BIGINT", "table=t");
    sqlite_case_run(&c, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (n)");
    assert_int_equal(sink_open(&sqlite_sink, &c.config, &c.sink, &c.committed, &c.err),
                     ERR_UNSUPPORTED);
    c.sink = NULL;
    sqlite_case_release(&c);
}

/* No room for the log: nothing of the epoch is there, and the exit code says disk. */
static void test_a_full_disk(void **state)
{
    (void)state;
    struct sqlite_case c;
    struct rlimit before;
    sqlite_case_init(&c, "t TEXT", "table=t");
    sqlite_case_open(&c);
    sqlite_case_epoch(&c, "first", NULL);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {64 << 10, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char *text = arena_zalloc(&c.arena, 300000);
    memset(text, 'x', 299999);
    enum status status = sqlite_case_try_epoch(&c, text, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, ERR_IO);
    assert_int_equal(c.err.exit_code, 4);
    sqlite_case_expect(&c, "SELECT t, epoch FROM t, _tailrace_epoch", "first|1\n");
    sqlite_case_release(&c);
}

/* Without a checkpoint, rows leave before the epoch's end: memory does not grow with it. */
static void test_many_rows_leave_early(void **state)
{
    (void)state;
    enum { BATCHES = 20, BYTES = 4 << 20 };
    struct sqlite_case c;
    struct batch batch;
    sqlite_case_init(&c, "t TEXT", "table=t");
    c.config.durable = false;
    sqlite_case_open(&c);
    assert_int_equal(sink_begin(c.sink, 1, &c.err), OK);
    batch_from_text(&batch, c.config.schema, &c.arena, "x");
    struct text text = {arena_zalloc(&c.arena, BYTES), BYTES};
    batch.columns[0].text = &text;
    for (int i = 0; i < BATCHES; i++) {
        assert_int_equal(sink_write(c.sink, &batch, &c.err), OK);
    }
    sqlite_case_expect(&c, "SELECT count(*) BETWEEN 1 AND 19 FROM t", "1\n");
    assert_int_equal(sink_commit(c.sink, 1, &c.err), OK);
    sqlite_case_expect(&c, "SELECT count(*) FROM t", "20\n");
    sqlite_case_release(&c);
}

TEST_MAIN(cmocka_unit_test(test_types_and_epoch),
          cmocka_unit_test(test_the_next_run_knows_the_epoch),
          cmocka_unit_test(test_without_a_checkpoint), cmocka_unit_test(test_abort_forgets),
          cmocka_unit_test(test_a_refused_row), cmocka_unit_test(test_text_is_kept),
          cmocka_unit_test(test_changes_are_upserts), cmocka_unit_test(test_a_result_of_one_row),
          cmocka_unit_test(test_changes_appended), cmocka_unit_test(test_upserts_match_a_map),
          cmocka_unit_test(test_complete_replaces),
          cmocka_unit_test(test_a_reader_is_not_in_the_way),
          cmocka_unit_test(test_a_lock_is_waited_for), cmocka_unit_test(test_opening_waits),
          cmocka_unit_test(test_two_sinks_in_one_file),
          cmocka_unit_test(test_an_epoch_that_is_there_already),
          cmocka_unit_test(test_tables_that_do_not_fit), cmocka_unit_test(test_tables_that_fit),
          cmocka_unit_test(test_names_are_quoted), cmocka_unit_test(test_decimals_as_text),
          cmocka_unit_test(test_what_is_no_database),
          cmocka_unit_test(test_a_folder_that_is_not_there),
          cmocka_unit_test(test_a_file_that_is_read_only),
          cmocka_unit_test(test_a_run_that_is_to_end_gives_up),
          cmocka_unit_test(test_a_database_of_other_text), cmocka_unit_test(test_a_full_disk),
          cmocka_unit_test(test_many_rows_leave_early))
