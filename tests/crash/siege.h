/* siege: a world that is crashed in every way at every point, and must come out as if nothing had
 * been. Shared by the crash tests, which differ in what they do to it.
 *
 *     struct siege siege = {.world = world_new(&scenario)};
 *     siege_begin(&siege, NULL);                              // the first life, traced
 *     for (k = 0; k <= siege.calls; k++) {
 *         siege_survives(&siege, simfs_killed(siege.first.fs, k), "kill", k);
 *     }
 *     siege_end(&siege, &total);
 */
#ifndef TESTS_CRASH_SIEGE_H
#define TESTS_CRASH_SIEGE_H

#include "tests/crash/world.h"

struct siege {
    struct world *world;
    struct life first;
    uint32_t calls;       /* of the first life */
    struct mutant mutant; /* in all lives */
    bool quiet;           /* violations are counted, not printed */
    uint64_t points;      /* out: states tried */
    uint64_t violations;  /* out: those that did not come out right */
    char what[512];       /* out: the last of them */
};

void siege_init(struct siege *siege, const struct scenario *scenario);
void siege_release(struct siege *siege);
/* The first life; it must end well unless there is a fault in siege->first.fs. */
void siege_begin(struct siege *siege);
/* Runs to the end on `left`, which it frees, and checks. False if it was not right. */
bool siege_survives(struct siege *siege, struct simfs *left, const char *how, uint32_t at);
/* The same, and that second life is crashed too, at `n` calls of it. */
void siege_survives_twice(struct siege *siege, struct simfs *left, uint32_t at, uint32_t n);

/* A second life on `left`, which it frees, has a fault: it must end well or fail by it, and a third
 * one must come out right. False: the fault did not happen. */
bool siege_survives_fault(struct siege *siege, struct simfs *left, const struct fault *fault);

/* Any of the scenarios that the tests go through: input, query, sizes, stops by number. */
struct scenario siege_scenario(uint64_t number);

/* `usual`, or so many percent of it as TAILRACE_CRASH_PERCENT says: less where every access is
 * checked, more in the long form. */
uint64_t siege_target(uint64_t usual);

#endif
