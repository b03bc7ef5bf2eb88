/* feed_parts: the inside of a feed, shared by its parts and by nobody else.
 *
 * feed.c         splits, blocks, batches
 * feed_bad.c     bad rows
 * feed_redo.c    the same bytes again after a crash; snapshots
 * feed_retain.c  rows that are kept */
#ifndef ENGINE_RUN_FEED_PARTS_H
#define ENGINE_RUN_FEED_PARTS_H

#include "engine/run/feed.h"
#include "engine/run/retained.h"

enum { FEED_READERS_MAX = 64 };

struct feed_split {
    struct late_columns late; /* first member: fill gets it back */
    struct feed *feed;
    uint32_t number;
    char *name;        /* NULL: the source has not told of it yet */
    struct arena life; /* the decoder's; of each split in turn that has this number */
    struct decoder *decoder;
    struct decoder_config decoder_config;
    struct reject_sink reject;
    uint8_t *block;
    size_t cap;
    size_t len;        /* bytes in block, from the first undecoded record on */
    uint64_t position; /* of block[0] in the split */
    uint64_t mark;     /* bytes that are durable downstream (feed_mark) */
    bool end_mark;     /* and its end is */
    bool heard;        /* the source has told of it; else it is only of a former run */
    uint64_t done;     /* bytes that the source was told are done */
    bool end_done;     /* and that all are */
    struct slice head; /* of the decoder before a restart */
    bool is_open;
    bool ended;
    bool known;                      /* readers were told */
    struct retained_split *retained; /* NULL: nothing of it is kept */
};

/* The source has told that a split ended, and the feed has not said it. */
struct feed_end {
    uint32_t split;
    enum source_state how;
};

struct feed {
    const struct job_config *config;
    const struct stream_def *stream;
    char *name;
    struct feed_tap tap;     /* owner NULL: nobody listens */
    uint32_t number;         /* in cuts */
    struct bytebuf from;     /* where the source goes on after a restart; empty: from its start */
    struct bytebuf bad_from; /* and the sink of bad rows */
    struct source_config source_config;
    struct source *source;
    struct arena batch; /* one batch at a time */
    struct schema visible;
    struct feed_split **splits;
    uint32_t n_splits;
    struct feed_start start; /* what was taken over; its bytes are in `taken` */
    struct bytebuf taken;
    bool starts; /* and they are not decoded yet */
    struct feed_end *ends;
    uint32_t n_ends;
    struct feed_reader readers[FEED_READERS_MAX];
    uint32_t n_readers;
    uint32_t n_listed; /* splits that the source had when it was looked at last */
    bool has_grown;    /* feed_take_growth */
    struct slice needle;
    int64_t arrival_us;
    uint64_t next_row;

    uint32_t n_pushed; /* records of the batch that is being pushed; 0 between batches */
    /* Those that were found bad, and those that have lost a field (ON ERROR NULL). */
    uint64_t rejected[BATCH_WORDS];
    uint64_t nulled[BATCH_WORDS];
    uint64_t fails_at; /* ON ERROR FAIL: byte of the block where the first bad row begins; else
                        * UINT64_MAX */
    struct feed_progress progress;
    struct retained *retained; /* rows are kept there; NULL: nowhere */
    struct bad_rows *bad;
    struct error failure;
};

/* What a decoder says of a record, or of a field that becomes NULL (decoder.h); `owner` is the
 * split. */
void feed_reject(void *owner, uint64_t offset, struct slice record, int column, const char *reason);
void feed_nulled(void *owner, uint64_t offset, struct slice record, int column, const char *reason);

/* How many of the first n records of the batch stand before the bad row that the stream fails on.
 */
uint32_t feed_before_failure(const struct feed_split *split, uint32_t n);

/* The split of that number, known or not. */
struct feed_split *feed_split_at(struct feed *feed, uint32_t number);
/* The same, ready for what the source says of it: another one, called `name`, if that had ended. */
MUST_CHECK enum status feed_split_told(struct feed *feed, uint32_t number, const char *name,
                                       struct feed_split **out, struct error *err);
void feed_split_reserve(struct feed_split *split, size_t cap);
void feed_split_rename(struct feed_split *split, struct slice name);
/* n more bytes are in the block. */
void feed_split_arrived(struct feed_split *split, size_t n);
void feed_split_end(struct feed_split *split, bool is_cut);
/* The first `len` bytes of the block, `rows` whole records, were decoded: feed->retained keeps
 * them. */
void feed_split_retain(struct feed_split *split, size_t len, uint64_t rows);
/* Takes the first of feed->ends, or that of `split` if it is not negative. */
bool feed_take_end(struct feed *feed, int split, struct feed_end *out);
/* The source has given everything. */
MUST_CHECK enum status feed_finish(struct feed *feed, struct error *err);
/* A bad row in the middle of it all. */
MUST_CHECK enum status feed_check(const struct feed *feed, struct error *err);

#endif
