/* test_script: test files as text: cases and sections, slips with their place, updates. */
#include <string.h>

#include "shell/lab/script.h"
#include "shell/lab/script_edits.h"
#include "shell/lab/script_run.h"
#include "tests/support/testing.h"

/* ---- reading --------------------------------------------------------------------------------- */

static void assert_slice(struct slice slice, const char *text)
{
    assert_int_equal(slice.len, strlen(text));
    assert_memory_equal(slice.at, text, slice.len);
}

static void test_sections_have_heads_and_bodies(void **state)
{
    (void)state;
    struct arena arena;
    struct script script;
    struct error err;
    arena_init(&arena);
    struct slice text = slice_text("about\n--- case one two \n--- input s 1\na\n\nb\n\n--- end\n"
                                   "--- case three\n--- expect");
    assert_int_equal(script_read(&arena, text, &script, &err), OK);
    assert_int_equal(script.n, 2);
    assert_slice(script.cases[0].name, "one two");
    assert_int_equal(script.cases[0].n, 2);
    const struct section *input = &script.cases[0].sections[0];
    assert_int_equal(input->kind, SECTION_INPUT);
    assert_slice(input->argument, "s 1");
    assert_slice(input->body, "a\n\nb\n");
    assert_int_equal(input->line, 3);
    assert_slice(script.cases[0].sections[1].body, "");
    assert_int_equal(script.cases[1].sections[0].line, 10);
    assert_slice(script.cases[1].sections[0].body, "");
    arena_release(&arena);
}

static void bad(const char *text, const char *wanted, const char *hint, int64_t at)
{
    struct arena arena;
    struct script script;
    struct error err;
    arena_init(&arena);
    assert_int_not_equal(script_read(&arena, slice_text(text), &script, &err), OK);
    assert_string_equal(err.text, wanted);
    assert_non_null(strstr(err.hint, hint));
    assert_int_equal(err.at, at);
    arena_release(&arena);
}

static void test_slips_have_a_place(void **state)
{
    (void)state;
    bad("", "the file has no \"--- case\"", "", -1);
    bad("--- case a\n--- inptu s\n", "no section \"inptu\"", "\"input\"", 15);
    bad("--- cas a\n", "no section \"cas\"", "\"case\"", 4);
    bad("--- end\n", "a section before the first case", "", 4);
}

/* ---- running --------------------------------------------------------------------------------- */

static bool run(const char *text, struct bytebuf *complaint)
{
    struct arena arena;
    struct error err;
    struct script_file file = {.fs = fs_system(), .path = "x.test", .text = slice_text(text)};
    arena_init(&arena);
    assert_int_equal(script_read(&arena, file.text, &file.script, &err), OK);
    bool good = true;
    for (uint32_t i = 0; i < file.script.n; i++) {
        good = script_run_case(&file, &file.script.cases[i], complaint) && good;
    }
    arena_release(&arena);
    return good;
}

static void good(const char *text)
{
    struct bytebuf complaint = {0};
    if (!run(text, &complaint)) {
        fail_msg("%s", bytebuf_text(&complaint));
    }
    bytebuf_release(&complaint);
}

static void fails(const char *text, const char *says)
{
    struct bytebuf complaint = {0};
    assert_false(run(text, &complaint));
    if (strstr(bytebuf_text(&complaint), says) == NULL) {
        fail_msg("%s\nis not in\n%s", says, bytebuf_text(&complaint));
    }
    bytebuf_release(&complaint);
}

#define LOG "--- case c\n--- statement\nCREATE STREAM log FROM 'tcp://127.0.0.1:1' FORMAT line;\n"

static void test_any_source_is_fed_and_no_sink_is_opened(void **state)
{
    (void)state;
    good(LOG "SELECT line FROM log INTO 'file:/no/such/folder/x.csv';\n"
             "--- input log\nhello\n--- expect\nhello\n");
    good("--- case c\n--- statement\nSELECT count(*) AS n FROM stdin FORMAT line;\n"
         "--- input stdin\na\nb\n--- end\n--- expect\n2\n");
    good("--- case c\n--- statement\nSELECT v, w FROM 'no/such.csv';\n"
         "--- input no/such.csv\nv,w\n1,x\n--- expect\n1,x\n");
    good("--- case c\n--- statement\n"
         "CREATE STREAM t (v BIGINT) FROM 'kafka://no.such.host/t' FORMAT csv;\n"
         "SELECT v, _partition, _topic, _offset FROM t;\n"
         "--- input t 1\n7\n8\n--- expect\n7,1,t,0\n8,1,t,2\n");
}

static void test_what_is_late_or_bad_is_caught(void **state)
{
    (void)state;
    good("--- case c\n--- statement\n"
         "CREATE STREAM s (ts TIMESTAMP, v BIGINT, WATERMARK ts DELAY 0s) FROM 'tcp://x:1'\n"
         "FORMAT csv ON ERROR INTO 'file:/no/such/bad.jsonl' LATE INTO 'file:/no/such/late.csv';\n"
         "SELECT sum(v) AS n FROM s WINDOW 10s;\n"
         "--- input s\n2026-01-05T09:00:01Z,1\n2026-01-05T09:00:21Z,x\n"
         "2026-01-05T09:00:31Z,2\n2026-01-05T09:00:02Z,3\n"
         "--- expect\n2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,1\n"
         "--- expect file:/no/such/late.csv\n2026-01-05T09:00:02Z,3\n"
         "--- expect file:/no/such/bad.jsonl\nx:1,23,v,bad number,\"2026-01-05T09:00:21Z,x\"\n"
         "--- end\n--- expect\n2026-01-05T09:00:30Z,2026-01-05T09:00:40Z,2\n");
    fails(LOG "SELECT line FROM log;\n--- expect file:late.csv\n", "the URI of its INTO");
}

static void test_generated_rows_come_by_themselves(void **state)
{
    (void)state;
    good("--- case c\n--- statement\nSELECT 1 + 1 AS two, upper('x') AS x;\n--- expect\n2,X\n");
    good("--- case c\n--- statement\nSELECT count(*) AS n FROM 'gen://rows?rows=7';\n"
         "--- expect\n7\n");
    fails("--- case c\n--- statement\nSELECT n FROM 'gen://rows?rows=1000000';\n--- expect\n1\n",
          "a test generates at most 4 MiB");
}

static void test_columns_are_those_of_the_input(void **state)
{
    (void)state;
    good("--- case c\n--- statement\nCREATE STREAM j FROM 'events.jsonl';\n"
         "SELECT b + 1 AS c FROM j WHERE a = 'x';\n"
         "--- input j\n{\"a\":\"x\",\"b\":1}\n{\"a\":\"y\",\"b\":2}\n--- expect\n2\n");
}

static void test_the_clock_goes_to_a_time(void **state)
{
    (void)state;
    good(LOG "SELECT count(*) AS n FROM log WINDOW 10s;\n--- clock 2026-03-01T12:00:00Z\n"
             "--- input log\na\n--- clock 10s\n"
             "--- expect\n2026-03-01T12:00:00Z,2026-03-01T12:00:10Z,1\n");
    fails(LOG "--- clock 2020-01-01T00:00:00Z\n", "the clock does not go back\n --> x.test:4:10");
    fails(LOG "--- clock soon\n", "this is no time\n --> x.test:4:10");
}

static void test_queries_have_names_and_numbers(void **state)
{
    (void)state;
    static const char two[] = LOG "CREATE QUERY upper AS SELECT upper(line) AS u FROM log;\n"
                                  "CREATE QUERY same AS SELECT line FROM log;\n"
                                  "--- input log\na\n";
    struct bytebuf text = {0};
    bytebuf_printf(&text, "%s--- expect upper\nA\n--- expect 2\na\n", two);
    good(bytebuf_text(&text));
    bytebuf_clear(&text);
    bytebuf_printf(&text, "%s--- expect uper\nA\n", two);
    fails(bytebuf_text(&text), "no query \"uper\"\n --> x.test:8:11");
    fails(bytebuf_text(&text), "did you mean \"upper\"?");
    fails(two, "rows of query upper came that no --- expect names");
    bytebuf_clear(&text);
    bytebuf_printf(&text, "%s--- expect upper\nA\n", two);
    fails(bytebuf_text(&text), "rows of query same came that no --- expect names");
    bytebuf_release(&text);
}

static void test_what_cannot_be_done_is_no_crash(void **state)
{
    (void)state;
    fails(LOG "--- input log 64\na\n", "\"64\" is no split");
    fails(LOG "--- input log x\na\n", "\"x\" is no split");
    fails(LOG "--- input lgo\na\n", "did you mean \"log\"?");
    fails(LOG "SELECT line FROM log;\n--- end\n--- input log\na\n", "this input has ended before");
    fails(LOG "--- include no/such.sql\n", "no/such.sql");
    fails(LOG "--- columns\n", "x.test:4: --- columns: no query has been started");
    fails("--- case empty\n", "the case has no sections");
    good(LOG "create query q as select line from log;\n--- statement\ndrop query q;\n");
}

static void test_errors_of_statements_have_a_line_of_the_file(void **state)
{
    (void)state;
    fails(LOG "SELECT lin FROM log;\n", "no such column \"lin\"\n --> x.test:4:7");
}

/* ---- updating -------------------------------------------------------------------------------- */

static void becomes(const char *text, const char *wanted)
{
    struct arena arena;
    struct error err;
    struct script_edits edits = {0};
    struct bytebuf out = {0};
    struct script_file file = {.fs = fs_system(), .path = "x.test", .text = slice_text(text)};
    arena_init(&arena);
    assert_int_equal(script_read(&arena, file.text, &file.script, &err), OK);
    for (uint32_t i = 0; i < file.script.n; i++) {
        script_update_case(&file, &file.script.cases[i], &edits);
    }
    script_edits_apply(&edits, file.text, &out);
    assert_string_equal(bytebuf_text(&out), wanted);
    script_edits_release(&edits);
    bytebuf_release(&out);
    arena_release(&arena);
}

static void test_updates_write_what_came(void **state)
{
    (void)state;
    becomes(LOG "SELECT line FROM log;\n--- input log\na\n--- expect\nb\nc\n\n--- case d\n",
            LOG "SELECT line FROM log;\n--- input log\na\n--- expect\na\n\n--- case d\n");
    becomes(LOG "SELECT line FROM log;\n--- columns\nx\n--- input log\na",
            LOG "SELECT line FROM log;\n--- columns\nline\n--- input log\na\n--- expect\na\n");
    becomes(LOG "SELECT x FROM log;\n--- error\nno\n",
            LOG "SELECT x FROM log;\n--- error\nerror[E0104]: no such column \"x\"\n --> 1:7\n"
                "  | SELECT x FROM log;\n  |        ^\n  = help: there are line\n");
    becomes(LOG
            "SELECT line FROM log;\nCREATE QUERY q AS SELECT line FROM log;\n--- input log\na\n",
            LOG "SELECT line FROM log;\nCREATE QUERY q AS SELECT line FROM log;\n--- input log\na\n"
                "--- expect 1\na\n--- expect q\na\n");
}

static void test_updates_leave_alone_what_is_right_or_refused(void **state)
{
    (void)state;
    static const char right[] = LOG "SELECT line FROM log;\n--- input log\na\n--- expect\na\n";
    static const char refused[] = LOG "SELECT x FROM log;\n--- input log\na\n--- expect\nb\n";
    becomes(right, right);
    becomes(refused, refused);
}

TEST_MAIN(cmocka_unit_test(test_sections_have_heads_and_bodies),
          cmocka_unit_test(test_slips_have_a_place),
          cmocka_unit_test(test_any_source_is_fed_and_no_sink_is_opened),
          cmocka_unit_test(test_what_is_late_or_bad_is_caught),
          cmocka_unit_test(test_generated_rows_come_by_themselves),
          cmocka_unit_test(test_columns_are_those_of_the_input),
          cmocka_unit_test(test_the_clock_goes_to_a_time),
          cmocka_unit_test(test_queries_have_names_and_numbers),
          cmocka_unit_test(test_what_cannot_be_done_is_no_crash),
          cmocka_unit_test(test_errors_of_statements_have_a_line_of_the_file),
          cmocka_unit_test(test_updates_write_what_came),
          cmocka_unit_test(test_updates_leave_alone_what_is_right_or_refused))
