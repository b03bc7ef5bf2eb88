/* Tests of engine/data/extent.c. */
#include "tests/support/testing.h"

#include "engine/data/extent.h"
#include "tests/support/rng.h"

static void test_against_a_loop(void **state)
{
    (void)state;
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    rng_init(&rng);
    for (size_t round = 0; round < 7 * 30; round++) {
        int64_t values[1024];
        uint32_t n = lengths[round % 7];
        for (uint32_t i = 0; i < n; i++) {
            values[i] = rng_i64(&rng);
        }
        if (n == 0) {
            continue;
        }
        struct extent extent = extent_of(values, n);
        bool has_low = false;
        bool has_high = false;
        for (uint32_t i = 0; i < n; i++) {
            RNG_CHECK(&rng, values[i] >= extent.low && values[i] <= extent.high);
            has_low |= values[i] == extent.low;
            has_high |= values[i] == extent.high;
        }
        RNG_CHECK(&rng, has_low && has_high);
    }
}

TEST_MAIN(cmocka_unit_test(test_against_a_loop))
