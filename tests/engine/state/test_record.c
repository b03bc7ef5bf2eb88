/* record: rows come back as they were, from memory and from saved bytes. */
#include "tests/support/testing.h"

#include "engine/state/record.h"
#include "tests/support/builders.h"
#include "tests/support/random_rows.h"

static const char all_types[] = "t TEXT, b BOOLEAN, i BIGINT NOT NULL, f DOUBLE, d DECIMAL(12,2), "
                                "at TIMESTAMP NOT NULL, u TEXT NOT NULL, x TEXT";
static const char no_nulls[] = "i BIGINT NOT NULL, b BOOLEAN NOT NULL, f DOUBLE NOT NULL";

/* The records of all rows, each in a place of its own. */
static const uint8_t **write_all(const struct record_layout *layout, const struct batch *batch,
                                 const uint32_t *rows, uint32_t n)
{
    uint32_t sizes[BATCH_ROWS];
    uint8_t **at = arena_alloc(batch->arena, n * sizeof *at);
    record_sizes(layout, batch, rows, n, sizes);
    for (uint32_t i = 0; i < n; i++) {
        at[i] = arena_alloc(batch->arena, sizes[i]);
        memset(at[i], 0xee, sizes[i]);
    }
    record_write(layout, batch, rows, n, at);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(record_bytes(layout, at[i]), sizes[i]);
        assert_int_equal(sizes[i] % 8, 0);
    }
    return (const uint8_t **)at;
}

static void check_round_trip(struct rng *rng, const char *columns, uint32_t n)
{
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, columns);
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, NULL);
    struct batch batch;
    struct batch back;
    batch_random(&batch, schema, &arena, rng, n);
    const uint8_t **records = write_all(&layout, &batch, NULL, n);
    record_read(&layout, records, n, &arena, &back);
    RNG_CHECK(rng, batch_equal(&batch, &back));

    struct bytebuf saved = {0};
    for (uint32_t i = 0; i < n; i++) {
        record_save(&layout, records[i], &saved);
    }
    struct reader in = reader_of(bytebuf_slice(&saved));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bytes;
        records[i] = record_load(&layout, &in, &arena, &bytes);
        RNG_CHECK(rng, records[i] != NULL && bytes == record_bytes(&layout, records[i]));
    }
    RNG_CHECK(rng, reader_ok(&in) && reader_left(&in) == 0);
    record_read(&layout, records, n, &arena, &back);
    RNG_CHECK(rng, batch_equal(&batch, &back));
    bytebuf_release(&saved);
    arena_release(&arena);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        check_round_trip(&rng, all_types, lengths[i]);
        check_round_trip(&rng, no_nulls, lengths[i]);
    }
}

/* More columns than a word of the bitmap has bits. */
static void test_many_columns(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {63, 64, 65, 128, 130};
    static const char *const types[] = {"BIGINT", "TEXT", "BOOLEAN", "DOUBLE NOT NULL"};
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct bytebuf columns = {0};
        for (uint32_t c = 0; c < lengths[i]; c++) {
            bytebuf_printf(&columns, "%sc%u %s", c == 0 ? "" : ", ", c, types[c % 4]);
        }
        check_round_trip(&rng, bytebuf_text(&columns), 40);
        bytebuf_release(&columns);
    }
}

/* All rows of a batch at once are the same records, one behind the other. */
static void test_all_at_once(void **state)
{
    (void)state;
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    rng_init(&rng);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct arena arena;
        arena_init(&arena);
        const struct schema *schema = schema_from_text(&arena, all_types);
        struct record_layout layout;
        record_layout_init(&layout, &arena, schema, NULL);
        struct batch batch;
        batch_random(&batch, schema, &arena, &rng, lengths[i]);
        const uint8_t **wanted = write_all(&layout, &batch, NULL, batch.n);
        struct slice *records = arena_alloc(&arena, batch.n * sizeof *records);
        struct slice all = record_write_all(&layout, &batch, &arena, records);
        size_t at = 0;
        for (uint32_t r = 0; r < batch.n; r++) {
            struct slice record = slice_of(wanted[r], record_bytes(&layout, wanted[r]));
            RNG_CHECK(&rng, records[r].at == all.at + at && records[r].len == record.len);
            at += record.len;
            struct bytebuf saved[2] = {{0}};
            record_save(&layout, record.at, &saved[0]); /* without what fills up to 8 bytes */
            record_save(&layout, records[r].at, &saved[1]);
            RNG_CHECK(&rng, slice_equal(bytebuf_slice(&saved[0]), bytebuf_slice(&saved[1])));
            bytebuf_release(&saved[0]);
            bytebuf_release(&saved[1]);
        }
        RNG_CHECK(&rng, at == all.len);
        arena_release(&arena);
    }
}

/* Only rows and columns that were asked for are kept. */
static void test_some_rows_some_columns(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "a BIGINT, b TEXT, c TEXT, d DOUBLE");
    uint64_t wanted = 1 << 2 | 1 << 3;
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, &wanted);
    static const char *const given[] = {
        "1, x, one, 1.5\n2, y, NULL, 2.5\n3, z, three, NULL",
        "1, x, one, 1.5\n2, y, two, 2.5\n3, z, three, NULL", /* a text column without NULL */
    };
    static const char *const kept[] = {"?, ?, NULL, 2.5\n?, ?, three, NULL\n",
                                       "?, ?, two, 2.5\n?, ?, three, NULL\n"};
    for (size_t i = 0; i < 2; i++) {
        struct batch batch;
        batch_from_text(&batch, schema, &arena, given[i]);
        batch.columns[0].values = NULL; /* late, and stays so */
        uint32_t rows[] = {1, 2};
        const uint8_t **records = write_all(&layout, &batch, rows, 2);
        struct batch back;
        record_read(&layout, records, 2, &arena, &back);
        assert_string_equal(batch_to_text(&arena, &back), kept[i]);
    }
    arena_release(&arena);
}

static void test_no_columns(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "a BIGINT");
    uint64_t wanted = 0;
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, &wanted);
    assert_int_equal(layout.fixed_bytes, 0);
    struct batch batch;
    batch_from_text(&batch, schema, &arena, "1\n2");
    const uint8_t **records = write_all(&layout, &batch, NULL, 2);
    struct batch back;
    record_read(&layout, records, 2, &arena, &back);
    assert_int_equal(back.n, 2);
    arena_release(&arena);
}

/* Cut short or changed, saved bytes are refused or give some row, and nothing else is read. */
static void test_damage(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, all_types);
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, NULL);
    struct batch batch;
    batch_random(&batch, schema, &arena, &rng, 20);
    const uint8_t **records = write_all(&layout, &batch, NULL, batch.n);
    for (uint32_t i = 0; i < batch.n; i++) {
        struct bytebuf saved = {0};
        uint32_t bytes;
        record_save(&layout, records[i], &saved);
        for (size_t len = 0; len < saved.len; len++) {
            struct reader in = reader_of(slice_of(saved.at, len));
            RNG_CHECK(&rng, record_load(&layout, &in, &arena, &bytes) == NULL);
            RNG_CHECK(&rng, !reader_ok(&in));
        }
        for (uint32_t hit = 0; hit < 50; hit++) {
            uint8_t *byte = &saved.at[rng_below(&rng, saved.len)];
            uint8_t old = *byte;
            *byte = (uint8_t)rng_u64(&rng);
            struct reader in = reader_of(bytebuf_slice(&saved));
            const uint8_t *record = record_load(&layout, &in, &arena, &bytes);
            if (record != NULL) {
                struct batch back;
                struct batch copy;
                record_read(&layout, &record, 1, &arena, &back);
                batch_copy(&arena, &back, &copy); /* looks at every byte */
            }
            *byte = old;
        }
        bytebuf_release(&saved);
    }
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_round_trip), cmocka_unit_test(test_many_columns),
          cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_some_rows_some_columns),
          cmocka_unit_test(test_no_columns), cmocka_unit_test(test_damage))
