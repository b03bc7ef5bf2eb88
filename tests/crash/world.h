/* world: everything a job needs to run on simulated files: SQL, input, clock; and what must have
 * come out of it. The crash tests run it, crash it at any point, and run it again.
 *
 *     struct world *world = world_new(&scenario);
 *     struct life life = {.fs = simfs_new()};
 *     world_run(world, &life);                      // to the end; life.err says if it failed
 *     world_check(world, life.fs);                  // exactly what an undisturbed run gives
 *
 * Input that cannot be read again is sent by a sender who, after a restart, goes on with the first
 * line that the job does not have for sure: life.sent and life.had are what that needs. */
#ifndef TESTS_CRASH_WORLD_H
#define TESTS_CRASH_WORLD_H

#include "engine/base/status.h"
#include "engine/run/job.h"
#include "tests/support/simfs.h"

enum input_kind {
    INPUT_MEMORY, /* can be read again, of two splits */
    INPUT_FILE,   /* a file on the simulated disk */
    INPUT_LOGGED, /* cannot: it is in the input log */
};

struct scenario {
    uint64_t seed; /* of input, pieces, clock */
    enum input_kind input;
    uint32_t query;   /* which of world_n_queries */
    uint32_t lines;   /* of input */
    bool dated;       /* the second sink writes files named after the time, one for each second */
    bool small_files; /* logs and segments turn over often */
    bool merges;      /* … and snapshots are made from files */
    uint32_t stop_at; /* the first life ends cleanly after that many steps; 0 = it does not */
};

struct world;

struct world *world_new(const struct scenario *scenario);
void world_free(struct world *world);
uint32_t world_n_queries(void);
/* A disk before the first life, with the input file if there is one. */
struct simfs *world_disk(const struct world *world);

/* One run of the program over some files. */
struct life {
    struct simfs *fs;
    uint64_t sent;  /* bytes of the logged input that the sender counts as received when it starts;
                       in: of the life before, out: of this one */
    uint64_t had;   /* bytes that the job had when it started, of all lives */
    bool new_state; /* --new-state */
    uint32_t steps_max;     /* stop cleanly then; 0 = run to the end */
    uint32_t checkpoint_at; /* CHECKPOINT after that many steps; 0 = nobody asks for one */
    enum status status;     /* out */
    uint32_t calls;         /* out: made when that checkpoint was there (simfs_n_calls) */
    struct checkpoint_written written; /* out: what it said */
    struct error err;
    uint64_t merges; /* out: snapshots that were made from files */
};

void world_run(struct world *world, struct life *life);

/* NULL if the sinks hold what they must at the end; else what is wrong, valid until the next. */
const char *world_check(struct world *world, const struct simfs *fs);

/* A line that names the scenario, for failures. */
const char *world_name(struct world *world);

#endif
