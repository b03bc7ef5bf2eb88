/* The result of a query as it is at present: rows that change, a whole said again and again, rows
 * that stay; and the table over it, read through its own source and decoder. */
#include "tests/support/testing.h"

#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/run/present.h"
#include "tests/support/builders.h"

#define SECOND US_PER_SECOND

struct fixture {
    struct hand_clock clock;
    struct arena arena;
    struct plan_node node;
    struct plan plan;
    struct present *present;
};

/* A result with these columns; the last `n_hidden` of them are keys that nobody sees. */
static void fixture_init(struct fixture *f, const char *columns, uint32_t n_hidden)
{
    *f = (struct fixture){.node = {.kind = PLAN_PROJECT, .time_column = -1}};
    hand_clock_init(&f->clock, 1000 * SECOND);
    arena_init(&f->arena);
    f->node.schema = *schema_from_text(&f->arena, columns);
    for (uint32_t i = 0; i < n_hidden; i++) {
        f->node.schema.fields[f->node.schema.n - 1 - i].hidden = true;
    }
    f->plan = (struct plan){.name = slice_text("q"), .root = &f->node};
}

/* Rows are replaced by one column. */
static void change_by(struct fixture *f, const uint32_t *key)
{
    f->plan.changes = true;
    f->plan.keys = key;
    f->plan.n_keys = 1;
}

static void keep(struct fixture *f, int64_t age_us, int64_t bytes)
{
    const struct retain limits = {.age_us = age_us, .bytes = bytes};
    f->present = present_new(&f->clock.clock, &f->plan, &limits);
}

static void fixture_release(struct fixture *f)
{
    present_free(f->present);
    arena_release(&f->arena);
}

/* `ops` has a + or - for each row; NULL: rows that stay. */
static void leave(struct fixture *f, const char *ops, const char *rows)
{
    struct arena arena;
    struct batch batch;
    arena_init(&arena);
    batch_from_text(&batch, &f->node.schema, &arena, rows);
    batch.ops = (const uint8_t *)ops;
    present_write(f->present, &batch);
    arena_release(&arena);
    if (f->plan.emit.kind != EMIT_COMPLETE) {
        present_flush(f->present);
    }
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static void reject(void *owner, uint64_t offset, struct slice record, int column,
                   const char *reason)
{
    (void)owner, (void)offset, (void)record, (void)column;
    fail_msg("%s", reason);
}

struct reading {
    struct arena arena;
    struct stream_def table;
    struct schema visible;
    struct source *source;
    struct decoder *decoder;
    struct reject_sink reject;
    struct decoder_config decoder_config;
    struct source_config source_config;
};

static void open_reading(struct reading *r, struct fixture *f)
{
    struct error err;
    *r = (struct reading){.reject = {.reject = reject}};
    arena_init(&r->arena);
    options_init(&r->table.options, &r->arena);
    present_define(f->present, &r->arena, &r->table);
    r->visible = (struct schema){r->table.n_visible, r->table.schema.fields};
    r->source_config = (struct source_config){
        .uri = &r->table.uri,
        .options = &r->table.options,
        .fs = fs_system(),
        .clock = &f->clock.clock,
    };
    r->decoder_config = (struct decoder_config){
        .schema = &r->visible,
        .options = &r->table.options,
        .query = &r->arena,
        .reject = &r->reject,
    };
    assert_int_equal(source_open(r->table.source, &r->source_config, &r->source, &err), OK);
    assert_int_equal(decoder_open(r->table.decoder, &r->decoder_config, &r->decoder, &err), OK);
}

static void close_reading(struct reading *r)
{
    source_close(r->source);
    decoder_close(r->decoder);
    arena_release(&r->arena);
}

/* Columns of the rows that are there, but for the first: a filter has dropped it. */
static void decode_rows(struct reading *r, uint32_t n, uint32_t first, struct bytebuf *out)
{
    uint32_t rows[BATCH_ROWS];
    uint64_t rejected[BATCH_WORDS] = {0};
    struct batch batch;
    for (uint32_t i = 0; i < n - first; i++) {
        rows[i] = first + i;
    }
    batch_init(&batch, &r->visible, &r->arena);
    batch.n = n - first;
    for (uint32_t c = 0; c < r->visible.n; c++) {
        decoder_column(r->decoder, &r->arena, c, first == 0 ? NULL : rows, batch.n,
                       &batch.columns[c], rejected);
    }
    bytebuf_add_text(out, batch_to_text(&r->arena, &batch));
}

/* All rows, in blocks of at most `cap` bytes and what is left of the one before. */
static void read_rows(struct reading *r, size_t cap, uint32_t first, struct bytebuf *out)
{
    enum { BLOCK_MAX = 1 << 16 };
    uint8_t *block = mem_alloc(BLOCK_MAX);
    size_t len = 0;
    struct error err;
    for (;;) {
        uint32_t split;
        enum source_state what;
        size_t n;
        assert_int_equal(source_poll(r->source, &split, &what, &err), OK);
        if (what != SOURCE_MORE) {
            assert_true(what == SOURCE_DONE || what == SOURCE_ENDED);
            break;
        }
        assert_int_equal(source_read(r->source, split, block + len, cap, &n, &err), OK);
        len += n;
        size_t done = decoder_block(r->decoder, slice_of(block, len), false);
        for (uint32_t rows; (rows = decoder_next(r->decoder, BATCH_ROWS)) > 0;) {
            decode_rows(r, rows, first, out);
        }
        memmove(block, block + done, len - done);
        len -= done;
    }
    assert_int_equal(len, 0);
    mem_free(block);
}

static void expect(struct fixture *f, const char *rows)
{
    struct reading r;
    struct bytebuf got = {0};
    open_reading(&r, f);
    read_rows(&r, 1 << 15, 0, &got);
    assert_string_equal(bytebuf_text(&got), rows);
    close_reading(&r);
    bytebuf_release(&got);
}

static const uint32_t key_n[] = {0};
static const uint32_t key_k[] = {1};

/* ---- tests ------------------------------------------------------------------------------------
 */

static void test_rows_that_stay(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, "t TEXT, n BIGINT, b BOOLEAN, d DOUBLE, m DECIMAL(9,2), at TIMESTAMP", 0);
    keep(&f, 0, 1 << 20);
    expect(&f, "");
    leave(&f, NULL,
          "'a,b', 1, true, 1.5, 2.50, 2026-01-05T09:00:00Z\nNULL, NULL, NULL, NULL, NULL, NULL\n");
    f.clock.at_us += SECOND;
    leave(&f, NULL, "'', -1, false, 0, 0, 1969-01-05T09:00:00Z\n");
    present_flush(f.present);
    expect(&f, "a,b, 1, true, 1.5, 2.50, 2026-01-05T09:00:00Z\nNULL, NULL, NULL, NULL, NULL, NULL\n"
               ", -1, false, 0, 0.00, 1969-01-05T09:00:00Z\n");
    present_measure(f.present, &is);
    assert_int_equal(is.since_us, 1000 * SECOND);
    assert_false(is.by_bytes);
    fixture_release(&f);
}

/* Small batches lie together; the pieces they are read in end where they must, and no row waits. */
static void test_many_small_batches(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf wanted = {0};
    struct retained_state is;
    fixture_init(&f, "n BIGINT, t TEXT", 0);
    keep(&f, 0, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        struct arena arena;
        struct batch batch;
        char row[64];
        snprintf(row, sizeof row, "%d, %.*s\n", i, i % 7, "abcdefg");
        bytebuf_add_text(&wanted, row);
        arena_init(&arena);
        batch_from_text(&batch, &f.node.schema, &arena, row);
        present_write(f.present, &batch);
        arena_release(&arena);
        if (i % 1000 == 999) {
            expect(&f, bytebuf_text(&wanted));
        }
    }
    present_flush(f.present);
    expect(&f, bytebuf_text(&wanted));
    present_measure(f.present, &is);
    assert_int_equal(is.rows, 3000);
    bytebuf_release(&wanted);
    fixture_release(&f);
}

static void test_their_age(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT", 0);
    keep(&f, 10 * SECOND, 1 << 20);
    leave(&f, NULL, "1\n");
    f.clock.at_us += 8 * SECOND;
    leave(&f, NULL, "2\n");
    expect(&f, "1\n2\n");
    f.clock.at_us += 3 * SECOND;
    expect(&f, "2\n");
    fixture_release(&f);
}

/* Of a batch with much text no more is kept than what there is room for. */
static void test_long_texts(void **state)
{
    (void)state;
    enum { ROWS = 12, TEXT_BYTES = 1 << 20 };
    uint8_t *text = mem_alloc(TEXT_BYTES);
    memset(text, 'x', TEXT_BYTES);
    for (int kind = 0; kind < 2; kind++) {
        struct fixture f;
        struct retained_state is;
        struct batch batch;
        struct arena arena;
        fixture_init(&f, "n BIGINT, k TEXT", 0);
        f.plan.changes = kind == 1;
        f.plan.keys = key_n;
        f.plan.n_keys = 1;
        keep(&f, 0, 3 * TEXT_BYTES);
        arena_init(&arena);
        batch_from_text(&batch, &f.node.schema, &arena,
                        "1, a\n2, a\n3, a\n4, a\n5, a\n6, a\n7, a\n8, a\n9, a\n10, a\n11, a\n"
                        "12, a\n");
        struct text *texts = arena_alloc(&arena, ROWS * sizeof *texts);
        for (uint32_t i = 0; i < ROWS; i++) {
            texts[i] = (struct text){text, TEXT_BYTES};
        }
        batch.columns[1].text = texts;
        present_write(f.present, &batch);
        present_flush(f.present);
        arena_release(&arena);
        present_measure(f.present, &is);
        assert_int_equal(is.rows, 2); /* and what stands in front of them */
        assert_true(is.by_bytes);
        fixture_release(&f);
    }
    mem_free(text);
}

/* What is too large to be kept takes the place of what its key had all the same, or takes it out.
 * The text is not read. */
static void test_rows_that_are_too_large(void **state)
{
    (void)state;
    enum { TOO_MANY_BYTES = (1 << 29) + 1 };
    struct fixture f;
    struct retained_state is;
    struct batch batch;
    struct arena arena;
    fixture_init(&f, "n BIGINT, k TEXT", 0);
    change_by(&f, key_n);
    keep(&f, 0, 1 << 20);
    leave(&f, "++++", "1, one\n2, two\n3, three\n4, four\n");
    arena_init(&arena);
    batch_from_text(&batch, &f.node.schema, &arena, "1, a\n2, b\n3, c\n5, e\n");
    struct text *texts = arena_alloc(&arena, 4 * sizeof *texts);
    memcpy(texts, batch.columns[1].text, 4 * sizeof *texts);
    texts[0].len = texts[1].len = texts[3].len = TOO_MANY_BYTES;
    batch.columns[1].text = texts;
    batch.ops = (const uint8_t *)"+-++";
    present_write(f.present, &batch);
    present_flush(f.present);
    arena_release(&arena);
    expect(&f, "3, c\n4, four\n");
    present_measure(f.present, &is);
    assert_true(is.by_bytes);
    fixture_release(&f);
}

/* A clock that is set back does not make rows older than those before them. */
static void test_the_clock_goes_back(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, "n BIGINT", 0);
    keep(&f, 0, 200);
    leave(&f, NULL, "1\n");
    f.clock.at_us -= 500 * SECOND;
    for (int i = 0; i < 20; i++) {
        leave(&f, NULL, "2\n");
    }
    present_measure(f.present, &is);
    assert_int_equal(is.since_us, 1000 * SECOND);
    assert_true(is.by_bytes);
    assert_true(is.bytes <= 200);
    fixture_release(&f);
}

static void test_rows_that_change(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, "n BIGINT, k TEXT", 0);
    change_by(&f, key_k);
    keep(&f, SECOND, 1 << 20); /* an age is for rows that stay */
    expect(&f, "");
    leave(&f, "+++", "1, b\n2, a\n3, NULL\n");
    present_flush(f.present);
    f.clock.at_us += 60 * SECOND;
    leave(&f, "-+", "1, b\n4, NULL\n");
    leave(&f, NULL, "5, 'a longer key than is kept in line'\n"); /* all of them new */
    expect(&f, "2, a\n5, a longer key than is kept in line\n4, NULL\n");
    present_measure(f.present, &is);
    assert_int_equal(is.since_us, 1000 * SECOND);
    fixture_release(&f);
}

/* GROUP BY k without k in the SELECT list: two rows that look the same are two. */
static void test_keys_that_nobody_sees(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT NOT NULL, k TEXT", 1);
    change_by(&f, key_k);
    keep(&f, 0, 1 << 20);
    leave(&f, "+++", "1, b\n1, a\n7, c\n");
    leave(&f, "-", "7, c\n");
    expect(&f, "1\n1\n");
    struct reading r;
    open_reading(&r, &f);
    assert_int_equal(r.table.n_visible, 1);
    assert_int_equal(r.table.schema.n, 1 + HIDDEN_OF_BYTES);
    close_reading(&r);
    fixture_release(&f);
}

static void test_little_room(void **state)
{
    (void)state;
    struct fixture f;
    struct retained_state is;
    fixture_init(&f, "n BIGINT, k TEXT", 0);
    change_by(&f, key_k);
    keep(&f, 0, 300);
    leave(&f, "+++", "1, a\n2, b\n3, c\n");
    f.clock.at_us += SECOND;
    leave(&f, "+", "4, b\n");
    present_measure(f.present, &is);
    assert_true(is.by_bytes);
    assert_true(is.bytes <= 300);
    expect(&f, "4, b\n3, c\n");
    fixture_release(&f);
}

/* What is being said shows when all of it is there. */
static void test_a_whole_each_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT", 0);
    f.plan.emit.kind = EMIT_COMPLETE;
    keep(&f, 0, 1 << 20);
    expect(&f, "");
    leave(&f, NULL, "3\n1\n");
    expect(&f, "");
    present_flush(f.present);
    expect(&f, "3\n1\n");
    leave(&f, NULL, "4\n");
    leave(&f, NULL, "5\n");
    expect(&f, "3\n1\n");
    present_flush(f.present);
    expect(&f, "4\n5\n");
    present_flush(f.present); /* no row has passed HAVING */
    expect(&f, "");
    fixture_release(&f);
}

/* A source sees what was there when it was opened, also when that is gone. */
static void test_a_source_holds_what_it_reads(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct fixture f;
        struct reading r;
        struct bytebuf got = {0};
        fixture_init(&f, "n BIGINT, k TEXT", 0);
        f.plan.changes = kind == 0;
        f.plan.emit.kind = kind == 1 ? EMIT_COMPLETE : EMIT_CLOSE;
        f.plan.keys = key_k;
        f.plan.n_keys = 1;
        keep(&f, 0, 4096);
        leave(&f, NULL, "1, a\n2, b\n");
        present_flush(f.present);
        open_reading(&r, &f);
        for (int i = 0; i < 100; i++) {
            leave(&f, NULL, "9, a\n8, b\n");
            present_flush(f.present);
        }
        present_free(f.present);
        f.present = NULL;
        read_rows(&r, 5, 0, &got); /* few bytes at a time */
        assert_string_equal(bytebuf_text(&got), "1, a\n2, b\n");
        close_reading(&r);
        bytebuf_release(&got);
        fixture_release(&f);
    }
}

/* Columns are decoded for the rows that are left. */
static void test_rows_that_are_left(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    struct bytebuf got = {0};
    fixture_init(&f, "k TEXT, b BOOLEAN", 0);
    keep(&f, 0, 1 << 20);
    leave(&f, NULL, "a, true\nb, NULL\nNULL, false\n");
    open_reading(&r, &f);
    read_rows(&r, 1 << 15, 1, &got);
    assert_string_equal(bytebuf_text(&got), "b, NULL\nNULL, false\n");
    close_reading(&r);
    bytebuf_release(&got);
    fixture_release(&f);
}

/* Rows that only pass go on with their time; of windows nobody could say which. */
static void test_event_time(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    const struct plan_node aggregate = {.kind = PLAN_AGGREGATE};
    fixture_init(&f, "n BIGINT, ts TIMESTAMP", 0);
    f.node.time_column = 1;
    keep(&f, 0, 1 << 20);
    open_reading(&r, &f);
    assert_int_equal(r.table.time_column, 1);
    assert_int_equal(r.table.time_origin, TIME_FROM_RESULT);
    close_reading(&r);
    present_free(f.present);
    f.node.input = &aggregate;
    keep(&f, 0, 1 << 20);
    open_reading(&r, &f);
    assert_int_equal(r.table.time_column, -1);
    assert_int_equal(r.table.time_origin, TIME_FROM_ARRIVAL);
    close_reading(&r);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_rows_that_stay), cmocka_unit_test(test_many_small_batches),
          cmocka_unit_test(test_their_age), cmocka_unit_test(test_long_texts),
          cmocka_unit_test(test_rows_that_are_too_large),
          cmocka_unit_test(test_the_clock_goes_back), cmocka_unit_test(test_rows_that_change),
          cmocka_unit_test(test_keys_that_nobody_sees), cmocka_unit_test(test_little_room),
          cmocka_unit_test(test_a_whole_each_time),
          cmocka_unit_test(test_a_source_holds_what_it_reads),
          cmocka_unit_test(test_rows_that_are_left), cmocka_unit_test(test_event_time))
