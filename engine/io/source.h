/* source: a replayable, ordered byte stream addressed by offsets, in one or more *splits* (a file,
 * a connection, a partition). A source never pushes: the engine asks which split has something and
 * reads as much as it wants, so not reading is backpressure.
 *
 *     TRY(source_open(kind, &config, &source, err));
 *     for (;;) {
 *         TRY(source_poll(source, &split, &what, err));
 *         switch (what) {
 *         case SOURCE_MORE:  …source_read: n may be 0…
 *         case SOURCE_ENDED: …split `split` is at its end for good: its tail is a whole record…
 *         case SOURCE_CUT:   …the same, but its tail is a piece of one: a bad row…
 *         case SOURCE_AGAIN: …nothing now: wait for source_wait_fd to become readable…
 *         case SOURCE_DONE:  …a finite source has given everything…
 *         }
 *         source_done(source, split, bytes);       // when these bytes are durable downstream
 *     }
 *     source_close(source);
 *
 * A split whose end was told and whose bytes are all done may come back under its number as another
 * one, with its own name and from byte 0: connections come and go, numbers stay few. Only kinds
 * with `done` do that. Splits of a source that is not replayable do not outlive it: after a restart
 * what is left of them is cut.
 *
 * A source does not cut records, decode, keep what was read, or know what happens to it. */
#ifndef ENGINE_IO_SOURCE_H
#define ENGINE_IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/options.h"

enum source_flags {
    SOURCE_REPLAYABLE = 1,  /* bytes can be read again by offset after a restart */
    SOURCE_PARTITIONED = 2, /* more than one split is possible */
    SOURCE_FINITE = 4,      /* ends by itself */
    SOURCE_MESSAGES = 8,    /* what one read returns are whole records (a message broker) */
    /* Its splits are there once source_n_splits counts them, though they may never give anything;
     * the poll that finds them says AGAIN. */
    SOURCE_LISTS_SPLITS = 16,
};

enum source_state { SOURCE_MORE, SOURCE_ENDED, SOURCE_CUT, SOURCE_AGAIN, SOURCE_DONE };

struct source;

/* What a broker says about a message beside its bytes. Slices live until the next read. */
struct source_message {
    int64_t offset;
    int64_t time_us; /* TIME_NONE if it has none */
    int32_t partition;
    struct slice topic;
    struct slice key;     /* at == NULL: none */
    struct slice headers; /* a JSON object; at == NULL: none */
};

/* What a source that gives again what another one gave says of it. */
struct source_past {
    int64_t arrival_us; /* when the bytes of the last read arrived then; never less than before */
    struct slice head;  /* what the decoder of what came before the split's first byte said
                           (decoder_head); lives as long as the source */
};

/* What a source is opened with; lives until the source is closed. */
struct source_config {
    const struct uri *uri;
    const struct options *options;
    const struct fs *fs;
    const struct clock *clock;
    bool once;           /* --once: end at what is there now */
    bool look;           /* only to see what the bytes are like: from their start */
    struct slice from;   /* offsets of an earlier source_offsets, or empty = from the start */
    struct slice format; /* name of the decoder that will read it: a broker frames by it */
};

struct source_kind {
    const char *scheme;
    const char *summary; /* for SHOW and help */
    unsigned flags;      /* what can be true; source_flags() tells about one source */
    const struct option_spec *options;

    /* Opens nothing that can block for long: a tcp client connects in the background. Refuses bad
     * configuration (ERR_OPTION) and what cannot be there (ERR_IO). */
    enum status (*open)(const struct source_config *config, struct source **out, struct error *err);
    /* For kinds that are made at run time and so know something that no URI can say (the memory
     * source): called with `owner` in place of `open`. Both are NULL in constant kinds. */
    enum status (*open_of)(void *owner, const struct source_config *config, struct source **out,
                           struct error *err);
    void *owner;
    unsigned (*flags_of)(const struct source *source);
    enum status (*poll)(struct source *source, uint32_t *split, enum source_state *what,
                        struct error *err);
    /* Up to `max` bytes of `split` into `at`, in order. *n = 0 means none just now. */
    enum status (*read)(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                        struct error *err);
    /* Bytes that the next read of `split` needs at least. May be NULL, meaning 0. */
    size_t (*room)(const struct source *source, uint32_t split);
    /* What was read is of another time: see source_past. May be NULL: it arrives now. */
    void (*past)(const struct source *source, uint32_t split, struct source_past *out);
    /* SOURCE_MESSAGES only, else NULL. The message that byte `at` of the last read of `split`
     * belongs to. */
    void (*message)(const struct source *source, uint32_t split, size_t at,
                    struct source_message *out);
    /* A descriptor that becomes readable when poll would say something else than AGAIN; -1 = use
     * wake_us. One descriptor stands for all splits (an epoll descriptor does that). */
    int (*wait_fd)(const struct source *source);
    /* Steady time (clock.h) at which to poll again without the descriptor; INT64_MAX = never. */
    int64_t (*wake_us)(const struct source *source);
    /* Number of splits so far; names are for _source and people ("access.log", "127.0.0.1:50112").
     */
    uint32_t (*n_splits)(const struct source *source);
    const char *(*split_name)(const struct source *source, uint32_t split);
    /* Bytes of what split_name names in front of the split's first one, for _offset; asked before
     * the first read of a split. May be NULL: 0. */
    uint64_t (*split_start)(const struct source *source, uint32_t split);
    /* Total bytes of a finite source, -1 = unknown: for the progress bar. */
    int64_t (*total_bytes)(const struct source *source);
    /* The first `bytes` bytes that were read of `split` are durable downstream and need not be sent
     * again: acknowledge them to the sender, or let go of them. The engine must call it, through
     * source_done, once the COMMIT of the epoch that decoded them is on disk; where there is no
     * checkpoint, after the trigger that they were in. It is told whole records, and after ENDED or
     * CUT every byte. Never fewer than before. May be NULL: nobody waits for it. */
    void (*done)(struct source *source, uint32_t split, uint64_t bytes);
    /* Messages that the system threw away before they could be read, so far: what a reader that
     * falls behind loses where the sender cannot be held back. May be NULL: nothing is ever lost.
     */
    uint64_t (*n_lost)(const struct source *source);
    /* Text that `from` understands and a person can read: where each split would go on if
     * everything read so far but the last `unused[split]` bytes is done. May be NULL: not
     * replayable. */
    void (*offsets)(const struct source *source, const uint64_t *unused, struct bytebuf *out);
    void (*close)(struct source *source);
};

/* First member of every source. */
struct source {
    const struct source_kind *kind;
};

MUST_CHECK enum status source_open(const struct source_kind *kind,
                                   const struct source_config *config, struct source **out,
                                   struct error *err);
unsigned source_flags(const struct source *source);
MUST_CHECK enum status source_poll(struct source *source, uint32_t *split, enum source_state *what,
                                   struct error *err);
MUST_CHECK enum status source_read(struct source *source, uint32_t split, void *at, size_t max,
                                   size_t *n, struct error *err);
/* 0 = any. */
size_t source_room(const struct source *source, uint32_t split);
/* False if what is read arrives now. */
bool source_past(const struct source *source, uint32_t split, struct source_past *out);
void source_message_at(const struct source *source, uint32_t split, size_t at,
                       struct source_message *out);
int source_wait_fd(const struct source *source);
int64_t source_wake_us(const struct source *source);
uint32_t source_n_splits(const struct source *source);
const char *source_split_name(const struct source *source, uint32_t split);
uint64_t source_split_start(const struct source *source, uint32_t split);
int64_t source_total_bytes(const struct source *source);
/* True if the kind wants to hear what is done. */
bool source_wants_done(const struct source *source);
void source_done(struct source *source, uint32_t split, uint64_t bytes);
uint64_t source_n_lost(const struct source *source);
/* Appends nothing if the kind has no offsets. `unused` has source_n_splits entries, or is NULL = 0
 * for all. */
void source_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out);
void source_close(struct source *source); /* NULL is fine */

#endif
