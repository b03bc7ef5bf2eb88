/* wanted: which input columns a node and those above it read. */
#include "tests/engine/ops/ops_testing.h"

#include "engine/ops/wanted.h"

/* "0 2 5", or "all". */
static const char *below(struct bench *bench, const struct plan_node *node, const char *above)
{
    uint64_t words = 0;
    for (const char *at = above; at != NULL && *at != '\0'; at++) {
        if (*at != ' ') {
            bits_set(&words, (uint32_t)(*at - '0'));
        }
    }
    const uint64_t *wanted = wanted_below(&bench->life, node, above == NULL ? NULL : &words);
    if (wanted == NULL) {
        return "all";
    }
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < node->input->schema.n; i++) {
        if (bits_get(wanted, i)) {
            bytebuf_printf(&text, "%s%u", text.len == 0 ? "" : " ", i);
        }
    }
    const char *copy = arena_text(&bench->life, bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

static const char input[] = "ts TIMESTAMP, a BIGINT, b BIGINT, c BIGINT, d BIGINT";

static struct expr **columns_of(struct bench *bench, uint32_t first, uint32_t n)
{
    struct expr **exprs = arena_alloc(&bench->life, n * sizeof(struct expr *));
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = expr_column(&bench->life, first + i, type_of(TYPE_BIGINT), false);
    }
    return exprs;
}

static void test_columns_pass(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    ((struct plan_node *)(uintptr_t)bench.top)->time_column = -1;
    struct plan_node *filter = bench_node(&bench, PLAN_FILTER, input);
    filter->n_exprs = 1;
    filter->exprs = columns_of(&bench, 3, 1);
    assert_string_equal(below(&bench, filter, "1"), "1 3");
    assert_string_equal(below(&bench, filter, NULL), "all");
    struct plan_node *limit = bench_node(&bench, PLAN_LIMIT, input);
    assert_string_equal(below(&bench, limit, "0 4"), "0 4");
    struct plan_node *sort = bench_node(&bench, PLAN_SORT, input);
    struct sort_key key = {.column = 2};
    sort->n_sort_keys = 1;
    sort->sort_keys = &key;
    sort->window_columns[1] = 4;
    assert_string_equal(below(&bench, sort, "1"), "1 2 4");
    bench_release(&bench);
}

static void test_computed_columns(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    ((struct plan_node *)(uintptr_t)bench.top)->time_column = -1;
    struct plan_node *extend =
        bench_node(&bench, PLAN_EXTEND,
                   "ts TIMESTAMP, a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT");
    extend->n_exprs = 1;
    extend->exprs = columns_of(&bench, 2, 1);
    assert_string_equal(below(&bench, extend, "1 5"), "1 2");
    struct plan_node *project = bench_node(&bench, PLAN_PROJECT, "x BIGINT, y BIGINT");
    project->n_exprs = 2;
    project->exprs = columns_of(&bench, 3, 2);
    assert_string_equal(below(&bench, project, NULL), "3 4"); /* it makes all there is */
    bench_release(&bench);
}

static void test_groups(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, input);
    struct plan_node *node = bench_node(&bench, PLAN_AGGREGATE, "a BIGINT, s BIGINT");
    bench_keys(&bench, node, 1, 1);
    bench_call(&bench, node, "sum", 3, false);
    assert_string_equal(below(&bench, node, NULL), "0 1 3"); /* event time too */
    bench.top = (struct plan_node *)(uintptr_t)node->input;
    struct plan_node *over =
        bench_node(&bench, PLAN_OVER,
                   "ts TIMESTAMP, a BIGINT, b BIGINT, c BIGINT, d BIGINT, n BIGINT");
    bench_call(&bench, over, "count", -1, false);
    bench_having(&bench, over, 2, ">", 1);
    assert_string_equal(below(&bench, over, "5"), "0 2");
    bench.top = (struct plan_node *)(uintptr_t)over->input;
    struct plan_node *rows = bench_node(&bench, PLAN_WINDOW_ROWS,
                                        "ws TIMESTAMP, we TIMESTAMP, ts TIMESTAMP, a BIGINT, b "
                                        "BIGINT, c BIGINT, d BIGINT");
    assert_string_equal(below(&bench, rows, "0 6"), "0 4");
    bench.top = (struct plan_node *)(uintptr_t)rows->input;
    struct plan_node *distinct = bench_node(&bench, PLAN_DISTINCT, input);
    assert_string_equal(below(&bench, distinct, "1"), "all");
    bench_keys(&bench, distinct, 1, 4);
    assert_string_equal(below(&bench, distinct, "1"), "0 1 4");
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_columns_pass), cmocka_unit_test(test_computed_columns),
          cmocka_unit_test(test_groups))
