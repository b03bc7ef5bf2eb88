/* Tests of sources/line_decoder.c, line_index.h and mark_scan.h. */
#include "sources/line_index.h"

#include "engine/base/lanes.h"
#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void expect(const char *columns, const char *options, const char *text, const char *rows,
                   const char *rejects)
{
    struct decoding d;
    decoding_init(&d, &line_decoder_kind, columns, options);
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), rows);
    assert_string_equal(decoding_rejects(&d), rejects);
    decoding_release(&d);
}

static void test_lines(void **state)
{
    (void)state;
    expect("line TEXT", NULL, "a\n\nb\r\nc", "0: a\n2: \n3: b\n6: c\n", "");
    expect("x TEXT", NULL, "", "", "");
    expect("line TEXT", NULL, "\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", "3: one\n7: \xef\xbb\xbftwo\n",
           "");
    expect("line TEXT", "max_line=3", "abc\nabcd\nab\nabcdefg", "0: abc\n9: ab\n",
           "4 - line too long [abc]\n12 - line too long [abc]\n");
}

static void test_stamps_at_the_start(void **state)
{
    (void)state;
    expect("line TEXT, ts TIMESTAMP", NULL,
           "2026-01-05T09:00:00.250Z INFO up\n[2026-01-05 09:00:01] INFO up\n"
           "[Sun Dec 04 04:47:44 2005] [notice] x\n17/May/2015:10:05:03 +0000 y\nnever z\n",
           "0: 2026-01-05T09:00:00.250Z INFO up, 2026-01-05T09:00:00.250Z\n"
           "33: [2026-01-05 09:00:01] INFO up, 2026-01-05T09:00:01Z\n"
           "63: [Sun Dec 04 04:47:44 2005] [notice] x, 2005-12-04T04:47:44Z\n"
           "101: 17/May/2015:10:05:03 +0000 y, 2015-05-17T10:05:03Z\n",
           "130 ts bad timestamp [never z]\n");
    expect("ts TIMESTAMP", "timestamp=%H:%M %d.%m.%Y", "09:00 05.01.2026 tick\n",
           "0: 2026-01-05T09:00:00Z\n", "");
}

/* Stamps without a year are of the year nearest to when they came. */
static void test_year_comes_from_arrival(void **state)
{
    (void)state;
    struct decoding d;
    int64_t arrival_us = INT64_C(1767603600000000); /* 2026-01-05 */
    decoding_init(&d, &line_decoder_kind, "ts TIMESTAMP", NULL);
    d.config.arrival_us = &arrival_us;
    const char *text = "Dec 31 23:59:59 host app\nJan  1 00:00:00 host app\n";
    assert_int_equal(decoding_run(&d, slice_text(text), NULL, 0), OK);
    assert_string_equal(decoding_rows(&d), "0: 2025-12-31T23:59:59Z\n25: 2026-01-01T00:00:00Z\n");
    decoding_release(&d);
}

static void test_refuses_other_columns(void **state)
{
    (void)state;
    struct decoding d;
    decoding_init(&d, &line_decoder_kind, "line TEXT, n BIGINT", NULL);
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    assert_string_equal(d.err.text, "format line cannot fill column \"n\"");
    decoding_release(&d);
    decoding_init(&d, &line_decoder_kind, "a TEXT, b TEXT", NULL);
    assert_int_equal(decoding_run(&d, slice_text(""), NULL, 0), ERR_OPTION);
    decoding_release(&d);
}

static void run_needle(struct decoding *d, const char *needle, const char *options,
                       const char *text, const size_t *cuts, size_t n_cuts)
{
    decoding_init(d, &line_decoder_kind, "line TEXT", options);
    d->config.needle = slice_text(needle);
    assert_int_equal(decoding_run(d, slice_text(text), cuts, n_cuts), OK);
}

static void test_needle_finds_its_lines(void **state)
{
    (void)state;
    struct decoding d;
    const char *text = "ERROR a\nfine\nan ERROR ERROR\n\nERRO\nR\nbig ERROR here it is\n"
                       "long but no needle here\nERROR";
    run_needle(&d, "ERROR", "max_line=16", text, NULL, 0);
    assert_string_equal(decoding_rows(&d), "0: ERROR a\n13: an ERROR ERROR\n81: ERROR\n");
    assert_string_equal(decoding_rejects(&d), "36 - line too long [big ERROR here i]\n"
                                              "57 - line too long [long but no need]\n");
    struct bytebuf whole = {0};
    bytebuf_add_text(&whole, decoding_rows(&d));
    for (size_t cut = 0; cut < strlen(text); cut++) {
        struct decoding e;
        run_needle(&e, "ERROR", "max_line=16", text, &cut, 1);
        assert_string_equal(decoding_rows(&e), bytebuf_text(&whole));
        assert_string_equal(decoding_rejects(&e), decoding_rejects(&d));
        decoding_release(&e);
    }
    bytebuf_release(&whole);
    decoding_release(&d);
    run_needle(&d, "a\nb", NULL, "a\nb\n", NULL, 0); /* in no line, so it is no help */
    assert_string_equal(decoding_rows(&d), "0: a\n2: b\n");
    decoding_release(&d);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    const char *text =
        "\xef\xbb\xbf"
        "a\r\n\r\n\rb\r\r\nlonger than eight\nlonger than eight, too\r\nc\n12345678\n"
        "\n123456789\r\nd\r";
    struct decoding whole;
    decoding_init(&whole, &line_decoder_kind, "line TEXT", "max_line=8");
    assert_int_equal(decoding_run(&whole, slice_text(text), NULL, 0), OK);
    assert_int_equal(whole.n_rejects, 3);
    assert_int_equal(whole.n_rows, 7);
    size_t every[128];
    for (size_t cut = 0; cut < strlen(text); cut++) {
        struct decoding d;
        every[cut] = cut;
        decoding_init(&d, &line_decoder_kind, "line TEXT", "max_line=8");
        d.batch_rows = 1 + (uint32_t)(cut % 3);
        bool all = cut + 1 == strlen(text);
        const size_t *cuts = all ? every : &cut;
        assert_int_equal(decoding_run(&d, slice_text(text), cuts, all ? cut + 1 : 1), OK);
        assert_string_equal(decoding_rows(&d), decoding_rows(&whole));
        assert_string_equal(decoding_rejects(&d), decoding_rejects(&whole));
        decoding_release(&d);
    }
    decoding_release(&whole);
}

/* ---- mark_scan ------------------------------------------------------------------------------ */

static void test_marks_against_a_loop(void **state)
{
    (void)state;
    static const uint32_t lengths[] = EDGE_LENGTHS;
    static const char alphabet[] = "abcdefg\n\"[";
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < 7 * 40; i++) {
        uint32_t len = lengths[i % 7];
        uint8_t *bytes = mem_alloc(len);
        uint32_t *room = mem_alloc(4 * ((size_t)len + LANES_SLACK) * sizeof *room);
        struct mark_scan plain = {.marks = room, .line_ends = room + len + LANES_SLACK};
        struct mark_scan wide = {.marks = plain.line_ends + len + LANES_SLACK};
        wide.line_ends = wide.marks + len + LANES_SLACK;
        for (uint32_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t)alphabet[rng_below(&rng, sizeof alphabet - 1)];
        }
        uint8_t a = rng_once_in(&rng, 2) ? '"' : '\n';
        uint8_t b = rng_once_in(&rng, 2) ? '[' : '\n';
        uint32_t begin = (uint32_t)rng_below(&rng, len + 1);
        mark_scan_plain(slice_of(bytes, len), begin, a, b, &plain);
        mark_scan_choose()(slice_of(bytes, len), begin, a, b, &wide);
        uint32_t n = plain.n_marks;
        bool has_marks = a != '\n' || b != '\n';
        RNG_CHECK(&rng, n == wide.n_marks && plain.n_line_ends == wide.n_line_ends);
        uint32_t seen = 0;
        uint32_t n_ends = 0;
        for (uint32_t k = begin; k < len; k++) {
            if (bytes[k] == '\n' || bytes[k] == a || bytes[k] == b) {
                RNG_CHECK(&rng, seen < n && plain.marks[seen] == k && wide.marks[seen] == k);
                if (bytes[k] == '\n' && has_marks) {
                    RNG_CHECK(&rng, plain.line_ends[n_ends] == seen);
                    RNG_CHECK(&rng, wide.line_ends[n_ends] == seen);
                    n_ends++;
                }
                seen++;
            }
        }
        RNG_CHECK(&rng, seen == n && n_ends == plain.n_line_ends);
        mem_free(bytes);
        mem_free(room);
    }
}

static void test_search_against_memmem(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 4000; i++) {
        size_t len = rng_below(&rng, 300);
        size_t needle_len = 1 + rng_below(&rng, i % 10 == 0 ? 80 : 4);
        uint8_t *bytes = mem_alloc(len);
        uint8_t needle[128];
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t)('a' + rng_below(&rng, 3));
        }
        for (size_t k = 0; k < needle_len; k++) {
            needle[k] = (uint8_t)('a' + rng_below(&rng, 3));
        }
        struct slice hay = slice_of(bytes, len);
        struct slice wanted = slice_of(needle, needle_len);
        RNG_CHECK(&rng, byte_search_choose()(hay, wanted) == slice_find(hay, wanted));
        mem_free(bytes);
    }
}

TEST_MAIN(cmocka_unit_test(test_lines), cmocka_unit_test(test_stamps_at_the_start),
          cmocka_unit_test(test_year_comes_from_arrival),
          cmocka_unit_test(test_refuses_other_columns),
          cmocka_unit_test(test_needle_finds_its_lines), cmocka_unit_test(test_cut_anywhere),
          cmocka_unit_test(test_marks_against_a_loop), cmocka_unit_test(test_search_against_memmem))
