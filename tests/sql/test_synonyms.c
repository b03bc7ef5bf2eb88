/* Every spelling of language.md §7 means the same plan as the native one. */
#include "tests/sql/sql_fixture.h"

static void check(const char *native, const char *const *others)
{
    struct fixture f;
    fixture_init(&f);
    for (; *others != NULL; others++) {
        assert_same(&f, native, *others);
    }
    fixture_release(&f);
}

#define CHECK_SAME(native_, ...) check((native_), (const char *const[]){__VA_ARGS__, NULL})

static void test_tumbling(void **state)
{
    (void)state;
    CHECK_SAME(
        "SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s",
        "SELECT ip, count(*) FROM access WINDOW 10s GROUP BY ip",
        "SELECT ip, count(*) FROM access GROUP BY 1 WINDOW INTERVAL '10' SECOND",
        "SELECT ip, count(*) FROM access GROUP BY window_start, window_end, ip WINDOW '10 seconds'",
        "SELECT ip, count(*) FROM TABLE(TUMBLE(TABLE access, DESCRIPTOR(ts), INTERVAL '10' "
        "SECOND)) "
        "GROUP BY ip, window_start, window_end",
        "SELECT ip, count(*) FROM TUMBLE(access, ts, INTERVAL '10' SECOND) GROUP BY ip",
        "SELECT ip, count(*) FROM tumble(access, 10s) GROUP BY ip",
        "SELECT ip, count(*) FROM TABLE(TUMBLE((SELECT * FROM access), DESCRIPTOR(ts), 10s)) "
        "GROUP BY ip",
        "SELECT ip, count(*) FROM TABLE(TUMBLE(DATA => TABLE access, TIMECOL => DESCRIPTOR(ts), "
        "SIZE => INTERVAL '10' SECOND)) GROUP BY ip",
        "SELECT ip, count(*) FROM access WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY ip",
        "SELECT ip, count(*) FROM access WINDOW TUMBLING (10 SECOND) GROUP BY ip",
        "SELECT ip, count(*) FROM STREAM:access WINDOW TUMBLING (10 SECOND) GROUP BY ip",
        "SELECT ip, count(*) FROM access GROUP BY window(ts, '10 seconds'), ip",
        "SELECT ip, count(*) FROM access GROUP BY ip, TUMBLE(ts, INTERVAL '10' SECOND)",
        "SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s EMIT ON WINDOW CLOSE",
        "SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s EMIT AFTER WINDOW CLOSE",
        "SELECT ip, count(*) FROM access GROUP BY ip WINDOW 10s EMIT FINAL");
}

static void test_offset_and_grace(void **state)
{
    (void)state;
    CHECK_SAME("SELECT count(*) FROM access WINDOW 1d OFFSET 8h",
               "SELECT count(*) FROM TABLE(TUMBLE(TABLE access, DESCRIPTOR(ts), INTERVAL '1' DAY, "
               "INTERVAL '8' HOUR))");
    CHECK_SAME("SELECT count(*) FROM access WINDOW 10s SLIDE 5s OFFSET 1s",
               "SELECT count(*) FROM TABLE(HOP(TABLE access, DESCRIPTOR(ts), 5s, 10s, 1s))",
               "SELECT count(*) FROM access GROUP BY window(ts, '10 seconds', '5 seconds', '1 "
               "second')");
    CHECK_SAME("SELECT count(*) FROM access WINDOW 30s GRACE 1m",
               "SELECT count(*) FROM access WINDOW TUMBLING (SIZE 30 SECONDS, GRACE PERIOD 1 "
               "MINUTE)",
               "SELECT count(*) FROM access WINDOW 30s GRACE PERIOD 1 MINUTE");
}

static void test_hopping(void **state)
{
    (void)state;
    CHECK_SAME(
        "SELECT ip, max(bytes) FROM access GROUP BY ip WINDOW 30s SLIDE 10s",
        "SELECT ip, max(bytes) FROM TABLE(HOP(TABLE access, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
        "INTERVAL '30' SECOND)) GROUP BY ip, window_start, window_end",
        "SELECT ip, max(bytes) FROM TABLE(HOP(DATA => TABLE access, TIMECOL => DESCRIPTOR(ts), "
        "SIZE "
        "=> 30s, SLIDE => 10s)) GROUP BY ip",
        "SELECT ip, max(bytes) FROM hop(access, ts, 10s, 30s) GROUP BY ip",
        "SELECT ip, max(bytes) FROM hop(access, interval 10 second, interval 30 second) GROUP BY "
        "ip",
        "SELECT ip, max(bytes) FROM access WINDOW HOPPING (SIZE 30 SECONDS, ADVANCE BY 10 SECONDS) "
        "GROUP BY ip",
        "SELECT ip, max(bytes) FROM STREAM:access WINDOW HOPPING (30 SECOND, ADVANCE BY 10 SECOND) "
        "GROUP BY ip",
        "SELECT ip, max(bytes) FROM access GROUP BY window(ts, '30 seconds', '10 seconds'), ip");
}

static void test_sessions(void **state)
{
    (void)state;
    CHECK_SAME(
        "SELECT ip, count(*) FROM access GROUP BY ip WINDOW SESSION 5m",
        "SELECT ip, count(*) FROM TABLE(SESSION(TABLE access PARTITION BY ip, DESCRIPTOR(ts), "
        "INTERVAL '5' MINUTE)) GROUP BY ip, window_start, window_end",
        "SELECT ip, count(*) FROM TABLE(SESSION(TABLE access PARTITION BY (ip), DESCRIPTOR(ts), "
        "5m))",
        "SELECT ip, count(*) FROM TABLE(SESSION((SELECT * FROM access), DESCRIPTOR(ts), "
        "DESCRIPTOR(ip), INTERVAL '5' MINUTE))",
        "SELECT ip, count(*) FROM session(access, ts, 5m) GROUP BY ip",
        "SELECT ip, count(*) FROM access WINDOW SESSION (5 MINUTES) GROUP BY ip",
        "SELECT ip, count(*) FROM access GROUP BY session_window(ts, '5 minutes'), ip");
}

static void test_cumulate(void **state)
{
    (void)state;
    CHECK_SAME("SELECT sum(bytes) FROM access WINDOW CUMULATE 1h TO 1d",
               "SELECT sum(bytes) FROM TABLE(CUMULATE(TABLE access, DESCRIPTOR(ts), INTERVAL '1' "
               "HOUR, INTERVAL '1' DAY))",
               "SELECT sum(bytes) FROM TABLE(CUMULATE(DATA => TABLE access, TIMECOL => "
               "DESCRIPTOR(ts), STEP => 1h, SIZE => 1d))");
}

static void test_names_of_windows(void **state)
{
    (void)state;
    CHECK_SAME("SELECT window_start, window_end, ip, count(*) FROM access GROUP BY ip WINDOW 10s "
               "HAVING window_end > window_start ORDER BY window_start",
               "SELECT WINDOWSTART, WINDOWEND, ip, count(*) FROM access WINDOW TUMBLING (SIZE 10 "
               "SECONDS) GROUP BY ip HAVING windowend > windowstart ORDER BY windowstart",
               "SELECT window.start, window.end, ip, count(*) FROM access GROUP BY window(ts, '10 "
               "seconds'), ip HAVING window.end > window.start ORDER BY window.start",
               "SELECT window, ip, count(*) FROM access GROUP BY window(ts, '10 seconds'), ip "
               "HAVING window.end > window.start ORDER BY window.start",
               "SELECT TUMBLE_START(ts, INTERVAL '10' SECOND), TUMBLE_END(ts, INTERVAL '10' "
               "SECOND), ip, count(*) FROM access GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), ip "
               "HAVING TUMBLE_END(ts, 10s) > TUMBLE_START(ts, 10s) ORDER BY TUMBLE_START(ts, 10s)");
}

static void test_emission(void **state)
{
    (void)state;
    CHECK_SAME("SELECT ip, count(*) FROM access GROUP BY ip EMIT EVERY 2s",
               "SELECT ip, count(*) FROM access GROUP BY ip EMIT PERIODIC 2s",
               "SELECT ip, count(*) FROM access GROUP BY ip EMIT EVERY 2 SECONDS");
    CHECK_SAME("SELECT ip, count(*) FROM access GROUP BY ip",
               "SELECT ip, count(*) FROM access GROUP BY ip EMIT CHANGES");
    CHECK_SAME("SELECT ip FROM access", "SELECT ip FROM access EMIT CHANGES");
}

static void test_over(void **state)
{
    (void)state;
    CHECK_SAME(
        "SELECT ts, card, count(*) AS n, sum(amount) AS total FROM tx GROUP BY card, atm WINDOW "
        "15m "
        "SLIDE ROW",
        "SELECT ts, card, count(*) OVER (PARTITION BY card, atm ORDER BY ts RANGE BETWEEN INTERVAL "
        "'15' MINUTE PRECEDING AND CURRENT ROW) AS n, sum(amount) OVER (PARTITION BY card, atm "
        "ORDER BY ts RANGE BETWEEN INTERVAL '15' MINUTE PRECEDING AND CURRENT ROW) AS total FROM "
        "tx",
        "SELECT ts, card, count(*) OVER (PARTITION BY card, atm ORDER BY ts RANGE 15m PRECEDING) "
        "AS "
        "n, sum(amount) OVER (PARTITION BY card, atm ORDER BY ts RANGE 15m PRECEDING) AS total "
        "FROM "
        "tx");
    CHECK_SAME("SELECT card, count(*) AS n FROM tx GROUP BY card WINDOW 15m SLIDE ROW HAVING "
               "count(*) > 2 EMIT ON RISE",
               "SELECT card, count(*) OVER (PARTITION BY card ORDER BY ts RANGE BETWEEN 15m "
               "PRECEDING AND CURRENT ROW) AS n FROM tx HAVING n > 2 EMIT ON RISE");
}

static void test_watermarks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    run(&f, "CREATE STREAM a (ts TIMESTAMP, n INT, WATERMARK ts DELAY 7s) FROM 'tcp://h:1' "
            "FORMAT csv");
    const char *others[] = {
        "CREATE STREAM b (ts TIMESTAMP, n INT, WATERMARK FOR ts AS ts - INTERVAL '7' SECOND) FROM "
        "'tcp://h:1' FORMAT csv",
        "CREATE TABLE c (ts TIMESTAMP(3), n INTEGER, WATERMARK FOR ts AS ts - 7s) WITH "
        "('connector' "
        "= 'socket', 'hostname' = 'h', 'port' = '1', 'format' = 'csv')",
        "CREATE STREAM d (ts TIMESTAMP, n INT) FROM 'tcp://h:1?format=csv' WATERMARK ts DELAY 7 "
        "SECONDS",
    };
    const struct stream_def *a = catalog_find(f.catalog, CATALOG_STREAM, slice_text("a"))->stream;
    for (int i = 0; i < 3; i++) {
        run(&f, others[i]);
        const struct catalog_entry *entry =
            catalog_at(f.catalog, CATALOG_STREAM, (uint32_t)(5 + i));
        const struct stream_def *b = entry->stream;
        assert_true(schema_equal(&a->schema, &b->schema));
        assert_int_equal(b->time_column, a->time_column);
        assert_int_equal(b->delay_us, INT64_C(7000000));
        assert_true(b->watermark_declared);
        assert_ptr_equal(b->source, a->source);
        assert_ptr_equal(b->decoder, a->decoder);
        assert_true(slice_equal(b->uri.authority, a->uri.authority));
    }
    fixture_release(&f);
}

/* The trap: which of the two comes first? Both readings are printed. */
static void test_order_of_hop(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_explained(
        &f, "SELECT count(*) FROM HOP(access, ts, 30s, 10s)",
        "error[E0117]: the slide of 30s is larger than the window of 10s\n"
        " --> 1:21\n"
        "  | SELECT count(*) FROM HOP(access, ts, 30s, 10s)\n"
        "  |                      ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: HOP takes the slide first, then the size; as written this is WINDOW 10s SLIDE "
        "30s, which would lose rows; the other way round it is WINDOW 30s SLIDE 10s\n");
    assert_explained(
        &f, "SELECT count(*) FROM access GROUP BY window(ts, '10s', '30s')",
        "error[E0117]: the slide of 30s is larger than the window of 10s\n"
        " --> 1:37\n"
        "  | SELECT count(*) FROM access GROUP BY window(ts, '10s', '30s')\n"
        "  |                                      ^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: window takes the size first, then the slide; as written this is WINDOW 10s "
        "SLIDE "
        "30s, which would lose rows; the other way round it is WINDOW 30s SLIDE 10s\n");
    fixture_release(&f);
}

static void assert_refused(struct fixture *f, const char *text, const char *says)
{
    const char *out = explained(f, text);
    if (strncmp(out, says, strlen(says)) != 0) {
        fail_msg("%s\n%s", text, out);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_refused(&f, "SELECT count(*) FROM tumbel(access, 10s)",
                   "error[E0110]: no such window function \"tumbel\"");
    assert_refused(&f, "SELECT count(*) FROM hop(access, ts, 10s)",
                   "error[E0117]: hop(…) has the wrong number of durations");
    assert_refused(&f, "SELECT count(*) FROM tumble(access, ts)",
                   "error[E0117]: tumble(…) has the wrong number of durations");
    assert_refused(&f, "SELECT count(*) FROM tumble(10s)",
                   "error[E0117]: tumble(…) does not say what to read");
    assert_refused(&f, "SELECT count(*) FROM tumble(access, ts + 1s, 10s)",
                   "error[E0117]: this argument of a window function is not understood");
    assert_refused(&f, "SELECT count(*) FROM tumble(access, COLOUR => 3s)",
                   "error[E0117]: this argument of a window function is not understood");
    assert_refused(&f, "SELECT count(*) FROM tumble(access, 10s) WINDOW 5s",
                   "error[E0117]: this query has two windows");
    assert_refused(&f, "SELECT count(*) FROM tumble(1 + 1, 10s)",
                   "error[E0190]: expressions in place of a stream are not supported yet");
    assert_refused(&f,
                   "SELECT count(*) FROM TABLE(SESSION(TABLE access PARTITION BY ip, "
                   "DESCRIPTOR(ts), 5m)) GROUP BY status",
                   "error[E0117]: PARTITION BY and GROUP BY differ");
    assert_refused(&f, "SELECT count(*) OVER (PARTITION BY ip ORDER BY ts) FROM access",
                   "error[E0117]: OVER (…) needs a frame in time");
    assert_refused(&f, "SELECT count(*) OVER (PARTITION BY ip) FROM access",
                   "error[E0117]: OVER (…) needs ORDER BY one time column, ascending");
    assert_refused(&f,
                   "SELECT count(*) OVER (ORDER BY ts RANGE 5s PRECEDING), sum(bytes) OVER (ORDER "
                   "BY ts RANGE 6s PRECEDING) FROM access",
                   "error[E0117]: all OVER (…) of a query must be the same");
    assert_refused(&f,
                   "SELECT count(*) OVER (ORDER BY ts RANGE 5s PRECEDING), sum(bytes) FROM access",
                   "error[E0117]: this aggregate needs an OVER (…) like the other");
    assert_refused(&f,
                   "SELECT count(*) OVER (ORDER BY ts RANGE 5s PRECEDING) FROM access WINDOW 5s",
                   "error[E0117]: OVER cannot be mixed with WINDOW or GROUP BY");
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_tumbling), cmocka_unit_test(test_offset_and_grace),
          cmocka_unit_test(test_hopping), cmocka_unit_test(test_sessions),
          cmocka_unit_test(test_cumulate), cmocka_unit_test(test_names_of_windows),
          cmocka_unit_test(test_emission), cmocka_unit_test(test_over),
          cmocka_unit_test(test_watermarks), cmocka_unit_test(test_order_of_hop),
          cmocka_unit_test(test_refusals))
