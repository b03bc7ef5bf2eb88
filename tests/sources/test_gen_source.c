/* Tests of sources/gen_data.h and gen_source.c. */
#include "sources/gen_data.h"

#include "engine/base/hash.h"
#include "engine/data/timestamp.h"
#include "sources/csv_decoder.h"
#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/sources/reading.h"
#include "tests/support/testing.h"

static void generate(struct bytebuf *out, const struct gen_options *options, size_t step)
{
    struct gen gen;
    size_t n;
    assert_int_equal(gen_init(&gen, options, NULL), OK);
    do {
        n = gen_fill(&gen, bytebuf_reserve(out, step), step, UINT64_MAX);
        out->len += n;
    } while (n > 0);
}

static void test_rows_do_not_depend_on_the_cut(void **state)
{
    (void)state;
    for (uint32_t i = 0; gen_names[i] != NULL; i++) {
        struct gen_options options = {.name = slice_text(gen_names[i]), .seed = 3, .rows = 2000};
        struct bytebuf whole = {0};
        struct bytebuf parts = {0};
        struct bytebuf other = {0};
        generate(&whole, &options, 1 << 20);
        generate(&parts, &options, GEN_ROW_BYTES_MAX);
        assert_int_equal(whole.len, parts.len);
        assert_memory_equal(whole.at, parts.at, whole.len);
        options.seed = 4;
        generate(&other, &options, 1 << 20);
        assert_true(other.len != whole.len || memcmp(other.at, whole.at, whole.len) != 0);
        bytebuf_release(&whole);
        bytebuf_release(&parts);
        bytebuf_release(&other);
    }
}

static void test_seek_gives_the_same_rows(void **state)
{
    (void)state;
    struct gen_options options = {.name = slice_text("atm"), .rows = 100000, .no_header = true};
    struct bytebuf whole = {0};
    generate(&whole, &options, 1 << 20);
    struct gen gen;
    uint8_t row[GEN_ROW_BYTES_MAX];
    size_t at = 0;
    assert_int_equal(gen_init(&gen, &options, NULL), OK);
    for (uint64_t i = 0; i < options.rows; i++) {
        if (i % 997 == 0) {
            gen_seek(&gen, i);
            size_t n = gen_fill(&gen, row, sizeof row, 1);
            assert_memory_equal(row, whole.at + at, n);
        }
        at += (size_t)((const uint8_t *)memchr(whole.at + at, '\n', whole.len - at) - whole.at) -
              at + 1;
    }
    assert_int_equal(at, whole.len);
    bytebuf_release(&whole);
}

/* Counts what the documentation promises of bank rows. */
static void test_bank_is_as_promised(void **state)
{
    (void)state;
    enum { ROWS = 20000 };
    struct bytebuf text = {0};
    generate(&text, &(struct gen_options){.name = slice_text("bank"), .rows = ROWS}, 1 << 20);
    struct decoding d;
    int time_column;
    decoding_init(&d, &csv_decoder_kind, NULL, NULL);
    size_t sample = 5000;
    while (text.at[sample - 1] != '\n') {
        sample--;
    }
    assert_int_equal(decoding_infer(&d, slice_of(text.at, sample), &time_column), OK);
    assert_int_equal(d.schema.n, 7);
    assert_int_equal(d.schema.fields[0].type.id, TYPE_TIMESTAMP);
    assert_int_equal(d.schema.fields[5].type.id, TYPE_DOUBLE);
    struct decoder *decoder;
    assert_int_equal(decoder_open(d.kind, &d.config, &decoder, &d.err), OK);
    assert_int_equal(decoder_block(decoder, bytebuf_slice(&text), true), text.len);
    uint32_t n;
    uint32_t rows = 0;
    uint32_t withdrawals = 0;
    uint32_t late = 0;
    int64_t time_max = 0;
    while ((n = decoder_next(decoder, BATCH_ROWS)) > 0) {
        struct arena arena;
        uint64_t reject[BATCH_WORDS] = {0};
        struct column ts;
        struct column kind;
        arena_init(&arena);
        decoder_column(decoder, &arena, 0, NULL, n, &ts, reject);
        decoder_column(decoder, &arena, 4, NULL, n, &kind, reject);
        for (uint32_t i = 0; i < n; i++) {
            withdrawals += slice_equal(text_slice(kind.text[i]), slice_text("withdrawal"));
            late += ts.i64[i] < time_max;
            time_max = ts.i64[i] > time_max ? ts.i64[i] : time_max;
            assert_true(time_max - ts.i64[i] <= 2 * US_PER_SECOND);
        }
        rows += n;
        arena_release(&arena);
    }
    assert_int_equal(d.n_rejects, 0);
    assert_int_equal(rows, ROWS);
    assert_in_range(withdrawals, ROWS * 29 / 100, ROWS * 31 / 100);
    assert_in_range(late, ROWS * 11 / 100, ROWS * 14 / 100);
    assert_int_equal(time_max / US_PER_SECOND, GEN_START_US / US_PER_SECOND + 1);
    assert_in_range(text.len / ROWS, 80, 90);
    decoder_close(decoder);
    decoding_release(&d);
    bytebuf_release(&text);
}

static void test_bounds(void **state)
{
    (void)state;
    struct gen gen;
    struct error err;
    assert_int_equal(gen_init(&gen, &(struct gen_options){.name = slice_text("bnak")}, &err),
                     ERR_OPTION);
    assert_string_equal(err.text, "nothing generates \"bnak\"");
    struct gen_options options = {.name = slice_text("rows"), .rows_per_second = -1};
    assert_int_equal(gen_init(&gen, &options, &err), ERR_OPTION);
}

/* ---- the source ----------------------------------------------------------------------------- */

static void test_source_reads_rows(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows?rows=3&header=false"), OK);
    assert_int_equal(source_flags(r.source), SOURCE_REPLAYABLE | SOURCE_FINITE);
    const char *whole = arena_text(&r.arena, reading_until_again(&r, 4096));
    assert_int_equal(strncmp(whole, "0:0,", 4), 0);
    assert_string_equal(whole + strlen(whole) - 4, "\n0.!");

    /* The same in pieces smaller than a row. */
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen:rows?rows=3&header=false"), OK);
    struct bytebuf joined = {0};
    do {
        bytebuf_clear(&r.log);
        if (reading_step(&r, 1) == SOURCE_MORE) {
            assert_int_equal(r.log.len, 3);
            bytebuf_add_byte(&joined, r.log.at[2]);
        }
    } while (r.last == SOURCE_MORE);
    assert_int_equal(joined.len, strlen(whole) - 5);
    assert_memory_equal(joined.at, whole + 2, joined.len);
    bytebuf_release(&joined);
    reading_release(&r);
}

static void test_source_keeps_its_rate(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows?rate=10&header=false"), OK);
    assert_int_equal(source_flags(r.source), SOURCE_REPLAYABLE);
    assert_string_equal(reading_until_again(&r, 4096), "");
    assert_int_equal(source_wake_us(r.source), r.clock.at_us + 100000);
    r.clock.at_us += 250000;
    const char *two = reading_until_again(&r, 4096);
    assert_non_null(strstr(two, "\n1,"));
    assert_null(strstr(two, "\n2,"));
    assert_int_equal(source_wake_us(r.source), r.clock.at_us + 50000);
    reading_release(&r);
}

static void test_source_goes_on_anywhere(void **state)
{
    (void)state;
    const char *uri = "gen://bank?rows=5000&seed=9";
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &gen_source_kind, uri), OK);
    struct bytebuf whole = {0};
    uint8_t room[3000];
    size_t n = 0;
    uint64_t pos[] = {0, 1, 30, 37, 38, 1000, 65536, 70001, 300000};
    do {
        assert_int_equal(source_read(r.source, 0, room, sizeof room, &n, &r.err), OK);
        bytebuf_add(&whole, room, n);
    } while (n > 0);
    for (size_t i = 0; i < sizeof pos / sizeof *pos; i++) {
        /* Everything up to the end was read, but the bytes behind pos are not done. */
        uint64_t unused = whole.len - pos[i];
        const char *offsets = arena_text(&r.arena, reading_offsets(&r, &unused));
        struct reading again;
        reading_init(&again);
        assert_int_equal(reading_resume(&again, &gen_source_kind, uri, offsets), OK);
        assert_int_equal(source_read(again.source, 0, room, sizeof room, &n, &r.err), OK);
        assert_true(n > 0);
        assert_memory_equal(room, whole.at + pos[i], n);
        assert_true(strstr(offsets, "row=0") == NULL || pos[i] < 70000);
        reading_release(&again);
    }
    assert_int_equal(reading_resume(&r, &gen_source_kind, uri, "row=1 pos=2"), ERR_STATE);
    assert_int_equal(reading_resume(&r, &gen_source_kind, uri, "row=6000 skip=0 pos=2"), ERR_STATE);
    assert_int_equal(reading_resume(&r, &gen_source_kind, uri, "row=4999 skip=500 pos=999"),
                     ERR_STATE);
    bytebuf_release(&whole);
    reading_release(&r);
}

static void test_source_options(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://nothing"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows?rows=0"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows?start=soon"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows?raet=5"), ERR_OPTION);
    assert_string_equal(r.err.hint, "did you mean \"rate\"?");
    r.config.once = true;
    assert_int_equal(reading_open(&r, &gen_source_kind, "gen://rows"), ERR_OPTION);
    assert_string_equal(r.err.text, "\"gen://rows\" has no end");
    reading_release(&r);
}

TEST_MAIN(cmocka_unit_test(test_rows_do_not_depend_on_the_cut),
          cmocka_unit_test(test_seek_gives_the_same_rows),
          cmocka_unit_test(test_bank_is_as_promised), cmocka_unit_test(test_bounds),
          cmocka_unit_test(test_source_reads_rows), cmocka_unit_test(test_source_keeps_its_rate),
          cmocka_unit_test(test_source_goes_on_anywhere), cmocka_unit_test(test_source_options))
