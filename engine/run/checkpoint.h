/* checkpoint: the files of a job's state directory as one thing (docs/checkpoint.md). It knows
 * generations and the order in which things become durable, not what the bytes mean.
 *
 *     TRY(checkpoint_open(&options, &cp, err));        // locks; reads what is there
 *     … checkpoint_found(cp): what the last run left …
 *     TRY(checkpoint_start(cp, 0, image, err));        // generation 1, if nothing was there
 *     for (each epoch n) {
 *         TRY(checkpoint_input(cp, n, payload, err));  // as it comes
 *         TRY(checkpoint_intent(cp, n, payload, err)); // on disk when it returns
 *         … sinks commit …
 *         TRY(checkpoint_commit(cp, n, image, err));   // written, not synced
 *     }
 *     TRY(checkpoint_sync(cp, err));                   // COMMIT(n) is on disk
 *     TRY(checkpoint_snapshot(cp, n, image, err));     // the next generation
 *     checkpoint_close(cp);
 *
 * After any failure it can only be closed: a sync that failed is never tried again, and the next
 * start recovers. */
#ifndef ENGINE_RUN_CHECKPOINT_H
#define ENGINE_RUN_CHECKPOINT_H

#include "engine/run/inlog.h"
#include "engine/run/intent.h"
#include "engine/run/joblog.h"

struct checkpoint;

struct checkpoint_options {
    const struct fs *fs;
    const struct clock *clock;
    const char *path;
    struct slice text;            /* for job.sql (job_text.h), when the job starts; may be empty */
    bool new_state;               /* what is there is thrown away */
    uint64_t input_segment_bytes; /* 0 = INLOG_SEGMENT_BYTES */
};

/* What the last run left. Slices live until checkpoint_forget. */
struct checkpoint_found {
    bool is_fresh;  /* nothing */
    uint64_t epoch; /* of the last COMMIT, or of the snapshot if there is none behind it */
    uint64_t generation;
    struct slice snapshot;       /* an image */
    const struct frame *records; /* INTENT and COMMIT in turn, behind the snapshot */
    uint32_t n_records;
    bool has_intent; /* the last one is an INTENT, of epoch + 1 */
};

MUST_CHECK enum status checkpoint_open(const struct checkpoint_options *options,
                                       struct checkpoint **out, struct error *err);
void checkpoint_close(struct checkpoint *cp); /* NULL is fine */

const struct checkpoint_found *checkpoint_found(const struct checkpoint *cp);
/* What was found is in the job now: its memory goes. */
void checkpoint_forget(struct checkpoint *cp);

/* The statements from now on, which are known: they are in job.sql with the next snapshot, and not
 * without it. `text` must live as long. */
void checkpoint_set_text(struct checkpoint *cp, struct slice text);
bool checkpoint_text_waits(const struct checkpoint *cp);
/* Such statements whose snapshot counts, but whose run ended before they were in job.sql, go there.
 * Exit 30 if `given`, those of this run, are the ones from before. */
MUST_CHECK enum status checkpoint_settle_text(struct checkpoint *cp, struct slice given,
                                              struct error *err);

/* Generation 1 with an image of that epoch, where nothing was found. */
MUST_CHECK enum status checkpoint_start(struct checkpoint *cp, uint64_t epoch, struct slice image,
                                        struct error *err);
/* Goes on where the last run ended. `from`: end of the input that is in its state; `needed`: end of
 * what its INTENT speaks of. Then checkpoint_pending gives what is behind `from`. */
MUST_CHECK enum status checkpoint_continue(struct checkpoint *cp, const struct inlog_mark *from,
                                           const struct inlog_mark *needed, struct error *err);
bool checkpoint_pending(struct checkpoint *cp, struct slice *payload);

MUST_CHECK enum status checkpoint_input(struct checkpoint *cp, uint64_t epoch, struct slice payload,
                                        struct error *err);
/* What was given to checkpoint_input is on disk. */
MUST_CHECK enum status checkpoint_input_sync(struct checkpoint *cp, struct error *err);
struct inlog_mark checkpoint_input_end(const struct checkpoint *cp);
/* What comes next is apart from what came and is synced: before a snapshot, so that all of that can
 * go. */
void checkpoint_input_turn(struct checkpoint *cp);
/* No epoch needs what came before the mark. */
MUST_CHECK enum status checkpoint_input_trim(struct checkpoint *cp, const struct inlog_mark *mark,
                                             struct error *err);

MUST_CHECK enum status checkpoint_intent(struct checkpoint *cp, uint64_t epoch,
                                         struct slice payload, struct error *err);
MUST_CHECK enum status checkpoint_commit(struct checkpoint *cp, uint64_t epoch, struct slice image,
                                         struct error *err);
MUST_CHECK enum status checkpoint_sync(struct checkpoint *cp, struct error *err);
MUST_CHECK enum status checkpoint_snapshot(struct checkpoint *cp, uint64_t epoch,
                                           struct slice image, struct error *err);

/* Makes the next generation's snapshot from the files, beside what goes on (merge.h): of
 * COMMIT(epoch), the last that was written. None must be running. */
void checkpoint_merge(struct checkpoint *cp, uint64_t epoch, bool in_place);
bool checkpoint_merges(const struct checkpoint *cp); /* it was begun and not taken yet */
bool checkpoint_has_merged(struct checkpoint *cp);
/* The next generation begins with it, and with what was logged meanwhile: all of that is on disk
 * then. Between epochs. A snapshot that is taken before does without the merge. */
MUST_CHECK enum status checkpoint_take_merged(struct checkpoint *cp, struct error *err);

/* Bytes of the log since the last snapshot, and of that snapshot. */
uint64_t checkpoint_log_bytes(const struct checkpoint *cp);
uint64_t checkpoint_snapshot_bytes(const struct checkpoint *cp);
uint64_t checkpoint_generation(const struct checkpoint *cp);
const struct state_dir *checkpoint_dir(const struct checkpoint *cp);

/* The records of a log, checked: epochs follow each other, INTENT before COMMIT (exit 23). */
MUST_CHECK enum status checkpoint_order(const struct state_dir *dir, uint64_t snapshot_epoch,
                                        const struct joblog_found *found, struct error *err);

#endif
