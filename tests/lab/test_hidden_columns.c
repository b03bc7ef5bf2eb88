/* The hidden columns of every format: when and where a row came, and its bytes, whatever lies
 * around it and wherever the input was cut. */
#include "shell/lab/lab.h"

#include <stdio.h>
#include <string.h>

#include "engine/data/timestamp.h"
#include "tests/support/testing.h"

enum { LINES = 3 };

struct format_case {
    const char *columns;
    const char *format;
    const char *condition;    /* reads a column, so that the bad line is found */
    const char *lines[LINES]; /* the one in the middle is bad */
};

static const struct format_case cases[] = {
    {"(a BIGINT, b TEXT)",
     "csv WITH (header = false)",
     "a > 0",
     {"1,\"x\ny\"", "no number,x,y", "3,\"said \"\"z\"\"\""}},
    {"(a BIGINT, b TEXT)", "tsv WITH (header = false)", "a > 0", {"1\tx", "x", "3\tz"}},
    {"(a BIGINT)", "json", "a > 0", {"{\"a\": 1, \"b\":[2]}", "{", "{\"a\":3}"}},
    {"(a BIGINT)", "logfmt", "a > 0", {"a=1 b=\"x y\"", "a=\"", "a=3"}},
    {"(line TEXT)", "line WITH (max_line = 5)", "line <> ''", {"one", "three times", " two "}},
    {"(a BIGINT)", "regex '^a(?<a>\\d+)'", "a > 0", {"a1 x", "b", "a3"}},
    {"",
     "apache",
     "ts IS NOT NULL",
     {"1.1.1.1 - - [05/Jan/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 200 5", "x",
      "::1 - - [05/Jan/2026:09:00:01 +0000] \"GET /b HTTP/1.1\" 200 6 \"-\" \"agent\""}},
    {"",
     "apache_error",
     "ts IS NOT NULL",
     {"[Mon Jan 05 09:00:00 2026] [error] one", "two", "[Mon Jan 05 09:00:02 2026] [warn] three"}},
    {"",
     "syslog",
     "ts IS NOT NULL",
     {"<34>1 2026-01-05T09:00:00Z web app - - - one", "<34>1 2026-01-35T09:00:00Z web app - - - x",
      "Jan  5 09:00:02 web app: three"}},
};

static void check_row(struct lab *lab, uint32_t row, const char *line, size_t offset, int64_t us)
{
    char wanted[512];
    struct bytebuf time = {0};
    timestamp_print(&time, us);
    snprintf(wanted, sizeof wanted, "%s|s|%zu|%zu", bytebuf_text(&time), offset, strlen(line));
    bytebuf_release(&time);
    const char *text = bytebuf_text(&lab_result(lab, 0)->rows.text);
    for (uint32_t i = 0; i < row; i++) {
        text = strchr(text, '\n') + 1;
    }
    assert_int_equal(strncmp(text, wanted, strlen(wanted)), 0);
    assert_int_equal(text[strlen(wanted)], '|');
}

static void check_case(const struct format_case *it, size_t cut)
{
    char sql[512];
    char input[1024];
    struct lab *lab = lab_new();
    snprintf(sql, sizeof sql,
             "CREATE STREAM s %s FROM 'memory:s' FORMAT %s; SELECT concat_ws('|', "
             "_arrival, _source, _offset, length(_line), '') FROM s WHERE %s; "
             "SELECT 1 FROM s WHERE _line = '%s' OR _line = '%s'",
             it->columns, it->format, it->condition, it->lines[0], it->lines[2]);
    if (!lab_sql(lab, sql)) {
        fail_msg("%s", lab_refusal(lab));
    }
    snprintf(input, sizeof input, "%s\n%s\n%s\n", it->lines[0], it->lines[1], it->lines[2]);
    size_t third = strlen(it->lines[0]) + strlen(it->lines[1]) + 2;
    lab_input(lab, "s", slice_of((const uint8_t *)input, cut));
    lab_clock(lab, US_PER_SECOND);
    lab_input(lab, "s", slice_text(input + cut));
    lab_end(lab);
    assert_null(lab_error(lab));
    bool first_is_early = cut > strlen(it->lines[0]);
    bool third_is_early = cut > third + strlen(it->lines[2]);
    check_row(lab, 0, it->lines[0], 0, LAB_START_US + (first_is_early ? 0 : US_PER_SECOND));
    check_row(lab, 1, it->lines[2], third, LAB_START_US + (third_is_early ? 0 : US_PER_SECOND));
    assert_string_equal(bytebuf_text(&lab_result(lab, 1)->rows.text), "1\n1\n");
    lab_free(lab);
}

static void test_every_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].lines[0]);
        check_case(&cases[i], 1);
        check_case(&cases[i], len);
        check_case(&cases[i], len + 1);
        check_case(&cases[i], len + 2 + strlen(cases[i].lines[1]) + 1);
    }
}

TEST_MAIN(cmocka_unit_test(test_every_format))
