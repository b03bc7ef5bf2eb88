/* test_present_results: what a query's result is at present, asked in SQL: the same as a reader of
 * its changes would hold, at any moment, and after a restart as well. */
#include "shell/lab/lab.h"

#include <stdio.h>

#include "engine/base/panic.h"
#include "sql/statement.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static const struct retain no_limits = {.bytes = INT64_MAX};

/* ---- asking -----------------------------------------------------------------------------------
 */

/* The lab's catalog asks its presents: the first query is q, the next are never asked. */
static enum status first_result(void *owner, const struct catalog_entry *query, struct arena *arena,
                                struct stream_def *table, struct error *err)
{
    (void)query, (void)err;
    present_define(lab_present(owner, 0), arena, table);
    return OK;
}

/* SELECT … FROM q, run in a job of its own; the rows as text. */
static void ask(struct lab *lab, const char *sql, struct bytebuf *out)
{
    struct keeper keeper = {.owner = lab, .result = first_result};
    struct hand_clock clock;
    struct arena arena;
    struct statement statement;
    struct memory_rows rows;
    struct query *query;
    struct error err;
    arena_init(&arena);
    hand_clock_init(&clock, lab_now_us(lab));
    memory_rows_init(&rows);
    catalog_set_keeper(lab_catalog(lab), &keeper);
    if (statement_prepare(lab_catalog(lab), &arena, slice_text(sql), &statement, &err) != OK) {
        fail_msg("%s: %s", sql, err.text);
    }
    const struct job_config config = {
        .kinds = catalog_kinds(lab_catalog(lab)),
        .fs = fs_system(),
        .clock = &clock.clock,
    };
    struct job *job = job_new(&config);
    enum job_state what = JOB_WORKED;
    assert_int_equal(job_add_query(job, statement.plan, memory_sink_new(&rows, false), &query,
                                   &err),
                     OK);
    while (what != JOB_DONE) {
        assert_int_equal(job_step(job, &what, &err), OK);
    }
    job_free(job);
    bytebuf_add_text(out, memory_rows_text(&rows));
    memory_rows_release(&rows);
    arena_release(&arena);
    catalog_set_keeper(lab_catalog(lab), &(struct keeper){.owner = NULL});
}

static void expect(struct lab *lab, const char *sql, const char *rows)
{
    struct bytebuf got = {0};
    ask(lab, sql, &got);
    assert_string_equal(bytebuf_text(&got), rows);
    bytebuf_release(&got);
}

static struct lab *start(const char *query)
{
    struct bytebuf sql = {0};
    struct lab *lab = lab_new();
    bytebuf_printf(&sql,
                   "CREATE STREAM s (ts TIMESTAMP, k TEXT, n BIGINT, WATERMARK ts DELAY 5s) FROM "
                   "'memory:s' FORMAT csv WITH ('null' = '-');"
                   "CREATE QUERY q AS %s",
                   query);
    lab_keep_results(lab, &no_limits);
    if (!lab_sql(lab, bytebuf_text(&sql))) {
        fail_msg("%s", lab_refusal(lab));
    }
    bytebuf_release(&sql);
    return lab;
}

static void test_full_sql_on_top(void **state)
{
    (void)state;
    struct lab *lab = start("SELECT k, count(*) AS c, sum(n) AS total FROM s GROUP BY k");
    expect(lab, "SELECT count(*) FROM q", "0\n");
    lab_input(lab, "s",
              slice_text("2026-01-05T09:00:01Z,a,1\n2026-01-05T09:00:02Z,b,2\n"
                         "2026-01-05T09:00:03Z,-,3\n2026-01-05T09:00:04Z,a,-\n"));
    expect(lab, "SELECT * FROM q", "a,2,1\nb,1,2\n,1,3\n");
    expect(lab, "SELECT * FROM TABLE(q) ORDER BY total DESC, k LIMIT 2", ",1,3\nb,1,2\n");
    expect(lab, "SELECT upper(k) AS name, total * 2 AS twice FROM q WHERE k IS NOT NULL AND c > 1",
           "A,2\n");
    expect(lab, "SELECT c, count(*) AS n, max(k) FROM q GROUP BY c HAVING count(*) > 1 ORDER BY c",
           "1,2,b\n");
    expect(lab, "SELECT DISTINCT c FROM q ORDER BY c", "1\n2\n");
    expect(lab, "SELECT max(t) FROM (SELECT total + 1 AS t FROM q WHERE c = 1)", "4\n");
    expect(lab, "WITH w AS (SELECT * FROM q) SELECT sum(c) AS c FROM w", "4\n");
    lab_free(lab);
}

/* What has left leaves again for the keeper after a restart: LIMIT has counted it already. */
static void test_limit_counts_once(void **state)
{
    (void)state;
    struct lab *lab = start("SELECT k, count(*) AS c FROM s GROUP BY k WINDOW 1h HAVING "
                            "count(*) > 0 EMIT ON RISE AND FALL LIMIT 4");
    lab_input(lab, "s", slice_text("2026-01-05T09:00:01Z,a,1\n2026-01-05T09:00:02Z,b,2\n"));
    lab_restart(lab);
    expect(lab, "SELECT k FROM q", "a\nb\n");
    lab_input(lab, "s",
              slice_text("2026-01-05T09:00:03Z,c,1\n2026-01-05T09:00:04Z,d,2\n"
                         "2026-01-05T09:00:05Z,e,2\n"));
    expect(lab, "SELECT k FROM q", "a\nb\nc\nd\n");
    lab_free(lab);
}

/* ---- against what a reader of the changes holds ------------------------------------------------
 */

struct shape {
    const char *query;
    const char *question;
};

static const struct shape shapes[] = {
    {"SELECT k, count(*) AS c, sum(n) AS total FROM s GROUP BY k", "SELECT * FROM q"},
    {"SELECT k, n % 3 AS m, count(*) AS c FROM s GROUP BY k, m HAVING sum(n) % 2 = 0",
     "SELECT * FROM q"},
    {"SELECT count(*) AS c, max(k) AS k FROM s", "SELECT * FROM q"},
    {"SELECT sum(n) AS total FROM s GROUP BY k", "SELECT * FROM q"},
    {"SELECT k, max(n) AS most FROM s GROUP BY k ORDER BY most EMIT CHANGES", "SELECT * FROM q"},
    {"SELECT k, count(*) AS c FROM s GROUP BY k ORDER BY c DESC, k LIMIT 2", "SELECT * FROM q"},
    {"SELECT k, avg(n) AS a FROM s GROUP BY k EMIT COMPLETE", "SELECT * FROM q"},
    /* Of windows those that are open still: the others are gone with the restart. */
    {"SELECT k, count(*) AS c FROM s GROUP BY k WINDOW 1h SLIDE 30m HAVING count(*) < 9 EMIT "
     "CHANGES",
     "SELECT * FROM q WHERE window_end > '2026-01-05T10:36:00Z'"},
    {"SELECT k, sum(n) AS total FROM s GROUP BY k WINDOW SESSION 10m EMIT CHANGES",
     "SELECT * FROM q WHERE window_end > '2026-01-05T10:36:00Z'"},
    {"SELECT k, sum(n) AS total FROM s GROUP BY k WINDOW 1h HAVING sum(n) BETWEEN 20 AND 40 EMIT "
     "ON RISE AND FALL",
     "SELECT window_start, k FROM q WHERE window_end > '2026-01-05T10:36:00Z'"},
};

/* Rows of about five minutes from minute `at` on. */
static void feed(struct rng *rng, struct lab *const *labs, int at)
{
    static const char *const keys[] = {"a", "b", "c", "d", "-", "e"};
    struct bytebuf text = {0};
    for (uint64_t i = 0, n = rng_below(rng, 12); i < n; i++) {
        bytebuf_printf(&text, "2026-01-05T%02d:%02d:%02dZ,%s,%d\n", 9 + at / 60, at % 60,
                       (int)(i * 4), keys[rng_below(rng, 6)], (int)rng_below(rng, 10));
    }
    lab_input(labs[0], "s", bytebuf_slice(&text));
    lab_input(labs[1], "s", bytebuf_slice(&text));
    bytebuf_release(&text);
}

/* Returns how much there is. */
static size_t compare(struct rng *rng, struct lab *const *labs, const char *question)
{
    struct bytebuf whole = {0};
    struct bytebuf restarted = {0};
    ask(labs[0], question, &whole);
    ask(labs[1], question, &restarted);
    if (strcmp(bytebuf_text(&whole), bytebuf_text(&restarted)) != 0) {
        print_error("without restart:\n%swith:\n%s", bytebuf_text(&whole),
                    bytebuf_text(&restarted));
    }
    RNG_CHECK(rng, strcmp(bytebuf_text(&whole), bytebuf_text(&restarted)) == 0);
    size_t len = whole.len;
    bytebuf_release(&whole);
    bytebuf_release(&restarted);
    return len;
}

/* What nobody has heard of is there all the same; sinks hear nothing of it. */
static void test_restarts(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct lab *labs[2] = {start(shapes[i].query), start(shapes[i].query)};
        size_t len = 0;
        for (int at = 0; at < 100; at += 5) {
            feed(&rng, labs, at);
            if (at > 40 && rng_once_in(&rng, 2)) {
                lab_restart(labs[1]);
                len += compare(&rng, labs, shapes[i].question);
            }
        }
        len += compare(&rng, labs, shapes[i].question);
        assert_true(len > 0);
        assert_null(lab_error(labs[1]));
        assert_string_equal(memory_rows_text(&lab_result(labs[0], 0)->rows),
                            memory_rows_text(&lab_result(labs[1], 0)->rows));
        struct query_progress whole;
        struct query_progress restarted;
        lab_measure(labs[0], 0, &whole);
        lab_measure(labs[1], 0, &restarted);
        assert_int_equal(whole.rows_out, restarted.rows_out);
        lab_free(labs[0]);
        lab_free(labs[1]);
    }
}

/* Who begins to keep a result later has all of it; before its first row there is none. */
static void test_kept_later(void **state)
{
    (void)state;
    struct lab *lab = start("SELECT count(*) AS c, max(k) AS k FROM s");
    lab_keep_results(lab, &no_limits);
    expect(lab, "SELECT * FROM q", "");
    lab_input(lab, "s", slice_text("2026-01-05T09:00:01Z,a,1\n2026-01-05T09:00:02Z,b,2\n"));
    lab_keep_results(lab, &no_limits);
    expect(lab, "SELECT * FROM q", "2,b\n");
    lab_free(lab);
}

TEST_MAIN(cmocka_unit_test(test_kept_later), cmocka_unit_test(test_full_sql_on_top),
          cmocka_unit_test(test_limit_counts_once), cmocka_unit_test(test_restarts))
