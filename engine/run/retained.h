/* retained: the newest rows of one stream as the bytes they came in, bounded by bytes and by age,
 * so that FROM TABLE(s) can ask for them: it reads them again through the stream's own decoder.
 *
 *     retained = retained_new(clock, &limits);
 *     if (retained_claim(retained, feed, replayable)) {          // one feed at a time writes
 *         split = retained_split_new(name, len);
 *         retained_add(retained, split, &piece);                 // whole records, one copy
 *         retained_split_drop(split);
 *         retained_leave(retained, feed);
 *     }
 *     kind = retained_kind(retained);                            // a source over what is there
 *     retained_free(retained);
 *
 * Pieces lie one behind the other in chunks; a source that was opened holds the chunks that were
 * there then, and sees nothing of what comes or goes later. The oldest pieces are forgotten first,
 * each as a whole; the newest stays, however small the limit is. Decodes nothing. */
#ifndef ENGINE_RUN_RETAINED_H
#define ENGINE_RUN_RETAINED_H

#include "engine/io/source.h"
#include "engine/plan/stream.h"

struct retained;
struct retained_split;

/* What a feed has decoded of one split at once. */
struct retained_piece {
    struct slice bytes;
    int64_t arrival_us;
    uint64_t position; /* of the first byte in the split */
    struct slice head; /* decoder_head; copied when it is first said */
    bool is_whole;     /* a record ends with it; else that is so if its last byte ends a line */
    uint32_t rows;     /* that came in, bad ones too */
};

/* What is there. */
struct retained_state {
    uint64_t bytes;
    uint64_t rows;
    int64_t since_us; /* arrival of the oldest piece; TIME_NONE if there is none */
    bool by_bytes;    /* pieces that were young enough were forgotten: there were too many bytes */
};

/* `limits`: age_us 0 = any age; bytes > 0. The clock is asked when a source is opened. */
struct retained *retained_new(const struct clock *clock, const struct retain *limits);
void retained_free(struct retained *retained); /* NULL is fine; sources that are open go on */
/* From the next piece on. */
void retained_set_limits(struct retained *retained, const struct retain *limits);

/* False if another owner writes. `anew`: what is there is forgotten, it will come again. */
bool retained_claim(struct retained *retained, const void *owner, bool anew);
/* Nothing happens if the owner does not write. */
void retained_leave(struct retained *retained, const void *owner);

/* A file, a connection, … that pieces are of, until the one who made it drops it and all its pieces
 * are forgotten. */
struct retained_split *retained_split_new(const char *name);
void retained_split_drop(struct retained_split *split); /* NULL is fine */

/* Keeps a copy of the bytes. */
void retained_add(struct retained *retained, struct retained_split *split,
                  const struct retained_piece *piece);
void retained_clear(struct retained *retained);

void retained_measure(const struct retained *retained, struct retained_state *out);

/* A finite source over what is there when it is opened; lives as long as `retained`. */
const struct source_kind *retained_kind(const struct retained *retained);

#endif
