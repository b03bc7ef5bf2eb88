/* op_limit: the first rows, then the query needs no more input. */
#include "tests/engine/ops/ops_testing.h"

static void open_limit(struct bench *bench, int64_t limit)
{
    bench_init(bench, "ts TIMESTAMP, v BIGINT");
    bench_node(bench, PLAN_LIMIT, "ts TIMESTAMP, v BIGINT")->limit = limit;
    bench_open(bench);
}

static void test_cuts_the_batch(void **state)
{
    (void)state;
    struct bench bench;
    open_limit(&bench, 3);
    bench_push(&bench, "NULL, 1\nNULL, 2", TIME_NONE);
    assert_false(bench.context.finished);
    bench_reopen(&bench);
    bench_push(&bench, "NULL, 3\nNULL, 4", TIME_NONE);
    assert_true(bench.context.finished);
    bench_push(&bench, "NULL, 5", TIME_NONE);
    assert_string_equal(bench_text(&bench), "NULL, 1\nNULL, 2\nNULL, 3\n");
    bench_release(&bench);
}

static void test_ends_with_the_batch(void **state)
{
    (void)state;
    struct bench bench;
    open_limit(&bench, 2);
    bench_push(&bench, "NULL, 1\nNULL, 2", TIME_NONE);
    assert_true(bench.context.finished);
    bench.context.finished = false;
    bench_reopen(&bench); /* the state remembers it too */
    assert_true(bench.context.finished);
    bench_release(&bench);
}

static void test_zero(void **state)
{
    (void)state;
    struct bench bench;
    open_limit(&bench, 0);
    assert_true(bench.context.finished);
    bench_push(&bench, "NULL, 1", TIME_NONE);
    assert_string_equal(bench_text(&bench), "");
    bench_release(&bench);
}

static void test_damage(void **state)
{
    (void)state;
    struct bench bench;
    struct rng rng;
    rng_init(&rng);
    open_limit(&bench, 3);
    bench_push(&bench, "NULL, 1", TIME_NONE);
    bench_damage(&bench, &rng);
    bench_release(&bench);
}

TEST_MAIN(cmocka_unit_test(test_cuts_the_batch), cmocka_unit_test(test_ends_with_the_batch),
          cmocka_unit_test(test_zero), cmocka_unit_test(test_damage))
