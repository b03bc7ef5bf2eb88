/* Plans made by hand: what they are asked, printed and compared as. */
#include "tests/support/testing.h"

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/data/zone.h"
#include "engine/plan/plan.h"
#include "engine/plan/window.h"

/* ---- windows -----------------------------------------------------------------------------------
 */

static void assert_window(const struct window_spec *window, const char *expected)
{
    struct bytebuf out = {0};
    window_print(&out, window);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static void test_window_print(void **state)
{
    (void)state;
    struct window_spec w = {.kind = WINDOW_HOP, .size_us = 30 * US_PER_SECOND};
    w.slide_us = w.size_us;
    w.fill_windows = 1;
    assert_window(&w, "30s");
    w.slide_us = 10 * US_PER_SECOND;
    w.offset_us = 3 * US_PER_SECOND;
    w.grace_us = US_PER_MINUTE;
    w.fill = FILL_PREVIOUS;
    assert_window(&w, "30s SLIDE 10s OFFSET 3s GRACE 1m FILL PREVIOUS");
    w.fill = FILL_ZERO;
    w.fill_windows = 3;
    assert_window(&w, "30s SLIDE 10s OFFSET 3s GRACE 1m FILL 0 FOR 3 WINDOWS");
    w = (struct window_spec){.kind = WINDOW_SLIDE_ROW, .size_us = 15 * US_PER_MINUTE};
    assert_window(&w, "15m SLIDE ROW");
    w = (struct window_spec){.kind = WINDOW_SESSION, .size_us = 5 * US_PER_MINUTE};
    assert_window(&w, "SESSION 5m");
    w.session_max_us = US_PER_HOUR;
    assert_window(&w, "SESSION 5m MAX 1h");
    w = (struct window_spec){.kind = WINDOW_ROWS, .rows = 100, .rows_slide = 100};
    assert_window(&w, "100 ROWS");
    w.rows_slide = 10;
    assert_window(&w, "100 ROWS SLIDE 10 ROWS");
    w = (struct window_spec){.kind = WINDOW_CUMULATE,
                             .size_us = US_PER_DAY,
                             .slide_us = US_PER_HOUR};
    assert_window(&w, "CUMULATE 1h TO 1d");
    w = (struct window_spec){.kind = WINDOW_NONE};
    assert_window(&w, "");
}

static void test_window_zone(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct window_spec w = {.kind = WINDOW_HOP, .size_us = US_PER_DAY, .slide_us = US_PER_DAY};
    struct error err;
    assert_int_equal(zone_load(&arena, fs_system(), slice_text("+02:00"), &w.zone, &err), OK);
    assert_window(&w, "1d TIMEZONE '+02:00'");
    arena_release(&arena);
}

/* Panes and windows of the years 1 to 9999 can be, those near the ends of 64 bits cannot. */
static void test_panes_that_can_be(void **state)
{
    (void)state;
    const int64_t first = -INT64_C(62135596800) * US_PER_SECOND;
    const int64_t last = INT64_C(253402300799) * US_PER_SECOND;
    const int64_t day = 24 * US_PER_HOUR;
    const struct window_spec windows[] = {
        {.kind = WINDOW_NONE},
        {.kind = WINDOW_HOP, .size_us = 10 * US_PER_SECOND, .slide_us = 10 * US_PER_SECOND},
        {.kind = WINDOW_HOP, .size_us = 10 * US_PER_SECOND, .slide_us = 4 * US_PER_SECOND},
        {.kind = WINDOW_HOP, .size_us = 3 * day, .slide_us = day, .offset_us = 7 * US_PER_HOUR},
        {.kind = WINDOW_HOP, .size_us = 7, .slide_us = 3},
        {.kind = WINDOW_HOP, .size_us = 36525000 * day, .slide_us = US_PER_MINUTE},
        {.kind = WINDOW_CUMULATE, .size_us = day, .slide_us = US_PER_HOUR},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct window_grid grid;
        window_grid_init(&grid, &windows[i]);
        for (int64_t time = first; time <= last; time += (last - first) / 7) {
            int64_t pane = window_pane(&grid, time);
            assert_true(window_has_pane(&grid, pane));
            assert_true(window_has(&grid, window_first_of(&grid, pane)));
            assert_true(window_has(&grid, window_last_of(&grid, pane) + 1));
        }
        const int64_t wrong[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            assert_false(window_has_pane(&grid, wrong[k]));
            assert_false(window_has(&grid, wrong[k]));
        }
    }
}

static void test_panes(void **state)
{
    (void)state;
    static const int64_t cases[][3] = {{30, 10, 10},
                                       {30, 30, 30},
                                       {30, 20, 10},
                                       {7, 3, 1},
                                       {60, 45, 15}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct window_spec w = {.kind = WINDOW_HOP,
                                .size_us = cases[i][0],
                                .slide_us = cases[i][1]};
        assert_int_equal(window_pane_us(&w), cases[i][2]);
    }
}

/* ---- a plan ------------------------------------------------------------------------------------
 */

/* SELECT window_start, window_end, ip, count(*) FROM s WHERE ip = 'a' GROUP BY ip WINDOW 10s. */
struct made {
    struct arena arena;
    struct stream_def stream;
    struct plan_node scan;
    struct plan_node filter;
    struct plan_node aggregate;
    struct plan_node project;
    struct plan plan;
};

static struct field field(const char *name, enum type_id type)
{
    return (struct field){.name = slice_text(name), .type = type_of(type), .not_null = true};
}

static void make_stream(struct made *m)
{
    static const struct decoder_kind csv = {.name = "csv"};
    struct field *fields = arena_zalloc(&m->arena, 6 * sizeof *fields);
    fields[0] = field("ts", TYPE_TIMESTAMP);
    fields[1] = field("ip", TYPE_TEXT);
    fields[2] = field("_arrival", TYPE_TIMESTAMP);
    fields[3] = field("_source", TYPE_TEXT);
    fields[4] = field("_offset", TYPE_BIGINT);
    fields[5] = field("_line", TYPE_TEXT);
    m->stream = (struct stream_def){.name = slice_text("s"),
                                    .uri = {.scheme = slice_text("tcp"),
                                            .authority = slice_text("user:secret@h:1"),
                                            .text = slice_text("tcp://user:secret@h:1")},
                                    .decoder = &csv,
                                    .schema = {6, fields},
                                    .n_visible = 2};
}

static void make_scan(struct made *m)
{
    m->scan = (struct plan_node){.kind = PLAN_SCAN,
                                 .schema = m->stream.schema,
                                 .stream = &m->stream,
                                 .delay_us = 5 * US_PER_SECOND,
                                 .has_watermark = true,
                                 .time_origin = TIME_FROM_WATERMARK};
    struct error err;
    struct expr *args[] = {expr_column(&m->arena, 1, type_of(TYPE_TEXT), true),
                           expr_constant(&m->arena, value_text(slice_text("a")))};
    struct expr **conditions = arena_alloc(&m->arena, sizeof(struct expr *));
    assert_int_equal(expr_call(&m->arena, slice_text("="), args, 2, -1, &conditions[0], &err), OK);
    m->filter = (struct plan_node){.kind = PLAN_FILTER,
                                   .schema = m->scan.schema,
                                   .input = &m->scan,
                                   .n_exprs = 1,
                                   .exprs = conditions};
}

static void make_aggregate(struct made *m)
{
    struct error err;
    struct field *fields = arena_zalloc(&m->arena, 4 * sizeof *fields);
    fields[0] = field("window_start", TYPE_TIMESTAMP);
    fields[1] = field("window_end", TYPE_TIMESTAMP);
    fields[2] = field("ip", TYPE_TEXT);
    fields[3] = field("count(*)", TYPE_BIGINT);
    uint32_t *keys = arena_alloc(&m->arena, sizeof *keys);
    keys[0] = 1;
    struct agg_call *call = arena_zalloc(&m->arena, sizeof *call);
    assert_int_equal(agg_resolve(&m->arena, slice_text("count"), false, NULL, 0, NULL, 0, call,
                                 &err),
                     OK);
    m->aggregate = (struct plan_node){.kind = PLAN_AGGREGATE,
                                      .schema = {4, fields},
                                      .time_column = 1,
                                      .input = &m->filter,
                                      .window = {.kind = WINDOW_HOP,
                                                 .size_us = 10 * US_PER_SECOND,
                                                 .slide_us = 10 * US_PER_SECOND},
                                      .n_keys = 1,
                                      .keys = keys,
                                      .n_calls = 1,
                                      .calls = call};
}

static void make(struct made *m)
{
    memset(m, 0, sizeof *m);
    arena_init(&m->arena);
    make_stream(m);
    make_scan(m);
    make_aggregate(m);
    struct expr **exprs = arena_alloc(&m->arena, 4 * sizeof(struct expr *));
    for (uint32_t i = 0; i < 4; i++) {
        const struct field *f = &m->aggregate.schema.fields[i];
        exprs[i] = expr_column(&m->arena, i, f->type, true);
    }
    m->project = (struct plan_node){.kind = PLAN_PROJECT,
                                    .schema = m->aggregate.schema,
                                    .time_column = 1,
                                    .input = &m->aggregate,
                                    .n_exprs = 4,
                                    .exprs = exprs};
    m->plan = (struct plan){.name = slice_text("q"), .root = &m->project};
    plan_check(&m->plan);
}

static void assert_printed(void (*print)(struct bytebuf *, const struct plan *),
                           const struct plan *plan, const char *expected)
{
    struct bytebuf out = {0};
    print(&out, plan);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
}

static void test_print(void **state)
{
    (void)state;
    struct made m;
    make(&m);
    assert_ptr_equal(plan_scan(m.plan.root), &m.scan);
    assert_printed(plan_print, &m.plan,
                   "query q → console · append\n"
                   "  project window_start, window_end, ip, count(*)\n"
                   "    aggregate by ip · window 10s · count(*) · final rows at window close · "
                   "state 8 B per key and pane of 10s\n"
                   "      filter ip = 'a'\n"
                   "        scan s · tcp://h:1 · csv · time ts (its WATERMARK), watermark delay "
                   "5s\n");
    m.scan.has_watermark = false;
    m.scan.needle = slice_text("a\x1b");
    m.plan.changes = true;
    m.plan.keys = (const uint32_t[]){2};
    m.plan.n_keys = 1;
    assert_printed(plan_print, &m.plan,
                   "query q → console · changes keyed by ip\n"
                   "  project window_start, window_end, ip, count(*)\n"
                   "    aggregate by ip · window 10s · count(*) · final rows at window close · "
                   "state 8 B per key and pane of 10s\n"
                   "      filter ip = 'a'\n"
                   "        scan s · tcp://h:1 · csv · time ts (its WATERMARK), exact: nothing is "
                   "late · only records with \"a\\x1b\"\n");
    arena_release(&m.arena);
}

static void test_print_machine_forms(void **state)
{
    (void)state;
    struct made m;
    make(&m);
    assert_printed(
        plan_print_json, &m.plan,
        "{\"query\":\"q\",\"result\":\"append\",\"nodes\":["
        "{\"kind\":\"project\",\"does\":\"project window_start, window_end, ip, count(*)\","
        "\"columns\":[{\"name\":\"window_start\",\"type\":\"TIMESTAMP\"},{\"name\":\"window_end\","
        "\"type\":\"TIMESTAMP\"},{\"name\":\"ip\",\"type\":\"TEXT\"},{\"name\":\"count(*)\","
        "\"type\":\"BIGINT\"}]},"
        "{\"kind\":\"aggregate\",\"does\":\"aggregate by ip · window 10s · count(*) · final rows "
        "at "
        "window close · state 8 B per key and pane of 10s\",\"window\":\"10s\","
        "\"columns\":[{\"name\":\"window_start\",\"type\":\"TIMESTAMP\"},{\"name\":\"window_end\","
        "\"type\":\"TIMESTAMP\"},{\"name\":\"ip\",\"type\":\"TEXT\"},{\"name\":\"count(*)\","
        "\"type\":\"BIGINT\"}]},"
        "{\"kind\":\"filter\",\"does\":\"filter ip = 'a'\","
        "\"columns\":[{\"name\":\"ts\",\"type\":\"TIMESTAMP\"},{\"name\":\"ip\",\"type\":\"TEXT\"},"
        "{\"name\":\"_arrival\",\"type\":\"TIMESTAMP\"},{\"name\":\"_source\",\"type\":\"TEXT\"},"
        "{\"name\":\"_offset\",\"type\":\"BIGINT\"},{\"name\":\"_line\",\"type\":\"TEXT\"}]},"
        "{\"kind\":\"scan\",\"does\":\"scan s · tcp://h:1 · csv · time ts (its WATERMARK), "
        "watermark "
        "delay 5s\","
        "\"columns\":[{\"name\":\"ts\",\"type\":\"TIMESTAMP\"},{\"name\":\"ip\",\"type\":\"TEXT\"},"
        "{\"name\":\"_arrival\",\"type\":\"TIMESTAMP\"},{\"name\":\"_source\",\"type\":\"TEXT\"},"
        "{\"name\":\"_offset\",\"type\":\"BIGINT\"},{\"name\":\"_line\",\"type\":\"TEXT\"}]}"
        "]}\n");
    assert_printed(plan_print_dot, &m.plan,
                   "digraph plan {\n  rankdir=BT;\n  node [shape=box];\n"
                   "  n0 [label=\"query q → console · append\"];\n"
                   "  n1 [label=\"project window_start, window_end, ip, count(*)\"];\n"
                   "  n1 -> n0;\n"
                   "  n2 [label=\"aggregate by ip · window 10s · count(*) · final rows at window "
                   "close · state 8 B per key and pane of 10s\"];\n"
                   "  n2 -> n1;\n"
                   "  n3 [label=\"filter ip = 'a'\"];\n"
                   "  n3 -> n2;\n"
                   "  n4 [label=\"scan s · tcp://h:1 · csv · time ts (its WATERMARK), watermark "
                   "delay 5s\"];\n"
                   "  n4 -> n3;\n"
                   "}\n");
    arena_release(&m.arena);
}

/* Each change of one part makes the plans differ. */
static void test_equal(void **state)
{
    (void)state;
    struct made a;
    struct made b;
    make(&a);
    make(&b);
    b.plan.name = slice_text("other");
    b.plan.text = slice_text("SELECT");
    assert_true(plan_equal(&a.plan, &b.plan));
#define DIFFERS(lvalue_, value_)                                                                   \
    do {                                                                                           \
        __typeof__(lvalue_) kept_ = (lvalue_);                                                     \
        (lvalue_) = (value_);                                                                      \
        assert_false(plan_equal(&a.plan, &b.plan));                                                \
        (lvalue_) = kept_;                                                                         \
        assert_true(plan_equal(&a.plan, &b.plan));                                                 \
    } while (0)
    DIFFERS(b.aggregate.window.size_us, 1);
    DIFFERS(b.aggregate.window.grace_us, 1);
    DIFFERS(b.aggregate.window.clock_ticks, true);
    DIFFERS(b.aggregate.window.fill, FILL_ZERO);
    DIFFERS(b.aggregate.keys[0], 0);
    DIFFERS(b.aggregate.calls[0].distinct, true);
    DIFFERS(b.aggregate.emit.kind, EMIT_CHANGES);
    DIFFERS(b.aggregate.having, b.filter.exprs[0]);
    DIFFERS(b.filter.exprs[0], b.project.exprs[0]);
    DIFFERS(b.filter.n_exprs, 0);
    DIFFERS(b.scan.delay_us, 1);
    DIFFERS(b.scan.time_column, 2);
    DIFFERS(b.scan.has_watermark, false);
    DIFFERS(b.stream.name, slice_text("t"));
    DIFFERS(b.project.input, &b.filter);
    DIFFERS(b.project.schema.n, 3);
    DIFFERS(b.plan.at_end, true);
    DIFFERS(b.plan.changes, true);
    DIFFERS(b.plan.emit.kind, EMIT_COMPLETE);
#undef DIFFERS
    arena_release(&a.arena);
    arena_release(&b.arena);
}

TEST_MAIN(cmocka_unit_test(test_window_print), cmocka_unit_test(test_window_zone),
          cmocka_unit_test(test_panes), cmocka_unit_test(test_panes_that_can_be),
          cmocka_unit_test(test_print), cmocka_unit_test(test_print_machine_forms),
          cmocka_unit_test(test_equal))
