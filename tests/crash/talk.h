/* talk: a life at a prompt: the job begins without queries, which come and go by a list of changes
 * while it runs. A next life begins with the queries that DIR/job.sql has, and goes on with the
 * list where somebody would who knows which changes were answered.
 *
 *     struct talk talk = {.changes = changes, .n = 3};
 *     talk_run(world, &life, &talk);                  // to the end; life.err says if it failed
 *     wrong = talk_check(world, &talk, life.fs);      // NULL, or what is wrong
 *     again = talk_after(&talk, calls);               // who was killed after so many calls
 *
 * What can be read again is read from its start by each query that comes. Of logged input a query
 * has exactly the lines behind which it came and in front of which it went. */
#ifndef TESTS_CRASH_TALK_H
#define TESTS_CRASH_TALK_H

#include "tests/crash/world.h"

enum { TALK_CHANGES_MAX = 8 };

/* Query 0 writes the ledger a, query 1 the file b.csv. */
struct talk_change {
    uint32_t at; /* step in front of which it is made, or at the end of all input */
    uint32_t query;
    bool comes; /* else it goes */
};

/* When a change was made. */
struct talk_made {
    uint32_t before; /* calls in front of it and behind it (simfs_n_calls) */
    uint32_t after;
    uint64_t line; /* logged input: number of the first line that is behind it */
};

struct talk {
    const struct talk_change *changes;
    uint32_t n;
    uint32_t n_known;    /* answered when the life began */
    uint32_t n_answered; /* the same; when it has ended, all so far */
    struct talk_made made[TALK_CHANGES_MAX];
};

void talk_run(struct world *world, struct life *life, struct talk *talk);
const char *talk_check(struct world *world, const struct talk *talk, const struct simfs *fs);
struct talk talk_after(const struct talk *talk, uint32_t calls);

#endif
