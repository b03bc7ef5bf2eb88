/* loop: a job inside a libuv loop: steps it when descriptors are readable or its time has come, and
 * turns signals into stops. SIGINT and SIGTERM stop after the current step; a second one ends the
 * process with 130 or 143. SIGHUP reopens file sinks, SIGUSR1 asks the owner for a status dump,
 * SIGUSR2 takes a checkpoint.
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
struct interrupt;

enum loop_end { LOOP_DONE, LOOP_STOPPED, LOOP_TIME_UP, LOOP_ENOUGH };

struct loop_config {
    struct job *job; /* NULL: only input, signals and time */
    int64_t for_us;  /* --for; 0 = no limit */
    /* Of the job's sinks: lent to them while the loop runs, so that a signal ends their waits too.
     * May be NULL. */
    struct interrupt *lent;
    void *owner;
    /* After each step; returns false to end the run (--max-rows, --until). May be NULL. */
    bool (*after_step)(void *owner);
    /* Steady time at which after_step is wanted again though nothing happens (a status line);
     * INT64_MAX = not at all. May be NULL. */
    int64_t (*wake_us)(void *owner);
    void (*status_dump)(void *owner); /* SIGUSR1; may be NULL */
    int stop_signal;                  /* out: SIGINT or SIGTERM if that has ended it; else 0 */
    int watched; /* a descriptor that ends a wait when it is readable or at its end; 0 = none */

    /* For a person at a terminal; all may be NULL. */
    void (*input)(void *owner); /* standard input is readable */
    bool (*interrupt)(
        void *owner);             /* SIGINT; true = it was meant for something else than the run */
    void (*resized)(void *owner); /* SIGWINCH */
    /* Ctrl-Z: the terminal is given up, then the process stops; and it is the process's again,
     * after any stop. Without these two SIGTSTP is left to the system. */
    void (*suspended)(void *owner);
    void (*resumed)(void *owner);
    /* The job goes on by itself: the run does not end with it, and does not finish it. What it
     * fails with is told here, and `job` is from then on what this returns; it may be NULL. */
    struct job *(*failed)(void *owner, const struct error *err);
};

/* Runs until the job is done, a signal or limit ends it; job_finish is called in every case but
 * failure, unless the job goes on by itself. A sink that gave its wait up after a signal is no
 * failure behind a checkpoint: the next start has the epoch. */
MUST_CHECK enum status loop_run(struct loop_config *config, enum loop_end *end, struct error *err);

#endif
