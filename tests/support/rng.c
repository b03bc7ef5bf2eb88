/* rng: see rng.h. */
#include "tests/support/rng.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/testing.h"

void rng_init(struct rng *rng)
{
    const char *seed = getenv("TAILRACE_TEST_SEED");
    rng->seed = seed == NULL ? 20260105 : strtoull(seed, NULL, 10);
    rng->state = rng->seed;
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    return rng_u64(rng) % n;
}

bool rng_once_in(struct rng *rng, uint64_t n)
{
    return rng_below(rng, n) == 0;
}

int64_t rng_i64(struct rng *rng)
{
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1};
    switch (rng_below(rng, 4)) {
    case 0:
        return edges[rng_below(rng, sizeof edges / sizeof edges[0])];
    case 1:
        return (int64_t)rng_below(rng, 2001) - 1000;
    default:
        return (int64_t)(rng_u64(rng) >> rng_below(rng, 64)) * (rng_once_in(rng, 2) ? 1 : -1);
    }
}

double rng_f64(struct rng *rng)
{
    uint64_t bits = rng_u64(rng);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void rng_fail(const struct rng *rng, const char *file, int line, const char *what)
{
    print_error("%s with TAILRACE_TEST_SEED=%" PRIu64 "\n", what, rng->seed);
    _fail(file, line);
}
