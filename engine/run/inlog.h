/* inlog: DIR/in.<seq>, what came from sources that cannot be read again, in the order it came. It
 * is on disk before it counts; what no epoch needs any more is removed by whole segments.
 *
 *     TRY(inlog_append(&log, epoch, payload, err));        // as it arrives
 *     TRY(inlog_sync(&log, err));                          // before an INTENT speaks of it
 *     end = inlog_end(&log);
 *     TRY(inlog_trim(&log, &mark, err));                   // nothing before the mark is needed
 *
 * After a crash:
 *
 *     TRY(inlog_recover(&log, names, from, needed, err));  // cuts a torn end off for good
 *     while (inlog_replay(&log, &payload)) { … }           // everything behind `from` */
#ifndef ENGINE_RUN_INLOG_H
#define ENGINE_RUN_INLOG_H

#include "engine/run/state_dir.h"

enum { INLOG_SEGMENT_BYTES = 64 << 20 };

/* A place between two records; {0, 0} is before the first. */
struct inlog_mark {
    uint64_t segment;
    uint64_t bytes;
};

struct inlog_segment {
    uint64_t number;
    uint64_t salt;
    struct bytebuf bytes;
};

struct inlog {
    const struct state_dir *dir;
    uint64_t segment_bytes_max;
    uint64_t first; /* oldest segment that is there */
    uint64_t segment;
    uint64_t salt;
    uint64_t seq;
    uint64_t bytes; /* of the newest segment; 0 = it is not made yet */
    int fd;
    bool is_dirty;
    bool is_new; /* its directory entry is not on disk */
    struct bytebuf out;

    /* What was found and is replayed. */
    struct inlog_segment *found;
    uint32_t n_found;
    uint32_t replay_segment;
    size_t replay_at;
};

/* A segment that has this many bytes is followed by another; 0 = INLOG_SEGMENT_BYTES. */
void inlog_init(struct inlog *log, const struct state_dir *dir, uint64_t segment_bytes_max);
void inlog_close(struct inlog *log);

MUST_CHECK enum status inlog_append(struct inlog *log, uint64_t epoch, struct slice payload,
                                    struct error *err);
MUST_CHECK enum status inlog_sync(struct inlog *log, struct error *err);
/* Behind the newest record; while there is something to replay, behind the last that was given. */
struct inlog_mark inlog_end(const struct inlog *log);
/* The next record begins a segment, so that the one before can be trimmed; what was appended is
 * synced. Nothing happens while there is something to replay. */
void inlog_turn(struct inlog *log);
MUST_CHECK enum status inlog_trim(struct inlog *log, const struct inlog_mark *mark,
                                  struct error *err);

/* `names`: what is in the directory (fs->list). Everything up to `needed` must be there and whole
 * (exit 22, 21); what is valid behind it is kept. Segments before `from` are removed. */
MUST_CHECK enum status inlog_recover(struct inlog *log, struct slice names,
                                     const struct inlog_mark *from, const struct inlog_mark *needed,
                                     struct error *err);
/* The checks of inlog_recover without its changes; *end: of what is valid. */
MUST_CHECK enum status inlog_verify(const struct state_dir *dir, struct slice names,
                                    const struct inlog_mark *from, const struct inlog_mark *needed,
                                    struct inlog_mark *end, struct error *err);
/* The next record behind `from`; false when all were given, and their memory is gone. */
bool inlog_replay(struct inlog *log, struct slice *payload);

#endif
