/* Operators with panes: numbers of panes and windows that no time has, in a saved state that is
 * right otherwise, are refused before anything is computed with them. */
#include "engine/base/byteorder.h"
#include "tests/engine/ops/ops_testing.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT";
static const char rows[] = "2026-01-05T09:00:01Z, a, 1\n2026-01-05T09:00:11Z, b, 2";

static const struct window_spec hop = {
    .kind = WINDOW_HOP,
    .size_us = 20 * US_PER_SECOND,
    .slide_us = 10 * US_PER_SECOND,
};

static void open_totals(struct bench *bench)
{
    bench_init(bench, input);
    struct plan_node *node =
        bench_node(bench, PLAN_AGGREGATE,
                   "window_start TIMESTAMP, window_end TIMESTAMP, k TEXT, n BIGINT");
    node->window = hop;
    bench_keys(bench, node, 1, 1);
    bench_call(bench, node, "count", -1, false);
    bench_open(bench);
}

static void open_rows(struct bench *bench)
{
    bench_init(bench, input);
    struct plan_node *node =
        bench_node(bench, PLAN_WINDOW_ROWS,
                   "window_start TIMESTAMP, window_end TIMESTAMP, ts TIMESTAMP, k TEXT, v BIGINT");
    node->window = hop;
    bench_open(bench);
}

/* Where the numbers stand: the next window's behind has_next in the head, at `next_at`; a pane's in
 * the name of its section ('p') or at the start of an entry. */
static struct slice moved(struct slice saved, size_t next_at, int64_t pane, int64_t next,
                          struct bytebuf *out)
{
    struct reader in = reader_of(saved);
    struct changelog log = {.out = out, .whole = true};
    struct change change;
    bool in_head = true;
    assert_true(changelog_next(&in, &change) && change.kind == CHANGE_OPERATOR);
    changelog_operator(&log, change.number, change.version, change.name);
    while (changelog_next(&in, &change) && change.kind != CHANGE_END) {
        if (change.kind == CHANGE_SECTION && change.name.len == 9) {
            changelog_number_section(&log, 'p', pane);
        } else if (change.kind == CHANGE_SECTION) {
            changelog_section(&log, change.name);
        }
        if (change.kind != CHANGE_PUT) {
            continue;
        }
        changelog_put(&log, change.group);
        bytebuf_add(out, change.name.at, change.name.len);
        changelog_value(&log);
        size_t at = out->len;
        bytebuf_add(out, change.value.at, change.value.len);
        if (in_head) {
            store_le64(out->at + at + next_at, (uint64_t)next);
        } else if (next_at != 1) {
            store_le64(out->at + at, (uint64_t)pane);
        }
        changelog_done(&log);
        in_head = false;
    }
    changelog_end(&log);
    return bytebuf_slice(out);
}

/* What loading says of the state with other numbers; of what is loaded nothing is kept in the end.
 */
static enum status load(void (*open)(struct bench *bench), size_t next_at, int64_t pane,
                        int64_t next)
{
    struct bench bench;
    struct bytebuf saved = {0};
    struct bytebuf out = {0};
    enum status status;
    open(&bench);
    bench_push(&bench, rows, TIME_NONE);
    op_save_all(bench.first, true, &saved);
    bench_close(&bench);
    bench_open(&bench);
    if (saves_load_one(moved(bytebuf_slice(&saved), next_at, pane, next, &out), bench.first,
                       &status)) {
        bench_advance(&bench, TIME_END);
        bench_trigger(&bench, true);
        assert_int_equal(bench_stats(&bench).state_rows, 0);
    }
    bench_release(&bench);
    bytebuf_release(&out);
    bytebuf_release(&saved);
    return status;
}

static void check(void (*open)(struct bench *bench), size_t next_at)
{
    static const int64_t wrong[] = {INT64_MIN, INT64_MIN / 2, INT64_MAX / 2, INT64_MAX};
    assert_int_equal(load(open, next_at, 0, 0), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(load(open, next_at, wrong[i], 0), ERR_STATE);
        assert_int_equal(load(open, next_at, 0, wrong[i]), ERR_STATE);
    }
}

static void test_totals(void **state)
{
    (void)state;
    check(open_totals, 1); /* u8 has_next, i64 next_window, … */
}

static void test_rows(void **state)
{
    (void)state;
    check(open_rows, 9); /* i64 watermark, u8 has_next, i64 next_window, … */
}

TEST_MAIN(cmocka_unit_test(test_totals), cmocka_unit_test(test_rows))
