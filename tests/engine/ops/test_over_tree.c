/* over_tree: any stretch of rows, while rows are added, inserted and forgotten. */
#include "tests/engine/ops/ops_testing.h"

#include "engine/ops/over_tree.h"

enum { ROWS_MAX = 6000 };

/* Rows first … end - 1 by position. */
struct subject {
    struct arena scratch;
    struct agg_set *set;
    const struct schema *schema;
    int64_t values[ROWS_MAX];
    uint64_t first;
    uint64_t end;
    uint64_t n_added; /* rows that were handed to cells */
};

static void add_rows(void *owner, uint64_t from, uint64_t end, uint8_t *cell)
{
    struct subject *subject = owner;
    struct batch batch;
    assert_true(from >= subject->first && end <= subject->end);
    assert_true(end - from < 2 * TREE_LEAF_ROWS);
    batch_init(&batch, subject->schema, &subject->scratch);
    batch.n = (uint32_t)(end - from);
    batch.columns[0] =
        (struct column){.type = type_of(TYPE_BIGINT), .n = batch.n, .i64 = subject->values + from};
    agg_set_add_run(subject->set, cell, &batch);
    subject->n_added += end - from;
    arena_clear(&subject->scratch);
}

static int64_t naive_max(const struct subject *subject, uint64_t from, uint64_t end, int64_t *n)
{
    int64_t max = INT64_MIN;
    *n = (int64_t)(end - from);
    for (uint64_t i = from; i < end; i++) {
        max = subject->values[i] > max ? subject->values[i] : max;
    }
    return max;
}

static void check_query(struct rng *rng, struct subject *subject, struct over_tree **tree)
{
    struct tree_rows rows = {subject->set, subject->first, subject, add_rows};
    uint64_t cell_words[16] = {0};
    uint8_t *cell = (uint8_t *)cell_words;
    uint64_t n = subject->end - subject->first;
    uint64_t from = subject->first + rng_below(rng, n + 1);
    uint64_t end = from + rng_below(rng, subject->end - from + 1);
    if (*tree == NULL && over_tree_is_needed(from, end)) {
        *tree = over_tree_new();
    }
    over_tree_query(*tree, &rows, from, end, cell);
    struct column out[2];
    int64_t wanted_n;
    int64_t wanted = naive_max(subject, from, end, &wanted_n);
    agg_set_emit(subject->set, &cell, 1, &subject->scratch, out);
    RNG_CHECK(rng, out[0].i64[0] == wanted_n);
    RNG_CHECK(rng, column_is_null(&out[1], 0) == (from == end));
    RNG_CHECK(rng, from == end || out[1].i64[0] == wanted);
    arena_clear(&subject->scratch);
}

static void change_rows(struct rng *rng, struct subject *subject, struct over_tree *tree)
{
    uint64_t n = subject->end - subject->first;
    if (rng_once_in(rng, 3) && n > 0) { /* a row comes late */
        uint64_t back = rng_below(rng, rng_once_in(rng, 4) ? n : 1 + n / 20);
        uint64_t at = subject->end - back;
        memmove(subject->values + at + 1, subject->values + at, back * sizeof(int64_t));
        subject->values[at] = rng_i64(rng);
        subject->end++;
        over_tree_cut(tree, subject->set, at);
    }
    for (uint64_t more = rng_below(rng, 40); more > 0; more--) {
        subject->values[subject->end++] = rng_i64(rng);
    }
    if (rng_once_in(rng, 4)) {
        uint64_t less = rng_below(rng, rng_once_in(rng, 10) ? n + 1 : 1 + n / 4);
        over_tree_forget(tree, subject->set, subject->first + less);
        subject->first += less;
    }
}

static void subject_init(struct subject *subject, struct bench *bench)
{
    bench_init(bench, "v BIGINT");
    struct plan_node *node = bench_node(bench, PLAN_OVER, "v BIGINT, n BIGINT, hi BIGINT");
    bench_call(bench, node, "count", 0, false);
    bench_call(bench, node, "max", 0, false);
    *subject = (struct subject){.schema = &node->input->schema};
    subject->set = agg_set_new(&bench->life, node->calls, node->n_calls);
    assert_true(agg_set_bytes(subject->set) <= 128);
    arena_init(&subject->scratch);
}

static void test_model(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    struct subject *subject = mem_alloc(sizeof *subject);
    for (uint32_t round = 0; round < 20; round++) {
        struct bench bench;
        struct over_tree *tree = NULL;
        subject_init(subject, &bench);
        while (subject->end + 50 < ROWS_MAX) {
            change_rows(&rng, subject, tree);
            for (uint32_t i = 0; i < 5; i++) {
                check_query(&rng, subject, &tree);
            }
        }
        over_tree_free(tree, subject->set);
        arena_release(&subject->scratch);
        bench_release(&bench);
    }
    mem_free(subject);
}

/* A window that slides over rows in order looks at each row a few times, not at the whole window
 * each time. */
static void test_work_is_little(void **state)
{
    (void)state;
    enum { WINDOW = 1000 };
    struct bench bench;
    struct subject *subject = mem_alloc(sizeof *subject);
    struct over_tree *tree = over_tree_new();
    subject_init(subject, &bench);
    struct tree_rows rows = {subject->set, 0, subject, add_rows};
    for (uint64_t i = 0; i < ROWS_MAX; i++) {
        uint64_t cell_words[16] = {0};
        uint64_t from = i < WINDOW ? 0 : i - WINDOW + 1;
        subject->values[subject->end++] = (int64_t)i;
        over_tree_query(tree, &rows, from, i + 1, (uint8_t *)cell_words);
        if (i % 100 == 0) {
            over_tree_forget(tree, subject->set, from);
            subject->first = from;
            rows.first = from;
        }
    }
    assert_true(subject->n_added < ROWS_MAX * 2 * TREE_LEAF_ROWS);
    assert_true(over_tree_bytes(tree) < 64 * 1024);
    over_tree_free(tree, subject->set);
    arena_release(&subject->scratch);
    bench_release(&bench);
    mem_free(subject);
}

TEST_MAIN(cmocka_unit_test(test_model), cmocka_unit_test(test_work_is_little))
