/* trial: one question, one dataset, one way to cut it into chunks and to stop and start in between;
 * asked of the engine and of the oracle.
 *
 *     struct trial trial;
 *     trial_init(&trial, arena, seed);               // all of it at random
 *     struct outcome outcome;
 *     if (!trial_run(&trial, oracle, &outcome)) {
 *         trial_shrink(&trial, oracle);              // as small as it gets, still failing
 *         trial_print(&report, &trial, oracle);
 *     }
 *     outcome_release(&outcome);
 */
#ifndef TESTS_DIFFERENTIAL_TRIAL_H
#define TESTS_DIFFERENTIAL_TRIAL_H

#include "sources/memory_source.h"
#include "tests/differential/oracle.h"

enum { TRIAL_CUTS_MAX = 12 };

struct trial {
    struct arena *arena;
    uint64_t seed;
    const struct question *question;
    const struct dataset *data;
    uint32_t n_cuts;
    uint32_t cuts[TRIAL_CUTS_MAX]; /* in 65536ths of the input, ascending */
    uint32_t restarts;             /* bit i: stop and start again behind cut i */
    bool each_row;                 /* instead of the cuts: one row a chunk, no restarts */
};

struct outcome {
    struct answer ours;
    struct answer oracle;
    struct bytebuf refused; /* why the engine refused or failed; empty if it did not */
};

void trial_init(struct trial *trial, struct arena *arena, uint64_t seed);

/* What the engine says: false if it refuses. *schema, of the result, is in the trial's arena.
 * Besides the result, `log` gets the rows as they came, with their signs; it may be NULL. */
bool trial_ours(const struct trial *trial, struct outcome *outcome, struct schema *schema,
                struct answer *log);

/* All chunks at once, into a source whose job steps from one to the next, and the end. */
void trial_feed(const struct trial *trial, struct memory_feed *feed);

/* Asks the oracle: true if it says what is in outcome->ours. */
bool trial_is_right(const struct trial *trial, struct oracle *oracle, const struct schema *schema,
                    struct outcome *outcome);

/* True if both say the same. */
bool trial_run(const struct trial *trial, struct oracle *oracle, struct outcome *outcome);
void outcome_release(struct outcome *outcome);

/* Makes a failing trial smaller for as long as it fails. */
void trial_shrink(struct trial *trial, struct oracle *oracle);

/* The question, the rows, the cuts, and what both sides say. */
void trial_print(struct bytebuf *out, const struct trial *trial, struct oracle *oracle);

#endif
