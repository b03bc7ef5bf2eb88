/* latest_rows: against a list of rows in which each is found by reading all. */
#include "tests/support/testing.h"

#include <stdio.h>

#include "engine/data/rowkey.h"
#include "engine/state/latest_rows.h"
#include "tests/support/builders.h"
#include "tests/support/random_rows.h"

/* What is there, row by row in the order of the keys. */
static const char *rows_text(struct latest_rows *latest, const struct record_layout *layout,
                             struct arena *arena)
{
    struct bytebuf text = {0};
    uint32_t n;
    const uint32_t *ids = latest_rows_order(latest, &n);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *record = latest_rows_record(latest, ids[i]).at;
        struct batch row;
        record_read(layout, &record, 1, arena, &row);
        bytebuf_add_text(&text, batch_to_text(arena, &row));
    }
    const char *copy = arena_text(arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

struct fixture {
    struct arena arena;
    struct record_layout layout;
    const struct schema *schema;
    struct latest_rows *latest;
};

static void fixture_init(struct fixture *f, const char *columns, const uint32_t *keys,
                         uint32_t n_keys)
{
    arena_init(&f->arena);
    f->schema = schema_from_text(&f->arena, columns);
    record_layout_init(&f->layout, &f->arena, f->schema, NULL);
    f->latest = latest_rows_new(&f->layout, keys, n_keys);
}

static void fixture_release(struct fixture *f)
{
    latest_rows_free(f->latest);
    arena_release(&f->arena);
}

/* `ops` has a + or - for each row. */
static void write_rows(struct fixture *f, const char *ops, const char *rows, int64_t now_us)
{
    struct arena arena;
    struct batch batch;
    arena_init(&arena);
    batch_from_text(&batch, f->schema, &arena, rows);
    assert_int_equal(batch.n, strlen(ops));
    batch.ops = (const uint8_t *)ops;
    latest_rows_write(f->latest, &batch, now_us);
    arena_release(&arena);
}

static void expect(struct fixture *f, const char *rows)
{
    assert_string_equal(rows_text(f->latest, &f->layout, &f->arena), rows);
}

static const uint32_t first[] = {0};

static void test_rows_replace_by_key(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "k TEXT, n BIGINT, t TEXT", first, 1);
    expect(&f, "");
    assert_int_equal(latest_rows_since_us(f.latest), TIME_NONE);
    write_rows(&f, "+++", "b, 1, x\na, 2, NULL\nNULL, 3, y\n", 10);
    expect(&f, "a, 2, NULL\nb, 1, x\nNULL, 3, y\n");
    write_rows(&f, "++-+", "b, 4, 'a longer text'\nNULL, NULL, ''\na, 0, z\nc, 5, q\n", 20);
    expect(&f, "b, 4, a longer text\nc, 5, q\nNULL, NULL, \n");
    assert_int_equal(latest_rows_since_us(f.latest), 20);
    write_rows(&f, "--", "NULL, 0, x\nnobody, 0, x\n", 30);
    write_rows(&f, "+-+-+", "c, 1, s\nc, 2, s\nd, 3, s\nd, 4, s\nd, 5, 'last'\n", 40);
    expect(&f, "b, 4, a longer text\nd, 5, last\n");
    write_rows(&f, "--", "b, 0, x\nd, 0, x\n", 50);
    expect(&f, "");
    assert_int_equal(latest_rows_bytes(f.latest), 0);
    assert_false(latest_rows_has_forgotten(f.latest));
    fixture_release(&f);
}

static void test_one_row_without_keys(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT NOT NULL", NULL, 0);
    write_rows(&f, "++", "1\n2\n", 1);
    expect(&f, "2\n");
    write_rows(&f, "-", "2\n", 2);
    expect(&f, "");
    fixture_release(&f);
}

/* Those that were written longest ago go first, and come back when they are written again. */
static void test_little_room(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "k TEXT, n BIGINT", first, 1);
    write_rows(&f, "+++", "a, 1\nb, 2\nc, 3\n", 1);
    uint64_t three = latest_rows_bytes(f.latest);
    write_rows(&f, "+", "a, 4\n", 2);
    assert_int_equal(latest_rows_bytes(f.latest), three);
    latest_rows_limit(f.latest, three);
    assert_false(latest_rows_has_forgotten(f.latest));
    latest_rows_limit(f.latest, three - 1);
    assert_true(latest_rows_has_forgotten(f.latest));
    expect(&f, "a, 4\nc, 3\n");
    assert_int_equal(latest_rows_since_us(f.latest), 1);
    latest_rows_limit(f.latest, 0);
    expect(&f, "a, 4\n");
    assert_int_equal(latest_rows_since_us(f.latest), 2);
    write_rows(&f, "+", "b, 5\n", 3);
    expect(&f, "a, 4\nb, 5\n");
    fixture_release(&f);
}

/* ---- random rows ------------------------------------------------------------------------------
 */

enum { MODEL_ROWS = 4096 };

static const uint32_t random_keys[] = {2, 0};

struct model {
    uint32_t n;
    const char *keys[MODEL_ROWS]; /* the row that was written last is the last one */
    const char *rows[MODEL_ROWS];
};

static const char *hex(struct arena *arena, struct slice bytes)
{
    char *text = arena_alloc(arena, 2 * bytes.len + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes.at[i]);
    }
    text[2 * bytes.len] = '\0';
    return text;
}

static const char *key_of(struct arena *arena, const struct batch *batch, uint32_t row)
{
    struct column columns[2];
    for (uint32_t i = 0; i < 2; i++) {
        columns[i] = column_gather(arena, &batch->columns[random_keys[i]], &row, 1);
    }
    return hex(arena, text_slice(*rowkey_encode(arena, columns, 2, 1)));
}

static const char *row_of(struct arena *arena, const struct record_layout *layout,
                          const struct batch *batch, uint32_t row)
{
    uint32_t bytes;
    record_sizes(layout, batch, &row, 1, &bytes);
    uint8_t *record = arena_zalloc(arena, bytes); /* its last bytes are not written */
    record_write(layout, batch, &row, 1, &record);
    return hex(arena, slice_of(record, record_bytes(layout, record)));
}

static void model_remove(struct model *model, uint32_t i)
{
    model->n--;
    memmove(&model->keys[i], &model->keys[i + 1], (model->n - i) * sizeof *model->keys);
    memmove(&model->rows[i], &model->rows[i + 1], (model->n - i) * sizeof *model->rows);
}

static void model_write(struct model *model, const char *key, const char *row)
{
    for (uint32_t i = 0; i < model->n; i++) {
        if (strcmp(model->keys[i], key) == 0) {
            model_remove(model, i);
            break;
        }
    }
    if (row != NULL) {
        model->keys[model->n] = key;
        model->rows[model->n++] = row;
    }
}

static bool model_has(const struct model *model, const char *key, const char *row)
{
    for (uint32_t i = 0; i < model->n; i++) {
        if (strcmp(model->keys[i], key) == 0) {
            return strcmp(model->rows[i], row) == 0;
        }
    }
    return false;
}

static void check(struct rng *rng, const struct model *model, struct latest_rows *latest,
                  const struct record_layout *layout)
{
    struct arena arena;
    uint32_t n;
    const uint32_t *ids = latest_rows_order(latest, &n);
    arena_init(&arena);
    RNG_CHECK(rng, n == model->n);
    RNG_CHECK(rng, n == latest_rows_count(latest));
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *record = latest_rows_record(latest, ids[i]).at;
        struct batch row;
        record_read(layout, &record, 1, &arena, &row);
        RNG_CHECK(rng, model_has(model, key_of(&arena, &row, 0), row_of(&arena, layout, &row, 0)));
    }
    arena_release(&arena);
}

static void test_random(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (int round = 0; round < 6; round++) {
        struct fixture f;
        struct model model = {.n = 0};
        fixture_init(&f, "a TEXT, b DOUBLE, c BIGINT, d TEXT, e BOOLEAN NOT NULL", random_keys, 2);
        for (int step = 0; step < 12; step++) {
            struct batch batch;
            uint8_t ops[BATCH_ROWS];
            batch_random(&batch, f.schema, &f.arena, &rng, (uint32_t)rng_below(&rng, 120));
            bool has_ops = rng_once_in(&rng, 2);
            for (uint32_t i = 0; i < batch.n; i++) {
                ops[i] = rng_once_in(&rng, 3) ? ROW_DELETE : ROW_INSERT;
                bool goes = has_ops && ops[i] == ROW_DELETE;
                model_write(&model, key_of(&f.arena, &batch, i),
                            goes ? NULL : row_of(&f.arena, &f.layout, &batch, i));
            }
            batch.ops = has_ops ? ops : NULL;
            latest_rows_write(f.latest, &batch, step);
            uint64_t bytes_max = latest_rows_bytes(f.latest) * rng_below(&rng, 9) / 4;
            latest_rows_limit(f.latest, bytes_max);
            while (model.n > latest_rows_count(f.latest)) {
                model_remove(&model, 0);
            }
            RNG_CHECK(&rng, latest_rows_bytes(f.latest) <= bytes_max || model.n <= 1);
            check(&rng, &model, f.latest, &f.layout);
        }
        fixture_release(&f);
    }
}

TEST_MAIN(cmocka_unit_test(test_rows_replace_by_key), cmocka_unit_test(test_one_row_without_keys),
          cmocka_unit_test(test_little_room), cmocka_unit_test(test_random))
