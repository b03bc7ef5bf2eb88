/* The loop wakes when it is time, whatever the step before took. */
#include "engine/base/clock.h"
#include "engine/run/loop.h"
#include "tests/support/testing.h"

enum { TURNS = 50 };

struct turns {
    uint32_t n;
    int64_t step_us;  /* how long a step takes */
    int64_t pause_us; /* when the next one is wanted, from then on */
};

static bool after_step(void *owner)
{
    struct turns *turns = owner;
    int64_t until_us = clock_steady_us(clock_system()) + turns->step_us;
    while (clock_steady_us(clock_system()) < until_us) {
        continue;
    }
    return ++turns->n < TURNS;
}

static int64_t wake_us(void *owner)
{
    const struct turns *turns = owner;
    return clock_steady_us(clock_system()) + turns->pause_us;
}

static struct job *nothing_failed(void *owner, const struct error *err)
{
    (void)owner;
    fail_msg("%s", err->text);
    return NULL;
}

/* libuv counts a timer from its own time, which stands still during a step; one that is due before
 * it waits must not make it wait for a descriptor only. */
static void test_wakes_after_a_long_step(void **state)
{
    (void)state;
    static const struct turns cases[] = {
        {.step_us = 0, .pause_us = -1},
        {.step_us = 3 * US_PER_MS, .pause_us = 0},
        {.step_us = 3 * US_PER_MS, .pause_us = US_PER_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct turns turns = cases[i];
        struct loop_config config = {
            .owner = &turns,
            .after_step = after_step,
            .wake_us = wake_us,
            .failed = nothing_failed,
        };
        enum loop_end end;
        assert_int_equal(loop_run(&config, &end, NULL), OK);
        assert_int_equal(end, LOOP_ENOUGH);
        assert_int_equal(turns.n, TURNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wakes_after_a_long_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
