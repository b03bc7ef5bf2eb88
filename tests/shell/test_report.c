/* test_report: which time a query is said to use. */
#include "shell/report.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

struct fixture {
    struct arena arena;
    struct stream_def stream;
    struct plan_node scan;
    struct plan_node root;
    struct plan plan;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.stream.watermark_declared = true};
    arena_init(&f->arena);
    f->scan = (struct plan_node){.kind = PLAN_SCAN,
                                 .stream = &f->stream,
                                 .schema = *schema_from_text(&f->arena, "n BIGINT, ts TIMESTAMP"),
                                 .time_column = 1,
                                 .time_origin = TIME_FROM_WATERMARK,
                                 .has_watermark = true,
                                 .delay_us = 5 * US_PER_SECOND};
    f->root = (struct plan_node){.kind = PLAN_AGGREGATE,
                                 .input = &f->scan,
                                 .window = {.kind = WINDOW_HOP}};
    f->plan.root = &f->root;
}

static void expect(struct fixture *f, const char *text)
{
    struct bytebuf out = {0};
    assert_int_equal(report_time(&out, &f->plan), text != NULL);
    if (text != NULL) {
        assert_string_equal(bytebuf_text(&out), text);
    }
    bytebuf_release(&out);
}

static void test_declared(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    expect(&f, "event time ts (declared), watermark delay 5s");
    arena_release(&f.arena);
}

/* A file with two TIMESTAMPs, for example: windows by the clock are hardly what was meant. */
static void test_arrival_where_rows_have_times(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    f.stream.schema = f.scan.schema;
    f.stream.n_visible = 2;
    f.stream.time_column = -1;
    f.scan.time_origin = TIME_FROM_ARRIVAL;
    assert_true(report_passes_over_time(&f.plan));
    expect(&f, "arrival time; WINDOW … ON ts goes by a column");
    f.stream.n_visible = 1;
    assert_false(report_passes_over_time(&f.plan));
    expect(&f, "arrival time");
    arena_release(&f.arena);
}

static void test_live_without_a_declaration(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    f.stream.watermark_declared = false;
    f.scan.time_origin = TIME_FROM_SCHEMA;
    expect(&f, "event time ts (the only TIMESTAMP), watermark delay 5s (default)");
    arena_release(&f.arena);
}

static void test_finite_without_a_declaration(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    f.scan.time_origin = TIME_FROM_QUERY;
    f.scan.has_watermark = false;
    expect(&f, "event time ts (ON), exact: windows come at the end of the input");
    arena_release(&f.arena);
}

static void test_arrival(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    f.scan.time_origin = TIME_FROM_ARRIVAL;
    expect(&f, "arrival time");
    arena_release(&f.arena);
}

static void test_time_means_nothing(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f);
    f.root.window.kind = WINDOW_NONE;
    expect(&f, NULL);
    f.root.window.kind = WINDOW_ROWS;
    expect(&f, NULL);
    f.root.kind = PLAN_FILTER;
    expect(&f, NULL);
    arena_release(&f.arena);
}

TEST_MAIN(cmocka_unit_test(test_declared), cmocka_unit_test(test_arrival_where_rows_have_times),
          cmocka_unit_test(test_live_without_a_declaration),
          cmocka_unit_test(test_finite_without_a_declaration), cmocka_unit_test(test_arrival),
          cmocka_unit_test(test_time_means_nothing))
