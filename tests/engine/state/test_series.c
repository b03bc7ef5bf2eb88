/* series: against a naive sorted list. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/state/series.h"
#include "tests/support/builders.h"
#include "tests/support/random_rows.h"

enum { ROWS_MAX = 3000 };

struct model_row {
    int64_t time;
    const char *text;
};

struct model {
    struct arena arena;
    struct model_row rows[ROWS_MAX];
    uint32_t n;
    uint64_t first;
};

struct subject {
    const struct schema *schema;
    struct record_layout layout;
    struct series_pool pool;
    struct series series;
};

static void insert(struct rng *rng, struct model *model, struct subject *subject, int64_t time)
{
    struct arena scratch;
    arena_init(&scratch);
    struct batch batch;
    uint32_t bytes;
    batch_random(&batch, subject->schema, &scratch, rng, 1);
    record_sizes(&subject->layout, &batch, NULL, 1, &bytes);
    uint8_t *record = arena_alloc(&scratch, bytes);
    record_write(&subject->layout, &batch, NULL, 1, &record);
    uint64_t position = series_insert(&subject->pool, &subject->series, time, record, bytes);
    uint32_t at = model->n;
    while (at > 0 && model->rows[at - 1].time > time) {
        model->rows[at] = model->rows[at - 1];
        at--;
    }
    model->rows[at] = (struct model_row){time, batch_to_text(&model->arena, &batch)};
    model->n++;
    RNG_CHECK(rng, position == model->first + at);
    arena_release(&scratch);
}

static void drop_front(struct model *model, struct subject *subject, uint32_t n)
{
    series_drop_before(&subject->pool, &subject->series, model->first + n);
    memmove(model->rows, model->rows + n, (model->n - n) * sizeof model->rows[0]);
    model->n -= n;
    model->first += n;
}

static void check_seek(struct rng *rng, const struct model *model, const struct subject *subject)
{
    for (uint32_t i = 0; i < 20; i++) {
        uint64_t hint = rng_once_in(rng, 10) ? rng_u64(rng) : model->first + rng_below(rng, 200);
        int64_t time =
            model->n == 0 || rng_once_in(rng, 10)
                ? rng_i64(rng)
                : model->rows[rng_below(rng, model->n)].time + (int64_t)rng_below(rng, 3) - 1;
        uint32_t at = 0;
        while (at < model->n && model->rows[at].time < time) {
            at++;
        }
        RNG_CHECK(rng,
                  series_seek(&subject->pool, &subject->series, time, hint) == model->first + at);
    }
}

static void check_rows(struct rng *rng, const struct model *model, const struct subject *subject)
{
    struct arena scratch;
    arena_init(&scratch);
    RNG_CHECK(rng, series_end(&subject->series) == model->first + model->n);
    for (uint32_t i = 0; i < model->n; i++) {
        uint64_t position = model->first + i;
        RNG_CHECK(rng,
                  series_time(&subject->pool, &subject->series, position) == model->rows[i].time);
        const uint8_t *record = series_record(&subject->pool, &subject->series, position);
        struct batch back;
        record_read(&subject->layout, &record, 1, &scratch, &back);
        RNG_CHECK(rng, strcmp(batch_to_text(&scratch, &back), model->rows[i].text) == 0);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
}

static void run_model(const char *columns)
{
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    arena_init(&model->arena);
    struct subject subject = {.schema = schema_from_text(&model->arena, columns)};
    record_layout_init(&subject.layout, &model->arena, subject.schema, NULL);
    series_pool_init(&subject.pool, &subject.layout);
    int64_t now = 0;
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t n = (uint32_t)rng_below(&rng, round % 50 == 0 ? 200 : 8);
        for (uint32_t i = 0; i < n && model->n < ROWS_MAX; i++) {
            now += (int64_t)rng_below(&rng, 3);
            insert(&rng, model, &subject,
                   rng_once_in(&rng, 4) ? now - (int64_t)rng_below(&rng, 20) : now);
        }
        drop_front(model, &subject, (uint32_t)rng_below(&rng, model->n / 2 + 2) % (model->n + 1));
        if (rng_once_in(&rng, 30)) {
            series_clear(&subject.pool, &subject.series);
            model->first += model->n;
            model->n = 0;
            assert_int_equal(subject.pool.bytes, 0);
        }
        check_seek(&rng, model, &subject);
        check_rows(&rng, model, &subject);
    }
    series_clear(&subject.pool, &subject.series);
    assert_int_equal(subject.pool.bytes, 0);
    arena_release(&model->arena);
    mem_free(model);
}

static void test_model_fixed(void **state)
{
    (void)state;
    run_model("i BIGINT NOT NULL, f DOUBLE");
}

static void test_model_texts(void **state)
{
    (void)state;
    run_model("t TEXT, i BIGINT");
}

/* A series that was long and is short again gives memory back; times alone need no record. */
static void test_shrinks(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct schema *schema = schema_from_text(&arena, "i BIGINT");
    struct record_layout layout;
    uint64_t wanted = 0;
    record_layout_init(&layout, &arena, schema, &wanted);
    struct series_pool pool;
    struct series series = {0};
    series_pool_init(&pool, &layout);
    assert_int_equal(pool.stride, 8);
    for (int64_t i = 0; i < 10000; i++) {
        series_insert(&pool, &series, i, NULL, 0);
    }
    assert_true(pool.bytes >= 80000);
    for (uint64_t i = 0; i < 9990; i++) {
        series_drop_before(&pool, &series, i);
    }
    assert_true(pool.bytes < 4096);
    assert_int_equal(series_time(&pool, &series, 9990), 9990);
    assert_int_equal(series_seek(&pool, &series, INT64_MAX, 0), 10000);
    assert_int_equal(series_seek(&pool, &series, INT64_MIN, 10000), 9989);
    series_clear(&pool, &series);
    assert_int_equal(series_insert(&pool, &series, 0, NULL, 0), 10000); /* positions go on */
    series_clear(&pool, &series);
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_model_fixed), cmocka_unit_test(test_model_texts),
          cmocka_unit_test(test_shrinks))
