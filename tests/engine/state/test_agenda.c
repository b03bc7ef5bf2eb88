/* agenda: against a naive list. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/state/agenda.h"
#include "tests/support/rng.h"

enum { ROWS_MAX = 20000 };

struct model {
    struct agenda_row rows[ROWS_MAX];
    uint32_t n;
};

/* Index of the first row, or n. */
static uint32_t model_first(const struct model *model)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < model->n; i++) {
        const struct agenda_row *a = &model->rows[i];
        const struct agenda_row *b = &model->rows[first];
        if (a->time < b->time || (a->time == b->time && a->number < b->number)) {
            first = i;
        }
    }
    return first;
}

static void pop_before(struct rng *rng, struct model *model, struct agenda *agenda, int64_t before)
{
    struct agenda_row row;
    for (uint32_t i = model_first(model);
         i < model->n && (before == INT64_MAX || model->rows[i].time < before);
         i = model_first(model)) {
        RNG_CHECK(rng, agenda_next(agenda) == model->rows[i].time);
        RNG_CHECK(rng, agenda_pop(agenda, before, &row));
        RNG_CHECK(rng, row.time == model->rows[i].time && row.number == model->rows[i].number);
        model->rows[i] = model->rows[--model->n];
    }
    RNG_CHECK(rng, !agenda_pop(agenda, before, &row));
    RNG_CHECK(rng, agenda_rows(agenda) == model->n);
}

static void test_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    struct agenda agenda = {0};
    uint64_t number = 0;
    int64_t now = -500;
    for (uint32_t round = 0; round < 300; round++) {
        uint64_t jitter = round % 100 < 50 ? 1 : 40;
        for (uint64_t n = rng_below(&rng, 60); n > 0; n--) {
            now += (int64_t)rng_below(&rng, 3);
            struct agenda_row row = {now - (int64_t)rng_below(&rng, jitter), number++};
            row.time = rng_once_in(&rng, 200) ? INT64_MAX : row.time;
            model->rows[model->n++] = row;
            agenda_add(&agenda, row);
        }
        pop_before(&rng, model, &agenda, now - (int64_t)rng_below(&rng, 30));
    }
    pop_before(&rng, model, &agenda, INT64_MAX);
    assert_int_equal(model->n, 0);
    assert_int_equal(agenda_next(&agenda), INT64_MAX);
    agenda_release(&agenda);
    assert_int_equal(agenda_bytes(&agenda), 0);
    mem_free(model);
}

TEST_MAIN(cmocka_unit_test(test_model))
