/* rng: seeded numbers for property tests (splitmix64, public domain). The seed is fixed, or taken
 * from TAILRACE_TEST_SEED to try another; a failing RNG_CHECK prints it.
 *
 *     struct rng rng;
 *     rng_init(&rng);
 *     for (…) { RNG_CHECK(&rng, kernel(x) == naive(x)); }
 */
#ifndef TESTS_SUPPORT_RNG_H
#define TESTS_SUPPORT_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t seed;
    uint64_t state;
};

void rng_init(struct rng *rng);
uint64_t rng_u64(struct rng *rng);
/* 0 to n - 1; n > 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);
/* Any int64, but limits, zero and small numbers far more often than chance would have it. */
int64_t rng_i64(struct rng *rng);
/* Any bits as a double: all sizes, infinities and NaN. */
double rng_f64(struct rng *rng);
/* True once in n times. */
bool rng_once_in(struct rng *rng, uint64_t n);

/* Fails the test and says with which seed. */
void rng_fail(const struct rng *rng, const char *file, int line, const char *what);

#define RNG_CHECK(rng, condition)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            rng_fail(rng, __FILE__, __LINE__, #condition);                                         \
        }                                                                                          \
    } while (0)

/* The lengths at which loops over words and batches go wrong. */
#define EDGE_LENGTHS                                                                               \
    {                                                                                              \
        0, 1, 63, 64, 65, 1023, 1024                                                               \
    }

#endif
