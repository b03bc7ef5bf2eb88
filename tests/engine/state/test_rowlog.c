/* rowlog: against the batches that went in. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/state/entries.h"
#include "engine/state/rowlog.h"
#include "tests/support/builders.h"
#include "tests/support/random_rows.h"

enum { ROWS_MAX = 40000, SAVES_MAX = 8 };

struct saves {
    struct bytebuf at[SAVES_MAX];
    uint32_t n;
};

/* Every row that was ever appended, as text, and whether it is still there. */
struct model {
    struct arena arena;
    const char *rows[ROWS_MAX];
    bool is_there[ROWS_MAX];
    uint64_t n;
    uint64_t n_there;
};

static const char *row_text(struct arena *arena, const struct batch *batch, uint32_t row)
{
    struct batch one = *batch;
    struct arena scratch;
    arena_init(&scratch);
    one.arena = &scratch;
    one.columns = arena_alloc(&scratch, batch->schema->n * sizeof *one.columns);
    memcpy(one.columns, batch->columns, batch->schema->n * sizeof *one.columns);
    batch_select(&one, &row, 1);
    const char *text = batch_to_text(arena, &one);
    arena_release(&scratch);
    return text;
}

static void append_some(struct rng *rng, struct model *model, struct rowlog *log,
                        const struct schema *schema)
{
    struct arena scratch;
    arena_init(&scratch);
    struct batch batch;
    batch_random(&batch, schema, &scratch, rng, (uint32_t)rng_below(rng, BATCH_ROWS + 1));
    uint32_t rows[BATCH_ROWS];
    uint32_t n = 0;
    bool all = rng_once_in(rng, 2);
    for (uint32_t i = 0; i < batch.n; i++) {
        if (all || rng_once_in(rng, 2)) {
            rows[n++] = i;
        }
    }
    RNG_CHECK(rng, rowlog_append(log, &batch, all ? NULL : rows, n) == model->n);
    for (uint32_t i = 0; i < n; i++) {
        model->rows[model->n] = row_text(&model->arena, &batch, rows[i]);
        model->is_there[model->n++] = true;
    }
    model->n_there += n;
    arena_release(&scratch); /* the log has copies */
}

static void drop_some(struct rng *rng, struct model *model, struct rowlog *log)
{
    uint64_t reach = 1 + rng_below(rng, 4);
    for (uint64_t number = 0; number < model->n; number++) {
        if (model->is_there[number] && rng_below(rng, 4) < reach && number < model->n * reach / 4) {
            rowlog_drop(log, &number, 1);
            model->is_there[number] = false;
            model->n_there--;
        }
    }
}

static void check(struct rng *rng, const struct model *model, const struct rowlog *log)
{
    uint64_t numbers[BATCH_ROWS];
    uint32_t n = 0;
    uint64_t start = model->n == 0 ? 0 : rng_below(rng, model->n);
    for (uint64_t i = 0; i < model->n && n < BATCH_ROWS; i++) {
        uint64_t number = (start + i * 7) % model->n; /* any order */
        RNG_CHECK(rng, rowlog_has(log, number) == model->is_there[number]);
        numbers[n] = number;
        n += model->is_there[number];
    }
    struct arena scratch;
    arena_init(&scratch);
    struct batch batch;
    rowlog_read(log, numbers, n, &scratch, &batch);
    RNG_CHECK(rng, batch.n == n);
    for (uint32_t i = 0; i < n; i++) {
        const char *text = row_text(&scratch, &batch, i);
        RNG_CHECK(rng, strcmp(text, model->rows[numbers[i]]) == 0);
    }
    RNG_CHECK(rng, rowlog_rows(log) == model->n_there && rowlog_end(log) == model->n);
    RNG_CHECK(rng, !rowlog_has(log, model->n));
    arena_release(&scratch);
}

static void save(struct rowlog *log, bool whole, struct bytebuf *out)
{
    uint64_t numbers[BATCH_ROWS];
    uint32_t n;
    struct changelog changes = {.out = out, .whole = whole};
    changelog_operator(&changes, 0, 1, slice_text("rows"));
    uint64_t from = rowlog_begin_save(log, &changes);
    while ((n = rowlog_numbers(log, from, numbers, BATCH_ROWS)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            changelog_put(&changes, 0);
            changelog_put_number(out, numbers[i]);
            changelog_value(&changes);
            rowlog_save_row(log, numbers[i], out);
            changelog_done(&changes);
        }
        from = numbers[n - 1] + 1;
    }
    changelog_end(&changes);
    rowlog_end_save(log);
}

static bool load(struct rowlog *log, struct entries *entries, uint64_t end)
{
    struct entries_walk walk = entries_walk(entries, 0);
    struct entry entry;
    while (entries_next(&walk, &entry)) {
        struct reader in = reader_of(entry.value);
        uint64_t number = changelog_number(entry.key, &in);
        if (!rowlog_load_row(log, number, &in) || reader_left(&in) != 0) {
            return false;
        }
    }
    return rowlog_end_load(log, end);
}

static void saves_clear(struct saves *saves)
{
    for (uint32_t i = 0; i < saves->n; i++) {
        bytebuf_release(&saves->at[i]);
    }
    *saves = (struct saves){.n = 0};
}

/* Goes on with a log that was loaded from all saves so far: one whole, then changes. */
static struct rowlog *save_and_load(struct rng *rng, struct rowlog *log,
                                    const struct record_layout *layout, struct saves *saves)
{
    struct bytebuf whole = {0};
    struct bytebuf again = {0};
    struct entries *entries = entries_new();
    if (saves->n == SAVES_MAX) {
        saves_clear(saves);
    }
    save(log, saves->n == 0, &saves->at[saves->n]);
    saves->n++;
    for (uint32_t i = 0; i < saves->n; i++) {
        RNG_CHECK(rng, entries_apply(entries, bytebuf_slice(&saves->at[i])));
    }
    struct rowlog *fresh = rowlog_new(layout);
    RNG_CHECK(rng, load(fresh, entries, rowlog_end(log)));
    save(log, true, &whole);
    save(fresh, true, &again);
    RNG_CHECK(rng, slice_equal(bytebuf_slice(&whole), bytebuf_slice(&again)));
    bytebuf_release(&whole);
    bytebuf_release(&again);
    entries_free(entries);
    rowlog_free(log);
    return fresh;
}

static void run_model(const char *columns)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    arena_init(&model->arena);
    const struct schema *schema = schema_from_text(&model->arena, columns);
    struct record_layout layout;
    record_layout_init(&layout, &model->arena, schema, NULL);
    struct saves saves = {.n = 0};
    struct rowlog *log = rowlog_new(&layout);
    size_t bytes_empty = rowlog_bytes(log);
    while (model->n + BATCH_ROWS <= ROWS_MAX) {
        append_some(&rng, model, log, schema);
        if (rng_once_in(&rng, 4)) {
            drop_some(&rng, model, log);
        }
        if (rng_once_in(&rng, 8)) {
            log = save_and_load(&rng, log, &layout, &saves);
        }
        check(&rng, model, log);
    }
    for (uint64_t number = 0; number < model->n; number++) {
        if (model->is_there[number]) {
            rowlog_drop(log, &number, 1);
        }
    }
    assert_int_equal(rowlog_rows(log), 0);
    assert_true(rowlog_bytes(log) <= bytes_empty + 1024); /* the list of chunks */
    saves_clear(&saves);
    rowlog_free(log);
    arena_release(&model->arena);
    mem_free(model);
}

static void test_model(void **state)
{
    (void)state;
    run_model("t TEXT, b BOOLEAN, i BIGINT NOT NULL, f DOUBLE, u TEXT NOT NULL");
}

static void test_model_fixed(void **state)
{
    (void)state;
    run_model("i BIGINT NOT NULL, f DOUBLE NOT NULL");
}

/* One row that nobody drops holds its chunk, not the ones behind it. */
static void test_memory_of_the_middle_goes(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "i BIGINT NOT NULL");
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, NULL);
    struct rng rng;
    rng_init(&rng);
    struct rowlog *log = rowlog_new(&layout);
    struct batch batch;
    batch_random(&batch, schema, &arena, &rng, BATCH_ROWS);
    size_t bytes_max = 0;
    for (uint32_t round = 0; round < 100; round++) {
        uint64_t first = rowlog_append(log, &batch, NULL, BATCH_ROWS);
        for (uint64_t i = round == 0; i < BATCH_ROWS; i++) {
            uint64_t number = first + i;
            rowlog_drop(log, &number, 1);
        }
        bytes_max = rowlog_bytes(log) > bytes_max ? rowlog_bytes(log) : bytes_max;
    }
    assert_int_equal(rowlog_rows(log), 1);
    assert_true(bytes_max < 64 * 1024);
    rowlog_free(log);
    arena_release(&arena);
}

static void test_damage(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "t TEXT, i BIGINT NOT NULL");
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, NULL);
    struct rowlog *log = rowlog_new(&layout);
    struct batch batch;
    struct bytebuf saved = {0};
    batch_random(&batch, schema, &arena, &rng, 10);
    rowlog_append(log, &batch, NULL, 10);
    save(log, true, &saved);
    rowlog_free(log);
    for (uint32_t hit = 0; hit < 2000; hit++) {
        uint8_t *byte = &saved.at[rng_below(&rng, saved.len)];
        uint8_t old = *byte;
        *byte = (uint8_t)rng_u64(&rng);
        struct rowlog *fresh = rowlog_new(&layout);
        struct entries *entries = entries_new();
        if (entries_apply(entries, bytebuf_slice(&saved)) && load(fresh, entries, 10)) {
            RNG_CHECK(&rng, rowlog_end(fresh) == 10);
        }
        entries_free(entries);
        rowlog_free(fresh);
        *byte = old;
    }
    bytebuf_release(&saved);
    arena_release(&arena);
}

/* Numbers so large that those of the next rows would not be larger. */
static void test_numbers_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        uint64_t end;
        bool ok;
    } cases[] = {
        {0, 1, true},
        {0, UINT64_MAX - 2, false},
        {0, (UINT64_C(1) << 62) + 1, false},
        {(UINT64_C(1) << 62) - 1, UINT64_C(1) << 62, true},
        {UINT64_C(1) << 62, (UINT64_C(1) << 62) + 1, false},
        {UINT64_MAX, 0, false},
        {7, 7, false},
    };
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "i BIGINT NOT NULL");
    struct record_layout layout;
    record_layout_init(&layout, &arena, schema, NULL);
    static const uint8_t record[8] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rowlog *log = rowlog_new(&layout);
        struct reader in = reader_of(slice_of(record, sizeof record));
        bool ok = rowlog_load_row(log, cases[i].number, &in) && rowlog_end_load(log, cases[i].end);
        assert_int_equal(ok, cases[i].ok);
        if (ok) {
            assert_true(rowlog_has(log, cases[i].number));
            assert_true(rowlog_end(log) == cases[i].end);
        }
        rowlog_free(log);
    }
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_model), cmocka_unit_test(test_model_fixed),
          cmocka_unit_test(test_memory_of_the_middle_goes), cmocka_unit_test(test_damage),
          cmocka_unit_test(test_numbers_that_cannot_be))
