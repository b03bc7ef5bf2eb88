/* op_sort: against a stable insertion sort of values. */
#include <math.h>

#include "tests/engine/ops/ops_testing.h"

static const char columns[] =
    "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, b BOOLEAN, m DECIMAL(12,2) NOT NULL";
enum { COLUMNS = 6, ROWS_MAX = 4000 };

/* ---- model ----------------------------------------------------------------------------------- */

static int compare_f64(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) - isnan(b);
    }
    return a < b ? -1 : a > b;
}

static int compare_values(const struct value *a, const struct value *b)
{
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return a->boolean - b->boolean;
    case PHYSICAL_I64:
        return a->i64 < b->i64 ? -1 : a->i64 > b->i64;
    case PHYSICAL_F64:
        return compare_f64(a->f64, b->f64);
    case PHYSICAL_TEXT:
        return slice_compare(text_slice(a->text), text_slice(b->text));
    }
    return 0;
}

static int compare_rows(const struct plan_node *node, const struct batch *rows, uint32_t a,
                        uint32_t b)
{
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        const struct sort_key *key = &node->sort_keys[i];
        struct value x = column_value(&rows->columns[key->column], a);
        struct value y = column_value(&rows->columns[key->column], b);
        int order = 0;
        if (x.is_null || y.is_null) {
            order = (x.is_null - y.is_null) * (key->nulls_first ? -1 : 1);
        } else {
            order = compare_values(&x, &y) * (key->descending ? -1 : 1);
        }
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

/* Rows [from, end) as they should leave. */
static void model_add(struct bytebuf *out, const struct plan_node *node, const struct batch *rows,
                      uint32_t from, uint32_t end)
{
    uint32_t order[ROWS_MAX];
    uint32_t n = 0;
    for (uint32_t i = from; i < end; i++) {
        uint32_t at = n++;
        for (; at > 0 && compare_rows(node, rows, order[at - 1], i) > 0; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    for (uint32_t i = 0; i < n && (node->limit < 0 || i < node->limit); i++) {
        if (rows->ops != NULL) {
            bytebuf_add_byte(out, rows->ops[order[i]]);
            bytebuf_add_byte(out, '\t');
        }
        for (uint32_t c = 0; c < rows->schema->n; c++) {
            line_add(out, &rows->columns[c], order[i]);
        }
        bytebuf_add_byte(out, '\n');
    }
}

/* ---- random plans and rows ------------------------------------------------------------------- */

static void random_keys(struct rng *rng, struct bench *bench, struct plan_node *node)
{
    node->n_sort_keys = (uint32_t)rng_below(rng, 4);
    node->sort_keys = arena_zalloc(&bench->life, 4 * sizeof *node->sort_keys);
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        node->sort_keys[i] = (struct sort_key){.column = (uint32_t)rng_below(rng, COLUMNS),
                                               .descending = rng_once_in(rng, 2),
                                               .nulls_first = rng_once_in(rng, 2)};
    }
    static const int64_t limits[] = {-1, -1, 0, 1, 3, 10, 100, 100000};
    node->limit = limits[rng_below(rng, 8)];
}

static void odd_doubles(struct rng *rng, struct batch *rows)
{
    static const double odd[] = {-0.0, 0.0, (double)INFINITY, -(double)INFINITY, (double)NAN};
    double *values = (double *)(uintptr_t)rows->columns[3].f64;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (rng_once_in(rng, 6) && !column_is_null(&rows->columns[3], i)) {
            values[i] = odd[rng_below(rng, 5)];
        }
    }
}

/* Pushes rows [from, end) in cuts, with snapshots between. */
static void push_cuts(struct rng *rng, struct bench *bench, const struct batch *rows, uint32_t from,
                      uint32_t end)
{
    while (from < end) {
        struct arena scratch;
        struct batch batch = *rows;
        uint32_t picks[BATCH_ROWS];
        uint32_t n = 1 + (uint32_t)rng_below(rng, rng_once_in(rng, 3) ? 3 : BATCH_ROWS);
        n = n < end - from ? n : end - from;
        for (uint32_t i = 0; i < n; i++) {
            picks[i] = from + i;
        }
        arena_init(&scratch);
        batch.arena = &scratch;
        batch.columns = arena_alloc(&scratch, rows->schema->n * sizeof *batch.columns);
        memcpy(batch.columns, rows->columns, rows->schema->n * sizeof *batch.columns);
        batch_select(&batch, picks, n);
        struct batch copy; /* so that nothing outlives the push unnoticed */
        batch_copy(&scratch, &batch, &copy);
        op_push(bench->first, &copy);
        arena_release(&scratch);
        from += n;
        if (rng_once_in(rng, 4)) {
            bench_reopen(bench);
        }
    }
}

static void check_trigger(struct rng *rng, struct bench *bench, const struct plan_node *node,
                          bool with_ops)
{
    struct arena scratch;
    struct batch rows;
    struct bytebuf wanted = {0};
    arena_init(&scratch);
    batch_random(&rows, &node->schema, &scratch, rng, (uint32_t)rng_below(rng, ROWS_MAX / 2));
    odd_doubles(rng, &rows);
    uint8_t *ops = arena_alloc(&scratch, rows.n);
    for (uint32_t i = 0; i < rows.n; i++) {
        ops[i] = rng_once_in(rng, 3) ? ROW_DELETE : ROW_INSERT;
    }
    rows.ops = with_ops ? ops : NULL;
    push_cuts(rng, bench, &rows, 0, rows.n);
    assert_int_equal(bench->text.len, 0);
    bench_trigger(bench, false);
    model_add(&wanted, node, &rows, 0, rows.n);
    RNG_CHECK(rng, slice_equal(bytebuf_slice(&wanted), bytebuf_slice(&bench->text)));
    bytebuf_clear(&bench->text);
    bytebuf_release(&wanted);
    arena_release(&scratch);
}

static void test_triggers(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 60; round++) {
        struct bench bench;
        bench_init(&bench, columns);
        struct plan_node *node = bench_node(&bench, PLAN_SORT, columns);
        random_keys(&rng, &bench, node);
        bench_open(&bench);
        for (uint32_t i = 0; i < 3; i++) {
            check_trigger(&rng, &bench, node, rng_once_in(&rng, 3));
        }
        bench_release(&bench);
    }
}

/* Rows of one window follow each other; a window leaves when the next begins, and at the trigger.
 */
static void test_windows(void **state)
{
    (void)state;
    static const char windowed[] = "ws TIMESTAMP NOT NULL, we TIMESTAMP NOT NULL, k TEXT, v BIGINT";
    struct rng rng;
    rng_init(&rng);
    for (uint32_t round = 0; round < 40; round++) {
        struct bench bench;
        struct batch rows;
        struct bytebuf wanted = {0};
        bench_init(&bench, windowed);
        struct plan_node *node = bench_node(&bench, PLAN_SORT, windowed);
        random_keys(&rng, &bench, node);
        for (uint32_t i = 0; i < node->n_sort_keys; i++) {
            node->sort_keys[i].column = 2 + i % 2;
        }
        node->window_columns[0] = 0;
        node->window_columns[1] = 1;
        bench_open(&bench);
        batch_random(&rows, &node->schema, &bench.life, &rng, 2000);
        int64_t *starts = (int64_t *)(uintptr_t)rows.columns[0].i64;
        int64_t *ends = (int64_t *)(uintptr_t)rows.columns[1].i64;
        uint32_t from = 0;
        for (uint32_t i = 0; i < rows.n; i++) {
            bool begins = i > 0 && rng_once_in(&rng, 100);
            bool moves_end = rng_once_in(&rng, 2);
            starts[i] = i == 0 ? 0 : starts[i - 1] + (begins && !moves_end);
            ends[i] = i == 0 ? 0 : ends[i - 1] + (begins && moves_end);
            if (begins) {
                model_add(&wanted, node, &rows, from, i);
                from = i;
            }
        }
        model_add(&wanted, node, &rows, from, rows.n);
        push_cuts(&rng, &bench, &rows, 0, rows.n);
        bench_trigger(&bench, true);
        RNG_CHECK(&rng, slice_equal(bytebuf_slice(&wanted), bytebuf_slice(&bench.text)));
        bytebuf_release(&wanted);
        bench_release(&bench);
    }
}

/* A better row each time: what had to go gives its memory back. */
static void test_top_keeps_little(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, "v BIGINT NOT NULL, note TEXT");
    struct plan_node *node = bench_node(&bench, PLAN_SORT, "v BIGINT NOT NULL, note TEXT");
    struct sort_key key = {.column = 0};
    node->sort_keys = &key;
    node->n_sort_keys = 1;
    node->limit = 10;
    bench_open(&bench);
    size_t bytes_max = 0;
    for (int64_t round = 0; round < 200; round++) {
        struct arena scratch;
        struct batch batch;
        arena_init(&scratch);
        batch_init(&batch, &node->schema, &scratch);
        batch.n = 100;
        struct column_out values = column_out_new(&scratch, type_of(TYPE_BIGINT), 100);
        struct column_out notes = column_out_new(&scratch, type_of(TYPE_TEXT), 100);
        for (int64_t i = 0; i < 100; i++) {
            values.i64[i] = -(round * 100 + i);
            notes.text[i] = (struct text){arena_zalloc(&scratch, 1000), 1000};
        }
        batch.columns[0] = column_view(&values, 100);
        batch.columns[1] = column_view(&notes, 100);
        op_push(bench.first, &batch);
        arena_release(&scratch);
        size_t bytes = bench_stats(&bench).state_bytes;
        bytes_max = bytes > bytes_max ? bytes : bytes_max;
    }
    assert_int_equal(bench_stats(&bench).state_rows, 10);
    assert_true(bytes_max < 600 * 1000); /* 2 MB of rows were among the best for a while */
    bench_release(&bench);
}

static void test_by_hand(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, "k TEXT, v BIGINT");
    struct plan_node *node = bench_node(&bench, PLAN_SORT, "k TEXT, v BIGINT");
    struct sort_key keys[] = {{.column = 1, .descending = true, .nulls_first = true},
                              {.column = 0}};
    node->sort_keys = keys;
    node->n_sort_keys = 2;
    bench_open(&bench);
    bench_push(&bench, "b, 1\nab, 2\na, 2\nNULL, 2\nx, NULL\n'', 2", TIME_NONE);
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench), "x, NULL\n'', 2\na, 2\nab, 2\nNULL, 2\nb, 1\n");
    bench_trigger(&bench, false);
    assert_string_equal(bench_take(&bench), ""); /* nothing new */
    bench_release(&bench);
}

static void test_damage(void **state)
{
    (void)state;
    struct bench bench;
    struct rng rng;
    rng_init(&rng);
    bench_init(&bench, "k TEXT, v BIGINT");
    struct plan_node *node = bench_node(&bench, PLAN_SORT, "k TEXT, v BIGINT");
    struct sort_key key = {.column = 0};
    node->sort_keys = &key;
    node->n_sort_keys = 1;
    node->limit = 3;
    bench_open(&bench);
    bench_push(&bench, "b, 1\nab, 2\na, 2\nNULL, 2\nx, NULL\n'', 2", TIME_NONE);
    bench_damage(&bench, &rng);
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_triggers), cmocka_unit_test(test_windows),
          cmocka_unit_test(test_top_keeps_little), cmocka_unit_test(test_by_hand),
          cmocka_unit_test(test_damage))
