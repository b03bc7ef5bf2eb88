/* op_over: what it keeps, for how long, and what it makes of saved state that is damaged. */
#include "tests/engine/ops/ops_testing.h"

static const char input[] = "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT";

/* Which second aggregate, and so which way of over_window.c. */
enum calls { COUNTS, SUMS, EXTREMES };

static const char *const second_call[] = {[COUNTS] = "count", [SUMS] = "sum", [EXTREMES] = "max"};

/* Groups come and go for ever: memory does not follow. */
static void run_dead_groups(enum calls calls, enum emit_kind emit)
{
    struct bench bench;
    struct arena scratch;
    bench_init(&bench, "ts TIMESTAMP NOT NULL, k BIGINT NOT NULL, v BIGINT NOT NULL");
    struct plan_node *node =
        bench_node(&bench, PLAN_OVER,
                   "ts TIMESTAMP NOT NULL, k BIGINT NOT NULL, v BIGINT NOT NULL, n BIGINT, "
                   "m BIGINT");
    node->window = (struct window_spec){.kind = WINDOW_SLIDE_ROW, .size_us = 1000};
    node->emit.kind = emit;
    bench_keys(&bench, node, 1, 1);
    bench_call(&bench, node, "count", -1, false);
    bench_call(&bench, node, second_call[calls], calls == COUNTS ? -1 : 2, false);
    bench_having(&bench, node, 3, ">", 1);
    bench_open(&bench);
    arena_init(&scratch);
    uint64_t bytes_max = 0;
    for (int64_t round = 0; round < 200; round++) {
        struct batch batch;
        batch_init(&batch, &node->input->schema, &scratch);
        batch.n = 500;
        for (uint32_t c = 0; c < 3; c++) {
            struct column_out out =
                column_out_new(&scratch, node->input->schema.fields[c].type, 500);
            for (int64_t i = 0; i < 500; i++) {
                out.i64[i] = c == 0 ? AT(0) + round * 500 + i : round * 250 + i / 2;
            }
            batch.columns[c] = column_view(&out, 500);
        }
        batch.watermark = AT(0) + round * 500;
        op_push(bench.first, &batch);
        bench_advance(&bench, AT(0) + round * 500 + 499);
        arena_clear(&scratch);
        uint64_t bytes = bench_stats(&bench).state_bytes;
        bytes_max = round < 20 && bytes > bytes_max ? bytes : bytes_max;
        assert_true(round < 20 || bytes <= bytes_max * 5 / 4);
        assert_true(bench_stats(&bench).state_rows <= 2500);
    }
    bench_advance(&bench, AT(10));
    assert_int_equal(bench_stats(&bench).state_rows, 0);
    arena_release(&scratch);
    bench_release(&bench);
}

static void test_dead_groups_are_forgotten(void **state)
{
    (void)state;
    for (enum calls calls = COUNTS; calls <= EXTREMES; calls++) {
        run_dead_groups(calls, EMIT_CHANGES);
        run_dead_groups(calls, EMIT_CLOSE);
        run_dead_groups(calls, EMIT_RISE);
        run_dead_groups(calls, EMIT_RISE_FALL);
    }
}

static void test_damage(void **state)
{
    (void)state;
    static const enum emit_kind kinds[] = {EMIT_CLOSE, EMIT_CHANGES, EMIT_RISE, EMIT_RISE_FALL};
    struct rng rng;
    rng_init(&rng);
    for (uint32_t i = 0; i < 8; i++) {
        struct bench bench;
        bench_init(&bench, input);
        struct plan_node *node =
            bench_node(&bench, PLAN_OVER,
                       "ts TIMESTAMP, k TEXT, v BIGINT, d DOUBLE, note TEXT, n BIGINT, s BIGINT");
        node->window = (struct window_spec){.kind = WINDOW_SLIDE_ROW, .size_us = 5 * US_PER_SECOND};
        node->emit.kind = kinds[i % 4];
        node->time_column = 0;
        bench_keys(&bench, node, 1, 1);
        bench_call(&bench, node, "count", -1, false);
        bench_call(&bench, node, second_call[i < 4 ? SUMS : EXTREMES], 2, false);
        bench_having(&bench, node, 5, ">", 1);
        bench_open(&bench);
        bench_push(&bench,
                   "2026-01-05T09:00:00Z, a, 1, NULL, x\n2026-01-05T09:00:01Z, a, 2, NULL, y\n"
                   "2026-01-05T09:00:00Z, NULL, 4, NULL, z\n2026-01-05T09:00:09Z, b, 8, NULL, w\n",
                   TIME_NONE);
        bench_advance(&bench, AT(2));
        bench_damage(&bench, &rng);
        bench_release(&bench);
    }
}

TEST_MAIN(cmocka_unit_test(test_dead_groups_are_forgotten), cmocka_unit_test(test_damage))
