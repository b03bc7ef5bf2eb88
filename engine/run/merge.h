/* merge: a snapshot made from files: snap.G and the changes that log.G has up to an epoch become
 * snap.<G+1>. The state that is worked with is not looked at, so it can be done beside it.
 *
 *     struct merge merge = {0};
 *     merge_begin(&merge, &dir, generation, epoch, in_place);
 *     if (merge_has_ended(&merge)) { TRY(merge_take(&merge, err)); … }
 *     merge_release(&merge);          // waits for it; what it has written does not count
 *
 * Nothing of the new generation counts before the MANIFEST says so: that is the caller's. */
#ifndef ENGINE_RUN_MERGE_H
#define ENGINE_RUN_MERGE_H

#include "engine/base/task.h"
#include "engine/run/state_dir.h"

/* Zero is none. */
struct merge {
    struct state_dir dir;    /* not its own, but for the clock */
    struct hand_clock clock; /* stands still: the job's need not be for threads */
    uint64_t generation;     /* that is read */
    uint64_t epoch;          /* the last one that goes in */
    bool is_there;
    bool in_place;
    struct task task;

    /* When it has ended. */
    enum status status;
    struct error err;
    uint64_t bytes; /* of the new snapshot */
};

/* `in_place`: there is no thread, merge_work_now does it. For tests whose files are not for
 * threads.
 */
void merge_begin(struct merge *merge, const struct state_dir *dir, uint64_t generation,
                 uint64_t epoch, bool in_place);
void merge_work_now(struct merge *merge);
bool merge_has_ended(struct merge *merge);
/* After it has ended: how. */
MUST_CHECK enum status merge_take(struct merge *merge, struct error *err);
void merge_release(struct merge *merge);

#endif
