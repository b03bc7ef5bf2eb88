/* loop: a job inside a libuv loop: steps it when descriptors are readable or its time has come, and
 * turns signals into stops. SIGINT and SIGTERM stop after the current step; a second one ends the
 * process with 130 or 143. SIGHUP reopens file sinks, SIGUSR1 asks the owner for a status dump.
 *
 *     struct loop_config config = {.job = job, .owner = shell, .after_step = redraw};
 *     TRY(loop_run(&config, &end, err));
 */
#ifndef ENGINE_RUN_LOOP_H
#define ENGINE_RUN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

struct job;

enum loop_end { LOOP_DONE, LOOP_STOPPED, LOOP_TIME_UP, LOOP_ENOUGH };

struct loop_config {
    struct job *job;
    int64_t for_us; /* --for; 0 = no limit */
    void *owner;
    /* After each step; returns false to end the run (--max-rows, --until). May be NULL. */
    bool (*after_step)(void *owner);
    /* Steady time at which after_step is wanted again though nothing happens (a status line);
     * INT64_MAX = not at all. May be NULL. */
    int64_t (*wake_us)(void *owner);
    void (*status_dump)(void *owner); /* SIGUSR1; may be NULL */
};

/* Runs until the job is done, a signal or limit ends it; job_finish is called in every case but
 * failure. */
MUST_CHECK enum status loop_run(const struct loop_config *config, enum loop_end *end,
                                struct error *err);

#endif
