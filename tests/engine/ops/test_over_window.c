/* over_window: questions about any stretch of any group's rows, in any order, many before they are
 * answered. */
#include "tests/engine/ops/ops_testing.h"

#include "engine/ops/over_window.h"

enum { GROUPS = 5, ROWS_MAX = 3000 };

struct model_row {
    int64_t time;
    int64_t value;
};

/* Rows of a group that are there, in order; `first` = position of rows[0]. */
struct model_group {
    struct model_row rows[ROWS_MAX];
    uint64_t first;
    uint32_t n;
};

struct subject {
    struct bench bench;
    struct op op;
    struct table *table;
    struct over_window window;
    struct model_group groups[GROUPS];
    int64_t counts[BATCH_ROWS]; /* wanted answers */
    int64_t sums[BATCH_ROWS];
    uint32_t n_asked;
};

static void subject_init(struct subject *subject, const char *second)
{
    *subject = (struct subject){0};
    bench_init(&subject->bench, "ts TIMESTAMP, v BIGINT NOT NULL");
    struct plan_node *node = bench_node(&subject->bench, PLAN_OVER,
                                        "ts TIMESTAMP, v BIGINT NOT NULL, n BIGINT, s BIGINT");
    bench_call(&subject->bench, node, "count", -1, false);
    bench_call(&subject->bench, node, second, strcmp(second, "count") == 0 ? -1 : 1, false);
    subject->bench.context.query = &subject->bench.life;
    subject->op = (struct op){.node = node, .context = &subject->bench.context};
    subject->table = table_new();
    over_window_init(&subject->window, &subject->op, subject->table);
    for (uint64_t i = 0; i < GROUPS; i++) {
        struct text key = {(const uint8_t *)&i, sizeof i};
        uint64_t hash = i;
        uint32_t id;
        table_find_or_add_many(subject->table, &key, &hash, 1, &id);
        assert_int_equal(id, i);
    }
    over_window_reserve(&subject->window);
}

static void subject_release(struct subject *subject)
{
    over_window_release(&subject->window);
    table_free(subject->table);
    bench_release(&subject->bench);
}

static void insert(struct rng *rng, struct subject *subject, const struct batch *batch,
                   uint32_t row)
{
    uint32_t id = (uint32_t)rng_below(rng, GROUPS);
    struct model_group *group = &subject->groups[id];
    int64_t time = rng_once_in(rng, 3) ? (int64_t)rng_below(rng, 1000) : 1000 + (int64_t)row;
    uint32_t at = group->n;
    for (; at > 0 && group->rows[at - 1].time > time; at--) {
        group->rows[at] = group->rows[at - 1];
    }
    group->rows[at] = (struct model_row){time, batch->columns[1].i64[row]};
    group->n++;
    RNG_CHECK(rng, over_window_insert(&subject->window, id, time, row) == group->first + at);
}

static void ask(struct rng *rng, struct subject *subject)
{
    uint32_t id = (uint32_t)rng_below(rng, GROUPS);
    struct model_group *group = &subject->groups[id];
    uint64_t from = rng_below(rng, group->n + 1);
    uint64_t end = from + rng_below(rng, group->n - from + 1);
    int64_t sum = 0;
    for (uint64_t i = from; i < end; i++) {
        sum += group->rows[i].value;
    }
    subject->counts[subject->n_asked] = (int64_t)(end - from);
    subject->sums[subject->n_asked++] = sum;
    over_window_ask(&subject->window, id, group->first + from, group->first + end);
}

static void drop(struct rng *rng, struct subject *subject)
{
    uint32_t id = (uint32_t)rng_below(rng, GROUPS);
    struct model_group *group = &subject->groups[id];
    uint32_t n = (uint32_t)rng_below(rng, group->n + 1);
    over_window_drop_before(&subject->window, id, group->first + n);
    memmove(group->rows, group->rows + n, (group->n - n) * sizeof group->rows[0]);
    group->n -= n;
    group->first = group->n == 0 ? 0 : group->first + n;
}

static void check_answers(struct rng *rng, struct subject *subject, struct arena *scratch,
                          bool is_sum)
{
    struct column out[2];
    over_window_answer(&subject->window, scratch, out);
    for (uint32_t i = 0; i < subject->n_asked; i++) {
        RNG_CHECK(rng, out[0].i64[i] == subject->counts[i]);
        bool is_null = is_sum && subject->counts[i] == 0;
        RNG_CHECK(rng, column_is_null(&out[1], i) == is_null);
        RNG_CHECK(rng,
                  is_null || out[1].i64[i] == (is_sum ? subject->sums[i] : subject->counts[i]));
    }
    subject->n_asked = 0;
}

static void run_model(const char *second, bool is_sum)
{
    struct rng rng;
    rng_init(&rng);
    struct subject *subject = mem_alloc(sizeof *subject);
    struct arena scratch;
    arena_init(&scratch);
    subject_init(subject, second);
    for (uint32_t round = 0; round < 40; round++) {
        struct batch batch;
        batch_random(&batch, &subject->op.node->input->schema, &scratch, &rng, 300);
        over_window_take(&subject->window, &batch);
        for (uint32_t row = 0; row < batch.n;) {
            uint64_t what = rng_below(&rng, 10);
            if (what < 5) {
                insert(&rng, subject, &batch, row++);
            } else if (what < 9 && subject->n_asked < BATCH_ROWS) {
                ask(&rng, subject);
            } else if (rng_once_in(&rng, 5)) {
                drop(&rng, subject);
            }
            if (rng_once_in(&rng, 30)) {
                check_answers(&rng, subject, &scratch, is_sum);
            }
        }
        check_answers(&rng, subject, &scratch, is_sum);
        arena_clear(&scratch);
    }
    subject_release(subject);
    arena_release(&scratch);
    mem_free(subject);
}

static void test_counts(void **state)
{
    (void)state;
    run_model("count", false);
}

static void test_inverse(void **state)
{
    (void)state;
    run_model("sum", true);
}

TEST_MAIN(cmocka_unit_test(test_counts), cmocka_unit_test(test_inverse))
