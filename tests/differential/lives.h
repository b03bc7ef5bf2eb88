/* lives: a trial in several lives: a job with a checkpoint on simulated files is stopped or killed
 * at a random call, and another one goes on, until one comes to the end of the input. What has come
 * out is what trial_ours gives without a crash.
 *
 *     struct rng rng = {…};
 *     struct lives lives = {.n_max = 4};
 *     lives_run(&trial, &rng, &outcome, &schema, &lives);
 */
#ifndef TESTS_DIFFERENTIAL_LIVES_H
#define TESTS_DIFFERENTIAL_LIVES_H

#include "tests/differential/trial.h"

struct lives {
    uint32_t n_max;
    uint32_t n;       /* out: lives */
    uint32_t kills;   /* out: those that were killed */
    uint32_t redone;  /* out: those that did an epoch again */
    uint32_t resumed; /* out: those that found a checkpoint */
};

/* False if the engine refuses the question or a life fails: outcome->refused says why. */
bool lives_run(const struct trial *trial, struct rng *rng, struct outcome *outcome,
               struct schema *schema, struct lives *lives);

#endif
