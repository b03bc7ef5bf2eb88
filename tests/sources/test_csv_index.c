/* Tests of sources/csv_scan.h and csv_index.h: the fast passes against the exact one, on bytes that
 * are mostly separators, line ends and quotes. */
#include "sources/csv_index.h"

#include "engine/base/lanes.h"
#include "engine/base/mem.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { BYTES_MAX = 1200 };

static const struct csv_dialect plain_dialect = {
    .delimiter = ',',
    .quote = '"',
    .has_quote = true,
    .n_columns = 2,
    .record_bytes_max = 1 << 20,
};

/* A pass that understands nothing, so that the exact one is taken. */
static void scan_nothing(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                         uint32_t *marks, struct csv_scan *out)
{
    (void)dialect;
    (void)bytes;
    (void)begin;
    (void)marks;
    *out = (struct csv_scan){.odd = true};
}

/* Bytes of an exactly sized buffer, so that ASan sees a read beyond it. */
static uint8_t *random_bytes(struct rng *rng, uint32_t len, const char *alphabet)
{
    uint8_t *bytes = mem_alloc(len);
    uint32_t letters = (uint32_t)strlen(alphabet);
    for (uint32_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)alphabet[rng_below(rng, letters)];
    }
    return bytes;
}

static uint32_t put(uint8_t *bytes, uint32_t at, uint32_t len, const char *text)
{
    while (*text != 0 && at < len) {
        bytes[at++] = (uint8_t)*text++;
    }
    return at;
}

/* Well-formed records: quotes only where they may be. */
static uint8_t *random_records(struct rng *rng, uint32_t len)
{
    static const char *const fields[] = {"",
                                         "a",
                                         "bcdefgh",
                                         "\"\"",
                                         "\"x,y\"",
                                         "\"\"\"\"",
                                         "\"l\nm\"",
                                         "\"said \"\"z\"\"\"",
                                         "1234567890123"};
    static const char *const ends[] = {",", ",", "\n", "\r\n"};
    uint8_t *bytes = mem_alloc(len);
    uint32_t at = 0;
    while (at < len) {
        at = put(bytes, at, len, fields[rng_below(rng, sizeof fields / sizeof *fields)]);
        at = put(bytes, at, len, ends[rng_below(rng, sizeof ends / sizeof *ends)]);
    }
    return bytes;
}

static void compare_passes(struct rng *rng, const struct csv_dialect *dialect, struct slice bytes,
                           uint32_t begin)
{
    static uint32_t a[BYTES_MAX + LANES_SLACK];
    static uint32_t b[BYTES_MAX + LANES_SLACK];
    struct csv_scan plain;
    struct csv_scan wide;
    csv_scan_plain(dialect, bytes, begin, a, &plain);
    csv_scan_choose()(dialect, bytes, begin, b, &wide);
    RNG_CHECK(rng, plain.n_marks == wide.n_marks && plain.n_lines == wide.n_lines);
    RNG_CHECK(rng, plain.odd == wide.odd && plain.inside == wide.inside);
    RNG_CHECK(rng, plain.has_quotes == wide.has_quotes);
    RNG_CHECK(rng, memcmp(a, b, plain.n_marks * sizeof *a) == 0);
}

static void compare_index(struct rng *rng, const struct csv_dialect *dialect, struct slice bytes,
                          bool is_final)
{
    struct csv_index fast;
    struct csv_index exact;
    csv_index_init(&fast, dialect);
    csv_index_init(&exact, dialect);
    exact.scan = scan_nothing;
    uint32_t end = csv_index_block(&fast, bytes, 0, is_final);
    RNG_CHECK(rng, end == csv_index_block(&exact, bytes, 0, is_final));
    RNG_CHECK(rng, fast.n_records == exact.n_records && fast.n_bads == exact.n_bads);
    for (uint32_t r = 0; r < fast.n_records; r++) {
        const uint32_t *x = csv_index_marks(&fast, r);
        const uint32_t *y = csv_index_marks(&exact, r);
        RNG_CHECK(rng, memcmp(x - 1, y - 1, (dialect->n_columns + 1) * sizeof *x) == 0);
        struct slice record = csv_index_record(&fast, bytes, r);
        RNG_CHECK(rng, slice_equal(record, csv_index_record(&exact, bytes, r)));
    }
    for (uint32_t i = 0; i < fast.n_bads; i++) {
        const struct csv_bad *x = &fast.bads[i];
        const struct csv_bad *y = &exact.bads[i];
        RNG_CHECK(rng, x->begin == y->begin && x->end == y->end && x->before == y->before);
        RNG_CHECK(rng, strcmp(x->reason, y->reason) == 0);
    }
    RNG_CHECK(rng, fast.marks.skipping == exact.marks.skipping);
    csv_index_release(&fast);
    csv_index_release(&exact);
}

static uint32_t random_length(struct rng *rng)
{
    static const uint32_t edges[] = EDGE_LENGTHS;
    return rng_once_in(rng, 3) ? edges[rng_below(rng, sizeof edges / sizeof *edges)]
                               : (uint32_t)rng_below(rng, 200);
}

static struct csv_dialect random_dialect(struct rng *rng)
{
    struct csv_dialect dialect = plain_dialect;
    dialect.n_columns = 1 + (uint32_t)rng_below(rng, 3);
    dialect.has_quote = !rng_once_in(rng, 5);
    dialect.record_bytes_max = rng_once_in(rng, 2) ? 1 << 20 : 1 + (uint32_t)rng_below(rng, 40);
    if (rng_once_in(rng, 4)) {
        dialect.has_comment = true;
        dialect.comment = '#';
    }
    if (rng_once_in(rng, 4) && dialect.has_quote) {
        dialect.has_escape = true;
        dialect.escape = '\\';
    }
    return dialect;
}

static void test_fast_passes_agree_with_the_exact_one(void **state)
{
    (void)state;
    static const char *const alphabets[] = {"a,\"\n", "aaaaaa,,\"\n\r", "aaaaaaaaaaaaaaaa,\n\r",
                                            "a,\"\"\"\n\r#\\"};
    struct rng rng;
    rng_init(&rng);
    for (int i = 0; i < 6000; i++) {
        uint32_t len = random_length(&rng);
        const char *alphabet = alphabets[rng_below(&rng, 4)];
        uint8_t *at =
            rng_once_in(&rng, 2) ? random_records(&rng, len) : random_bytes(&rng, len, alphabet);
        struct csv_dialect dialect = random_dialect(&rng);
        struct slice bytes = slice_of(at, len);
        compare_passes(&rng, &dialect, bytes, (uint32_t)rng_below(&rng, len + 1));
        compare_index(&rng, &dialect, bytes, rng_once_in(&rng, 2));
        mem_free(at);
    }
}

/* Plain files must not take the slow way, or nobody would notice that they do. */
static void test_usual_quotes_are_not_odd(void **state)
{
    (void)state;
    uint32_t marks[256 + LANES_SLACK];
    struct csv_scan scan;
    static const char *const usual[] = {
        "\"a\",b\r\n\"c\"\"d\",\"\"\n",
        "a,\"x,y\"\r\nb,\"\"\"q\"\"\"\r\n",
        "0123456789012345678901234567890123456789012345678901234567890,\"\"\"\",\"\"\"b\"\n",
        "012345678901234567890123456789012345678901234567890123456789,\"a\"\r\n\"b\",c\n",
    };
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        csv_scan_choose()(&plain_dialect, slice_text(usual[i]), 0, marks, &scan);
        assert_false(scan.odd);
        assert_true(scan.has_quotes);
        assert_false(scan.inside);
    }
    static const char *const odd[] = {"a\"b\",c\n", "\"a\"b,c\n", "\"a\"\rb,c\n", "a,b \"c\"\n"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        csv_scan_choose()(&plain_dialect, slice_text(odd[i]), 0, marks, &scan);
        assert_true(scan.odd);
    }
}

static void test_regular_blocks_have_no_table(void **state)
{
    (void)state;
    struct csv_index index;
    csv_index_init(&index, &plain_dialect);
    assert_int_equal(csv_index_block(&index, slice_text("a,b\n\"c\",d\r\ne,"), 0, false), 11);
    assert_true(index.is_regular);
    assert_int_equal(index.n_records, 2);
    assert_int_equal(csv_index_block(&index, slice_text("a,b\n\n\"c\",d"), 0, true), 10);
    assert_false(index.is_regular);
    assert_int_equal(index.n_records, 2);
    csv_index_release(&index);
}

TEST_MAIN(cmocka_unit_test(test_fast_passes_agree_with_the_exact_one),
          cmocka_unit_test(test_usual_quotes_are_not_odd),
          cmocka_unit_test(test_regular_blocks_have_no_table))
