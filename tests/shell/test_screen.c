/* test_screen: what a terminal shows after the bytes that the screen writes. A small terminal here
 * understands the few control sequences that the screen may use and nothing else. */
#include <string.h>

#include "shell/live_view.h"
#include "shell/screen.h"
#include "sinks/display_width.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

/* ---- a terminal ----------------------------------------------------------------------------- */

enum { LINES_MAX = 200, LINE_BYTES = 1024 };

struct terminal {
    struct fs fs;
    char lines[LINES_MAX][LINE_BYTES];
    uint32_t row;
    uint32_t column; /* 0 = the first; 1 = another one */
    uint32_t n_writes;
};

static void put_byte(struct terminal *t, char byte)
{
    size_t used = strlen(t->lines[t->row]);
    assert_true(used + 2 < LINE_BYTES);
    t->lines[t->row][used] = byte;
    t->lines[t->row][used + 1] = '\0';
}

/* What is dim begins with "~" here. */
static size_t take_sequence(struct terminal *t, const char *at)
{
    size_t len = 2 + strcspn(at + 2, "ABCDHJKhlm") + 1;
    char last = at[len - 1];
    if (last == 'A') {
        uint32_t n = 0;
        for (const char *digit = at + 2; *digit != 'A'; digit++) {
            n = n * 10 + (uint32_t)(*digit - '0');
        }
        assert_true(n <= t->row); /* never into what has scrolled */
        t->row -= n;
    } else if (last == 'J') {
        assert_true(t->column > 0); /* from the first place on tmux would keep the picture */
        for (uint32_t row = t->row + 1; row < LINES_MAX; row++) {
            t->lines[row][0] = '\0';
        }
    } else if (last == 'K') {
        assert_int_equal(t->column, 0);
        t->lines[t->row][0] = '\0';
    } else if (last == 'C') {
        t->column = 1;
    } else if (len == 4 && memcmp(at, "\x1b[2m", 4) == 0) {
        put_byte(t, '~');
    } else {
        assert_true(memcmp(at, "\x1b[0m", 4) == 0 || memcmp(at, "\x1b[?2026", 7) == 0);
    }
    return len;
}

static enum status terminal_write(const struct fs *fs, int fd, const void *bytes, size_t len,
                                  size_t *n, struct error *err)
{
    struct terminal *t = (struct terminal *)(uintptr_t)fs;
    (void)err;
    assert_int_equal(fd, 1);
    t->n_writes++;
    *n = len;
    for (const char *at = bytes, *end = at + len; at < end;) {
        if (*at == '\x1b') {
            at += take_sequence(t, at);
        } else if (*at == '\n') {
            t->row++;
            t->column = 0;
            assert_true(t->row < LINES_MAX);
            at++;
        } else if (*at == '\r') {
            t->column = 0;
            at++;
        } else {
            t->column = 1;
            put_byte(t, *at++);
        }
    }
    return OK;
}

static void expect(const struct terminal *t, const char *text)
{
    static char got[LINES_MAX * 100];
    got[0] = '\0';
    for (uint32_t row = 0; row < LINES_MAX; row++) {
        if (t->lines[row][0] != '\0') {
            strncat(got, t->lines[row], sizeof got - strlen(got) - 2);
            strncat(got, "\n", sizeof got - strlen(got) - 1);
        }
    }
    assert_string_equal(got, text);
}

/* ---- rows, parts, status -------------------------------------------------------------------- */

static struct terminal terminal; /* large: not on the stack */

static struct screen *screen_open(bool color)
{
    memset(&terminal, 0, sizeof terminal);
    terminal.fs.write = terminal_write;
    struct screen_config config = {.fs = &terminal.fs,
                                   .handle = 1,
                                   .width = 60,
                                   .height = 12,
                                   .color = color};
    return screen_new(&config);
}

static void put_row(struct screen *screen, const char *text)
{
    struct error err;
    const struct fs *fs = screen_fs(screen);
    assert_int_equal(fs_write_all(fs, 1, text, strlen(text), &err), OK);
}

static void draw_count(void *owner, uint32_t width, uint32_t height, struct bytebuf *out)
{
    int *n = owner;
    assert_int_equal(width, 60);
    assert_true(height <= 11);
    for (int i = 0; i < *n; i++) {
        bytebuf_printf(out, "part %d\n", i + 1);
    }
}

static void test_rows_scroll_above_parts(void **state)
{
    (void)state;
    int lines = 2;
    struct screen *screen = screen_open(false);
    struct screen_part part = {.owner = &lines, .draw = draw_count};
    assert_true(screen_add_part(screen, &part));
    screen_set_status(screen, slice_text("batch 1"));
    screen_draw(screen, true);
    expect(&terminal, "part 1\npart 2\nbatch 1\n");
    put_row(screen, "a\n");
    put_row(screen, "b\n");
    screen_draw(screen, false); /* rows do not wait */
    expect(&terminal, "a\nb\npart 1\npart 2\nbatch 1\n");
    lines = 1;
    screen_set_status(screen, slice_text("batch 2"));
    put_row(screen, "c\n");
    screen_draw(screen, true);
    expect(&terminal, "a\nb\nc\npart 1\nbatch 2\n");
    assert_int_equal(terminal.n_writes, 3); /* one a frame */
    lines = 3;
    screen_touch(screen);
    screen_finish(screen);
    expect(&terminal, "a\nb\nc\npart 1\npart 2\npart 3\n");
    put_row(screen, "late\n");
    expect(&terminal, "a\nb\nc\npart 1\npart 2\npart 3\nlate\n");
    screen_free(screen);
}

static void test_nothing_new_is_not_drawn(void **state)
{
    (void)state;
    struct screen *screen = screen_open(false);
    screen_draw(screen, true);
    screen_set_status(screen, slice_text("same"));
    screen_draw(screen, true);
    screen_set_status(screen, slice_text("same"));
    screen_draw(screen, true);
    assert_int_equal(terminal.n_writes, 1);
    assert_true(screen_wake_us(screen) == INT64_MAX);
    screen_touch(screen);
    assert_true(screen_wake_us(screen) < INT64_MAX);
    screen_free(screen);
}

static void test_a_silent_screen_stays_silent(void **state)
{
    (void)state;
    struct screen *screen = screen_open(false);
    screen_finish(screen);
    assert_int_equal(terminal.n_writes, 0);
    screen_free(screen);
}

static void test_status_is_cut_between_its_parts(void **state)
{
    (void)state;
    struct screen *screen = screen_open(false);
    screen_set_status(screen, slice_text("batch 128 · 12.3k rows/s · watermark 10:14:55 (lag 4.8 s)"
                                         " · late 0 · state 1.2k · Ctrl-C stops"));
    screen_draw(screen, true);
    expect(&terminal, "batch 128 · 12.3k rows/s · Ctrl-C stops\n");
    screen_set_status(screen, slice_text("batch 128 · 12.3k rows/s · late 0 · Ctrl-C stops"));
    screen_draw(screen, true);
    expect(&terminal, "batch 128 · 12.3k rows/s · late 0 · Ctrl-C stops\n");
    screen_set_status(screen, slice_text("a part that is longer than all sixty columns that there "
                                         "are on this terminal · b"));
    screen_draw(screen, true);
    assert_int_equal(display_width(slice_text(terminal.lines[0])), 59);
    screen_free(screen);
}

/* ---- live tables ---------------------------------------------------------------------------- */

struct live {
    struct arena arena;
    struct screen *screen;
    struct plan_node scan;
    struct plan_node root;
    struct plan plan;
    struct sink *sink;
};

static void live_init_columns(struct live *live, bool changes, enum emit_kind emit,
                              const char *columns)
{
    static const uint32_t keys[] = {0};
    struct error err;
    *live = (struct live){.screen = screen_open(true)};
    arena_init(&live->arena);
    live->scan.kind = PLAN_SCAN;
    live->root.kind = PLAN_AGGREGATE;
    live->root.input = &live->scan;
    live->root.schema = *schema_from_text(&live->arena, columns);
    live->plan = (struct plan){.root = &live->root, .changes = changes, .keys = keys, .n_keys = 1};
    live->plan.emit.kind = emit;
    assert_true(live_view_fits(&live->plan));
    live->sink = live_view_new(live->screen, &live->plan, false);
    assert_int_equal(sink_begin(live->sink, 1, &err), OK);
}

static void live_init(struct live *live, bool changes, enum emit_kind emit)
{
    live_init_columns(live, changes, emit, "kind TEXT, n BIGINT");
}

static void live_trigger(struct live *live, const char *rows, const char *ops)
{
    struct error err;
    struct batch batch;
    struct arena arena; /* the view keeps copies */
    arena_init(&arena);
    batch_from_text(&batch, &live->root.schema, &arena, rows);
    batch.ops = (const uint8_t *)ops;
    assert_int_equal(sink_write(live->sink, &batch, &err), OK);
    arena_release(&arena);
    assert_int_equal(sink_flush(live->sink, &err), OK);
    screen_draw(live->screen, true);
}

static void live_release(struct live *live)
{
    sink_close(live->sink);
    screen_free(live->screen);
    arena_release(&live->arena);
}

static void test_changes_are_shown_in_place(void **state)
{
    (void)state;
    struct live live;
    live_init(&live, true, EMIT_CHANGES);
    live_trigger(&live, "cash, 1\ncard, 1", NULL);
    live_trigger(&live, "cash, 20\nfee, 3", "++");
    expect(&terminal, "┌──────┬────┐\n│ kind │  n │\n├──────┼────┤\n"
                      "│ card │  1 │\n│ cash │ 20 │\n│ fee  │  3 │\n└──────┴────┘\n");
    live_trigger(&live, "card, 1\nnone, 0", "--");
    expect(&terminal, "┌──────┬────┐\n│ kind │  n │\n├──────┼────┤\n"
                      "│ cash │ 20 │\n│ fee  │  3 │\n└──────┴────┘\n");
    live_release(&live);
}

/* The terminal has 12 lines: four for borders and names, one for the status. */
static void test_the_newest_rows_of_an_append(void **state)
{
    (void)state;
    struct live live;
    live_init(&live, false, EMIT_CLOSE);
    live_trigger(&live, "a, 1\nb, 2\nc, 3\nd, 4\ne, 5\nf, 6", NULL);
    live_trigger(&live, "a, 7\nb, 8\nc, 9", NULL);
    expect(&terminal, "┌──────┬───┐\n│ kind │ n │\n├──────┼───┤\n"
                      "│ c    │ 3 │\n│ d    │ 4 │\n│ e    │ 5 │\n│ f    │ 6 │\n"
                      "│ a    │ 7 │\n│ b    │ 8 │\n│ c    │ 9 │\n└──────┴───┘\n");
    live_release(&live);
}

static void test_complete_results_replace_each_other(void **state)
{
    (void)state;
    struct live live;
    live_init(&live, false, EMIT_COMPLETE);
    live_trigger(&live, "a, 1\nb, 2\nc, 3", NULL);
    live_trigger(&live, "b, 5", NULL);
    expect(&terminal, "┌──────┬───┐\n│ kind │ n │\n├──────┼───┤\n│ b    │ 5 │\n└──────┴───┘\n");
    live_release(&live);
}

/* Ten groups on 12 lines: the largest, and how many there are. What is small comes when it grows.
 */
static void test_a_high_table_is_cut_to_the_largest(void **state)
{
    (void)state;
    struct live live;
    live_init(&live, true, EMIT_CHANGES);
    live_trigger(&live, "a, 3\nb, 9\nc, 1\nd, 8\ne, 2\nf, 7\ng, 0\nh, 6\ni, 5\nj, 4", NULL);
    live_trigger(&live, "g, 10\nb, 1", "++");
    expect(&terminal, "┌──────┬────┐\n│ kind │  n │\n├──────┼────┤\n"
                      "│ g    │ 10 │\n│ d    │  8 │\n│ f    │  7 │\n"
                      "│ h    │  6 │\n│ i    │  5 │\n│ j    │  4 │\n└──────┴────┘\n"
                      "the 6 largest by n, of 10\n");
    live_release(&live);
}

/* More groups than are kept: the largest stay, whatever their keys are. */
static void test_the_largest_of_very_many(void **state)
{
    (void)state;
    struct live live;
    struct bytebuf rows = {0};
    enum { BATCH = 100 };
    live_init(&live, true, EMIT_CHANGES);
    for (uint32_t i = 0; i < 3 * LIVE_ROWS_MAX; i += BATCH) {
        bytebuf_clear(&rows);
        for (uint32_t n = i; n < i + BATCH; n++) {
            bytebuf_printf(&rows, "%sk%u, %u", n > i ? "\n" : "", n, (n * 7919u) % 3001u);
        }
        live_trigger(&live, bytebuf_text(&rows), NULL);
    }
    bytebuf_release(&rows);
    expect(&terminal, "┌───────┬──────┐\n│ kind  │    n │\n├───────┼──────┤\n"
                      "│ k1913 │ 3000 │\n│ k825  │ 2999 │\n│ k2738 │ 2998 │\n"
                      "│ k1650 │ 2997 │\n│ k562  │ 2996 │\n│ k2475 │ 2995 │\n└───────┴──────┘\n"
                      "the 6 largest by n, of 1000 and more\n");
    live_release(&live);
}

static void test_open_windows_are_dim(void **state)
{
    (void)state;
    struct live live;
    live_init_columns(&live, true, EMIT_CHANGES, "window_end TIMESTAMP, n BIGINT");
    live_view_set_watermark(live.sink, 1767603610 * US_PER_SECOND);
    live_trigger(&live, "2026-01-05T09:00:10Z, 7\n2026-01-05T09:00:20Z, 1", NULL);
    expect(&terminal, "┌──────────────────────┬───┐\n│ window_end           │ n │\n"
                      "├──────────────────────┼───┤\n"
                      "│ 2026-01-05T09:00:10Z │ 7 │\n~│ 2026-01-05T09:00:20Z │ 1 │\n"
                      "└──────────────────────┴───┘\n");
    live_release(&live);
}

static void test_what_is_not_redrawn(void **state)
{
    (void)state;
    struct plan_node scan = {.kind = PLAN_SCAN};
    struct plan_node filter = {.kind = PLAN_FILTER, .input = &scan};
    struct plan_node aggregate = {.kind = PLAN_AGGREGATE, .input = &scan};
    assert_false(live_view_fits(&(struct plan){.root = &filter}));
    assert_false(live_view_fits(&(struct plan){.root = &aggregate, .at_end = true}));
    assert_true(live_view_fits(&(struct plan){.root = &aggregate}));
}

TEST_MAIN(cmocka_unit_test(test_rows_scroll_above_parts),
          cmocka_unit_test(test_nothing_new_is_not_drawn),
          cmocka_unit_test(test_a_silent_screen_stays_silent),
          cmocka_unit_test(test_status_is_cut_between_its_parts),
          cmocka_unit_test(test_changes_are_shown_in_place),
          cmocka_unit_test(test_the_newest_rows_of_an_append),
          cmocka_unit_test(test_complete_results_replace_each_other),
          cmocka_unit_test(test_a_high_table_is_cut_to_the_largest),
          cmocka_unit_test(test_the_largest_of_very_many),
          cmocka_unit_test(test_open_windows_are_dim), cmocka_unit_test(test_what_is_not_redrawn))
