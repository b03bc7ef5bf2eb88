/* timers: against a naive list of deadlines. */
#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/state/timers.h"
#include "tests/support/rng.h"

enum { IDS = 400 };

struct model {
    bool is_set[IDS];
    int64_t time[IDS];
    uint32_t rank[IDS]; /* order of ids with equal deadlines */
};

static int compare_ranks(const void *owner, uint32_t a, uint32_t b)
{
    const struct model *model = owner;
    return model->rank[a] < model->rank[b] ? -1 : model->rank[a] > model->rank[b];
}

static bool model_first(const struct model *model, uint32_t *first)
{
    bool found = false;
    for (uint32_t id = 0; id < IDS; id++) {
        if (!model->is_set[id]) {
            continue;
        }
        if (!found || model->time[id] < model->time[*first] ||
            (model->time[id] == model->time[*first] && compare_ranks(model, id, *first) < 0)) {
            *first = id;
            found = true;
        }
    }
    return found;
}

static void pop_due(struct rng *rng, struct model *model, struct timers *timers, int64_t now)
{
    uint32_t id;
    int64_t time;
    uint32_t first = 0;
    while (model_first(model, &first) && model->time[first] <= now) {
        RNG_CHECK(rng, timers_next(timers) == model->time[first]);
        RNG_CHECK(rng, timers_pop(timers, now, &id, &time));
        RNG_CHECK(rng, id == first && time == model->time[first]);
        model->is_set[first] = false;
    }
    RNG_CHECK(rng, !timers_pop(timers, now, &id, &time));
}

static void change_some(struct rng *rng, struct model *model, struct timers *timers)
{
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t id = (uint32_t)rng_below(rng, IDS);
        int64_t time;
        if (rng_once_in(rng, 4)) {
            timers_remove(timers, id);
            model->is_set[id] = false;
        } else {
            model->time[id] = rng_once_in(rng, 50) ? rng_i64(rng) : (int64_t)rng_below(rng, 100);
            model->is_set[id] = true;
            timers_set(timers, id, model->time[id]);
        }
        bool is_set = timers_get(timers, id, &time);
        RNG_CHECK(rng, is_set == model->is_set[id]);
        RNG_CHECK(rng, !is_set || time == model->time[id]);
    }
}

static void test_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct model *model = mem_zalloc(sizeof *model);
    for (uint32_t i = 0; i < IDS; i++) {
        model->rank[i] = (uint32_t)rng_u64(&rng);
    }
    struct timers timers;
    timers_init(&timers, compare_ranks, model);
    for (uint32_t round = 0; round < 300; round++) {
        change_some(&rng, model, &timers);
        pop_due(&rng, model, &timers, (int64_t)rng_below(&rng, 100));
    }
    pop_due(&rng, model, &timers, INT64_MAX);
    assert_int_equal(timers_next(&timers), INT64_MAX);
    timers_release(&timers);
    mem_free(model);
}

static void test_equal_deadlines_by_id(void **state)
{
    (void)state;
    struct timers timers;
    timers_init(&timers, NULL, NULL);
    uint32_t id;
    int64_t time;
    assert_false(timers_pop(&timers, INT64_MAX, &id, &time));
    for (uint32_t i = 100; i > 0; i--) {
        timers_set(&timers, i, -5);
    }
    assert_false(timers_pop(&timers, -6, &id, &time));
    for (uint32_t i = 1; i <= 100; i++) {
        assert_true(timers_pop(&timers, -5, &id, &time));
        assert_int_equal(id, i);
        assert_int_equal(time, -5);
    }
    assert_int_equal(timers_bytes(&timers), 128 * 16 + 128 * 4);
    timers_release(&timers);
    assert_int_equal(timers_bytes(&timers), 0);
}

TEST_MAIN(cmocka_unit_test(test_model), cmocka_unit_test(test_equal_deadlines_by_id))
