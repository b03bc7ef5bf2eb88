/* Bad rows of every format: counters add up, neighbours stay, samples say where. Each input has
 * good rows, rows that the filter drops, late ones, ones without a time and all kinds of bad ones,
 * and comes in pieces of any size. */
#include "shell/lab/lab.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { ROWS = 3000, PIECE_MAX = 5000 };

enum row_class { ROW_GOOD, ROW_FILTERED, ROW_LATE, ROW_NO_TIME, ROW_BAD, ROW_CLASSES };

enum { BAD_KINDS_MAX = 3 };

/* In a line, @ is minutes and seconds and # a value from 200 to 206. */
struct format_case {
    const char *columns;
    const char *format;
    const char *condition; /* value < 205 */
    const char *good;      /* column u, which no query reads, does not convert */
    const char *no_time;   /* NULL: the format has no such rows */
    const char *bad[BAD_KINDS_MAX];
};

static const struct format_case cases[] = {
    {
        .columns = "(ts TIMESTAMP, v BIGINT, u BIGINT, WATERMARK ts DELAY 2s)",
        .format = "csv WITH (header = false, max_line = 200)",
        .condition = "v < 205",
        .good = "2026-01-05T09:@Z,#,oops",
        .no_time = ",#,oops",
        .bad = {"2026-01-05T09:@Z,#", "2026-01-05T09:@Z,x#,1", "2026-01-05 9:@,#,1"},
    },
    {
        .columns = "(ts TIMESTAMP, v BIGINT, u BIGINT, WATERMARK ts DELAY 2s)",
        .format = "tsv WITH (header = false, max_line = 200)",
        .condition = "v < 205",
        .good = "2026-01-05T09:@Z\t#\toops",
        .no_time = "\t#\toops",
        .bad = {"2026-01-05T09:@Z\t#\t\t\t", "2026-01-05T09:@Z\t#.5\t1", "?\t#\t1"},
    },
    {
        .columns = "(ts TIMESTAMP, v BIGINT, u BIGINT, WATERMARK ts DELAY 2s)",
        .format = "json WITH (max_line = 200)",
        .condition = "v < 205",
        .good = "{\"ts\":\"2026-01-05T09:@Z\",\"v\":#,\"u\":\"oops\"}",
        .no_time = "{\"v\":#}",
        .bad = {"{\"ts\":\"2026-01-05T09:@Z\",\"v\":#", "{\"ts\":\"2026-01-05T09:@Z\",\"v\":\"x\"}",
                "[1]"},
    },
    {
        .columns = "(ts TIMESTAMP, v BIGINT, u BIGINT, WATERMARK ts DELAY 2s)",
        .format = "logfmt WITH (max_line = 200)",
        .condition = "v < 205",
        .good = "ts=2026-01-05T09:@Z v=# u=oops",
        .no_time = "ts= v=#",
        .bad = {"ts=2026-01-05T09:@Z v=\"#", "ts=2026-01-05T09:@Z v=x#", "\x1b[2J"},
    },
    {
        .columns = "(ts TIMESTAMP, v BIGINT, WATERMARK ts DELAY 2s)",
        .format = "regex '^(?<ts>[^ ]+) (?<v>[^ ]+)$' WITH (max_line = 200)",
        .condition = "v < 205",
        .good = "2026-01-05T09:@Z #",
        .bad = {"2026-01-05T09:@Z", "2026-01-05T09:@Z x#", "soon #"},
    },
    {
        .columns = "(ts TIMESTAMP, line TEXT, WATERMARK ts DELAY 2s)",
        .format = "line WITH (max_line = 200)",
        .condition = "line NOT LIKE '%205' AND line NOT LIKE '%206'",
        .good = "2026-01-05T09:@Z #",
        .bad = {"soon #"},
    },
    {
        .columns = "",
        .format = "apache WITH (max_line = 200)",
        .condition = "status < 205",
        .good = "1.1.1.1 - - [05/Jan/2026:09:@ +0000] \"GET / HTTP/1.1\" # 5",
        .bad = {"1.1.1.1 - - [05/Jan/2026:09:@ +0000] \"GET / HTTP/1.1",
                "1.1.1.1 - - [35/Jan/2026:09:@ +0000] \"GET / HTTP/1.1\" # 5"},
    },
    {
        .columns = "",
        .format = "apache_error WITH (max_line = 200)",
        .condition = "message < '205'",
        .good = "[Mon Jan 05 09:@ 2026] [error] [client 1.1.1.1] #",
        .bad = {"Mon Jan 05 09:@ 2026", "[Mon Jan 35 09:@ 2026] [error] #"},
    },
    {
        .columns = "",
        .format = "syslog WITH (max_line = 200)",
        .condition = "message < '205'",
        .good = "<34>1 2026-01-05T09:@Z web app - - - #",
        .bad = {"<34>1 2026-01-35T09:@Z web app - - - #"},
    },
};

static void add_line(struct bytebuf *out, const char *line, uint32_t second, uint32_t value)
{
    for (; *line != '\0'; line++) {
        if (*line == '@') {
            bytebuf_printf(out, "%02u:%02u", second / 60, second % 60);
        } else if (*line == '#') {
            bytebuf_printf(out, "%u", value);
        } else {
            bytebuf_add_byte(out, (uint8_t)*line);
        }
    }
    bytebuf_add_byte(out, '\n');
}

static void add_overlong(struct bytebuf *out)
{
    for (int i = 0; i < 300; i++) {
        bytebuf_add_byte(out, 'x');
    }
    bytebuf_add_byte(out, '\n');
}

static void add_bad(struct bytebuf *out, const struct format_case *it, struct rng *rng,
                    uint32_t second)
{
    uint32_t n = 0;
    while (n < BAD_KINDS_MAX && it->bad[n] != NULL) {
        n++;
    }
    uint32_t kind = (uint32_t)rng_below(rng, n + 1);
    if (kind == n) {
        add_overlong(out);
    } else {
        add_line(out, it->bad[kind], second, 200);
    }
}

/* Writes the input and counts what is in it. Row i comes at second i / 10, late ones a minute
 * before that. The last row has the newest time, so that who is late does not depend on chance. */
static void make_input(struct bytebuf *out, const struct format_case *it, struct rng *rng,
                       uint64_t counts[ROW_CLASSES])
{
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t second = i / 10;
        enum row_class class =
            rng_once_in(rng, 3) ? (enum row_class)rng_below(rng, ROW_CLASSES) : ROW_GOOD;
        if ((class == ROW_NO_TIME && it->no_time == NULL) || (class == ROW_LATE && i < 1000)) {
            class = ROW_GOOD;
        }
        counts[class]++;
        switch (class) {
        case ROW_GOOD:
            add_line(out, it->good, second, 200 + (uint32_t)rng_below(rng, 5));
            break;
        case ROW_FILTERED:
            add_line(out, it->good, second, 205 + (uint32_t)rng_below(rng, 2));
            break;
        case ROW_LATE:
            add_line(out, it->good, second - 60, 200);
            break;
        case ROW_NO_TIME:
            add_line(out, it->no_time, second, 200);
            break;
        case ROW_BAD:
            add_bad(out, it, rng, second);
            break;
        case ROW_CLASSES:
            break;
        }
    }
}

static void give(struct lab *lab, struct slice bytes, struct rng *rng)
{
    while (bytes.len > 0) {
        size_t n = 1 + rng_below(rng, PIECE_MAX);
        n = n < bytes.len ? n : bytes.len;
        lab_input(lab, "s", slice_of(bytes.at, n));
        bytes = slice_of(bytes.at + n, bytes.len - n);
    }
}

/* Sum of the last column. */
static uint64_t total_of(const struct lab_result *result)
{
    uint64_t total = 0;
    struct slice rest = bytebuf_slice(&result->rows.text);
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.at, '\n', rest.len);
        const uint8_t *comma = memrchr(rest.at, ',', (size_t)(end - rest.at));
        int64_t n;
        assert_true(slice_to_i64(slice_of(comma + 1, (size_t)(end - comma) - 1), &n));
        total += (uint64_t)n;
        rest = slice_of(end + 1, rest.len - (size_t)(end - rest.at) - 1);
    }
    return total;
}

/* The newest samples stand in the input where they say. */
static void check_samples(struct lab *lab, struct slice input, uint64_t n_bad)
{
    const struct bad_row *rows[BAD_ROWS_KEPT];
    uint32_t n = lab_bad_rows(lab, 0, rows, BAD_ROWS_KEPT);
    assert_int_equal(n, n_bad < BAD_ROWS_KEPT ? n_bad : BAD_ROWS_KEPT);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(rows[i]->offset + rows[i]->text_len <= input.len);
        assert_memory_equal(input.at + rows[i]->offset, rows[i]->text, rows[i]->text_len);
        assert_true(rows[i]->offset == 0 || input.at[rows[i]->offset - 1] == '\n');
        assert_true(strlen(rows[i]->reason) > 0 && strlen(rows[i]->source) > 0);
    }
}

static void check_case(const struct format_case *it, struct rng *rng)
{
    uint64_t counts[ROW_CLASSES] = {0};
    struct bytebuf input = {0};
    struct query_progress windows;
    struct query_progress rows;
    struct feed_progress stream;
    char sql[1024];
    struct lab *lab = lab_new();
    snprintf(sql, sizeof sql,
             "CREATE STREAM s %s FROM 'memory:s' FORMAT %s; "
             "SELECT count(*) AS n FROM s WHERE %s WINDOW 10s; SELECT ts FROM s WHERE %s;",
             it->columns, it->format, it->condition, it->condition);
    if (!lab_sql(lab, sql)) {
        fail_msg("%s", lab_refusal(lab));
    }
    make_input(&input, it, rng, counts);
    give(lab, bytebuf_slice(&input), rng);
    lab_end(lab);
    assert_null(lab_error(lab));
    lab_measure(lab, 0, &windows);
    lab_measure(lab, 1, &rows);
    lab_measure_stream(lab, 0, &stream);
    print_message("%s\n", it->format);
    assert_int_equal(stream.rows_in, ROWS);
    assert_int_equal(stream.rows_bad, counts[ROW_BAD]);
    assert_int_equal(windows.rows_bad, counts[ROW_BAD]);
    assert_int_equal(windows.rows_filtered, counts[ROW_FILTERED]);
    assert_int_equal(windows.rows_too_late, counts[ROW_LATE]);
    assert_int_equal(windows.rows_no_time, counts[ROW_NO_TIME]);
    assert_int_equal(total_of(lab_result(lab, 0)), counts[ROW_GOOD]);
    assert_int_equal(rows.rows_bad, counts[ROW_BAD]);
    assert_int_equal(rows.rows_out + rows.rows_filtered + rows.rows_bad, ROWS);
    check_samples(lab, bytebuf_slice(&input), counts[ROW_BAD]);
    lab_free(lab);
    bytebuf_release(&input);
}

static void test_counters_add_up(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i], &rng);
    }
}

/* ---- policies -------------------------------------------------------------------------------- */

static struct lab *lab_with(const char *policy, const char *query)
{
    char sql[512];
    struct lab *lab = lab_new();
    snprintf(sql, sizeof sql,
             "CREATE STREAM s (a BIGINT, b BIGINT, c TEXT) FROM 'memory:s' FORMAT csv "
             "WITH (header = false) %s; %s;",
             policy, query);
    if (!lab_sql(lab, sql)) {
        fail_msg("%s", lab_refusal(lab));
    }
    return lab;
}

static const char *rows_of(struct lab *lab, uint32_t query)
{
    return bytebuf_text(&lab_result(lab, query)->rows.text);
}

/* Only what is read is looked at: a row is bad for the queries that need its bad column, and is
 * counted once. */
static void test_bad_for_those_who_read_it(void **state)
{
    (void)state;
    struct lab *lab = lab_with("", "SELECT a FROM s; SELECT b FROM s; SELECT a, b FROM s");
    struct query_progress query;
    struct feed_progress stream;
    lab_input(lab, "s", slice_text("1,2,x\nq,3,x\n4,q,x\nq,q,x\n5,6\n7,8,x\n"));
    assert_string_equal(rows_of(lab, 0), "1\n4\n7\n");
    assert_string_equal(rows_of(lab, 1), "2\n3\n8\n");
    assert_string_equal(rows_of(lab, 2), "1,2\n7,8\n");
    lab_measure_stream(lab, 0, &stream);
    assert_int_equal(stream.rows_in, 6);
    assert_int_equal(stream.rows_bad, 4);
    assert_int_equal(stream.rows_unsplit, 1);
    lab_measure(lab, 0, &query);
    assert_int_equal(query.rows_bad, 3);
    lab_measure(lab, 2, &query);
    assert_int_equal(query.rows_bad, 4);
    lab_free(lab);
}

static void test_null_keeps_the_row(void **state)
{
    (void)state;
    struct lab *lab = lab_with("ON ERROR NULL", "SELECT a, b, c FROM s");
    struct feed_progress stream;
    const struct bad_row *bad[4];
    lab_input(lab, "s", slice_text("1,2,x\nq,q,y\n4,q,z\n5,6\n"));
    assert_string_equal(rows_of(lab, 0), "1,2,x\n,,y\n4,,z\n");
    lab_measure_stream(lab, 0, &stream);
    assert_int_equal(stream.rows_in, 4);
    assert_int_equal(stream.rows_nulled, 2);
    assert_int_equal(stream.rows_bad, 1); /* nothing of a row with too few fields can be kept */
    assert_int_equal(lab_bad_rows(lab, 0, bad, 4), 3);
    /* What cannot be split is found before the fields of its neighbours are looked at. */
    assert_string_equal(bad[2]->reason, "wrong field count");
    assert_false(bad[2]->is_kept);
    assert_true(bad[1]->is_kept);
    assert_string_equal(bad[1]->column, "a");
    assert_int_equal(bad[1]->offset, 6);
    assert_string_equal(bad[0]->column, "b");
    assert_int_equal(bad[0]->offset, 12);
    lab_free(lab);
}

static void test_fail_stops(void **state)
{
    (void)state;
    struct lab *lab = lab_with("ON ERROR FAIL", "SELECT a FROM s");
    lab_input(lab, "s", slice_text("1,q,x\n2,3,x\n"));
    assert_null(lab_error(lab)); /* nobody reads b */
    lab_input(lab, "s", slice_text("q,3,x\n"));
    assert_non_null(strstr(lab_error(lab), "bad row in stream \"s\" at byte 12: bad number"));
    lab_free(lab);
}

/* Whether it is a field or the whole line that is bad. */
static void test_fail_has_no_rows_behind(void **state)
{
    (void)state;
    static const char *const inputs[] = {"1,2,x\n3,q,x\n4,5,x\nq,6,x\n", "1,2,x\nq,3,x\n4,5,x\n",
                                         "1,2,x\n3\n4,5,x\n"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct lab *lab = lab_with("ON ERROR FAIL", "SELECT a, b FROM s");
        lab_input(lab, "s", slice_text(inputs[i]));
        assert_non_null(strstr(lab_error(lab), "bad row in stream \"s\" at byte 6"));
        assert_string_equal(rows_of(lab, 0), "1,2\n");
        lab_free(lab);
    }
}

TEST_MAIN(cmocka_unit_test(test_counters_add_up), cmocka_unit_test(test_bad_for_those_who_read_it),
          cmocka_unit_test(test_null_keeps_the_row), cmocka_unit_test(test_fail_stops),
          cmocka_unit_test(test_fail_has_no_rows_behind))
