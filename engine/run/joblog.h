/* joblog: DIR/log.<generation>, what was decided and done since a snapshot: INTENT and COMMIT
 * records, one after the other.
 *
 *     TRY(joblog_create(&log, &dir, generation, err));         // or joblog_read, joblog_continue
 *     TRY(joblog_append(&log, FRAME_INTENT, epoch, payload, err));
 *     TRY(joblog_sync(&log, err));                             // now it holds
 *     joblog_close(&log);
 *
 * Each record says how many bytes of the file were known to be on disk when it was written. So a
 * reader can tell the end that a power cut tore, which is cut off, from damage to what was synced,
 * which is exit 21: before a sync is through, the system may keep a later page and lose an earlier
 * one. */
#ifndef ENGINE_RUN_JOBLOG_H
#define ENGINE_RUN_JOBLOG_H

#include "engine/run/state_dir.h"
#include "engine/state/frame.h"

struct joblog {
    const struct state_dir *dir;
    uint64_t generation;
    uint64_t salt;
    int fd;
    uint64_t seq;    /* of the last record */
    uint64_t bytes;  /* of the file */
    uint64_t synced; /* bytes of it that are on disk */
    struct bytebuf out;
};

/* A new log, empty and on disk; its directory entry is not synced. */
MUST_CHECK enum status joblog_create(struct joblog *log, const struct state_dir *dir,
                                     uint64_t generation, struct error *err);
/* After any failure only joblog_close. */
MUST_CHECK enum status joblog_append(struct joblog *log, enum frame_type type, uint64_t epoch,
                                     struct slice payload, struct error *err);
MUST_CHECK enum status joblog_sync(struct joblog *log, struct error *err);
void joblog_close(struct joblog *log);

/* What a log holds. Payloads point into `bytes`. */
struct joblog_found {
    uint64_t salt;
    struct bytebuf bytes;
    struct frame *records;
    uint32_t n;
    uint64_t valid; /* bytes; behind them is a torn end */
};

/* Exit 22 if it is missing, 21 if the header or what was synced is damaged. */
MUST_CHECK enum status joblog_read(const struct state_dir *dir, uint64_t generation,
                                   struct joblog_found *out, struct error *err);
void joblog_found_release(struct joblog_found *found);

/* Goes on behind what was found; a torn end is cut off for good first. */
MUST_CHECK enum status joblog_continue(struct joblog *log, const struct state_dir *dir,
                                       uint64_t generation, const struct joblog_found *found,
                                       struct error *err);

#endif
