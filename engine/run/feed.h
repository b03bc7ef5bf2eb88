/* feed: reads one stream for all queries that want it: bytes from the source into blocks, whole
 * records of a block into batches, each batch to every query.
 *
 *     feed = feed_new(&config, stream, name);
 *     TRY(feed_open(feed, err));
 *     feed_step(feed, &what, err);         // at most one block of one split
 *     feed_free(feed);
 *
 * A block is read to 256 KiB at most and cut at the last record end; the tail is carried to the
 * front of the next. Knows nothing of event time, triggers or sinks. */
#ifndef ENGINE_RUN_FEED_H
#define ENGINE_RUN_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"
#include "engine/run/cuts.h"
#include "engine/run/job.h"
#include "engine/run/outlet.h"
#include "engine/run/progress.h"

struct feed;

enum { BLOCK_BYTES = 256 << 10, FEED_SPLITS_MAX = 1 << 20 };

/* Who gets the batches of a feed; the batch's columns are all late and its own. */
struct feed_reader {
    void *owner;
    void (*split)(void *owner, uint32_t split); /* a split is known */
    void (*rows)(void *owner, uint32_t split, struct batch *batch);
    void (*split_ended)(void *owner, uint32_t split);
};

struct found_bad;

/* Is told what came from outside before it has an effect: a cut (cuts.h) and, of CUT_READ, the
 * bytes; and of each row that is left out, unless the stream has a sink for them (ON ERROR INTO) or
 * ends there (FAIL). */
struct feed_tap {
    void *owner;
    void (*rejected)(void *owner, const struct feed *feed, const struct found_bad *found);
    enum status (*came)(void *owner, const struct feed *feed, const struct cut *cut,
                        struct slice bytes, struct error *err);
};

/* `name` is the feed's in its job, and on disk. */
struct feed *feed_new(const struct job_config *config, const struct stream_def *stream,
                      struct slice name);
void feed_free(struct feed *feed);
const struct stream_def *feed_stream(const struct feed *feed);
/* The stream's name; of one that has none, what stands in FROM, without secrets. */
struct slice stream_label(const struct stream_def *stream);
struct slice feed_name(const struct feed *feed);

/* Takes over a source that is open already and what was read from it (job_feed_opened). */
void feed_take(struct feed *feed, const struct feed_start *start);
/* It is another job's from now on, whose clock is the same. */
void feed_set_config(struct feed *feed, const struct job_config *config);
/* `number` stands for the feed in cuts. */
void feed_set_tap(struct feed *feed, const struct feed_tap *tap, uint32_t number);
/* Before feed_open, once: the source goes on at `offsets`, which it once gave, and the sink of bad
 * rows at its position. */
void feed_set_from(struct feed *feed, struct slice offsets, struct slice bad);
/* Opens the source if it was not taken over. */
MUST_CHECK enum status feed_open(struct feed *feed, struct error *err);

/* Readers may come and go between steps. `needle` (decoder_config) is used while there is one
 * reader. */
MUST_CHECK enum status feed_add_reader(struct feed *feed, const struct feed_reader *reader,
                                       struct slice needle, struct error *err);
void feed_remove_reader(struct feed *feed, const void *owner);
uint32_t feed_n_readers(const struct feed *feed);
/* A query that comes now may read along: nothing was read yet, or what was read can be read by
 * nobody again. Else it wants a feed of its own, from the start. */
bool feed_can_be_joined(const struct feed *feed);

/* True once after the source has listed more splits. Nothing of them was read yet: if an epoch ends
 * now, its COMMIT says where they begin, and a redo of the next does not ask again. */
bool feed_take_growth(struct feed *feed);

/* JOB_DONE once everything was given. ON ERROR FAIL makes a bad row ERR_INPUT. */
MUST_CHECK enum status feed_step(struct feed *feed, enum job_state *what, struct error *err);

/* ON ERROR INTO: what was found bad leaves at a trigger. */
MUST_CHECK enum status feed_flush(struct feed *feed, struct error *err);
/* Its sink; without one if there is none. */
struct outlet *feed_outlet(struct feed *feed);

/* Everything that was decoded so far will be durable downstream, or is as safe as it gets without a
 * checkpoint, when feed_done is called: then the source hears of it (source_done). */
void feed_mark(struct feed *feed);
void feed_done(struct feed *feed);

int feed_wait_fd(const struct feed *feed);
int64_t feed_wake_us(const struct feed *feed);
const char *feed_split_name(const struct feed *feed, uint32_t split);

/* Fills in what the feed knows; watermark fields are the query's. */
void feed_measure(const struct feed *feed, struct feed_progress *out);
uint32_t feed_bad_rows(const struct feed *feed, const struct bad_row **out, uint32_t max);

/* True if what was read can be read again after a restart. */
bool feed_is_replayable(const struct feed *feed);
/* Where the source would go on, as text. */
void feed_offsets(const struct feed *feed, struct bytebuf *out);

/* Does a cut of this feed again. The bytes of CUT_READ are `logged` if it is not NULL, else they
 * are read from the source: exit 24 if it does not have them any more. `name` is the split's, NULL
 * = ask the source. */
MUST_CHECK enum status feed_redo(struct feed *feed, const struct cut *cut,
                                 const struct slice *logged, const char *name, struct error *err);

/* Numbers of splits that are open, at most `max`; returns how many. */
uint32_t feed_open_splits(const struct feed *feed, uint32_t *splits, uint32_t max);

/* Splits, their tails and positions. The source is not part of it. */
void feed_save(const struct feed *feed, struct bytebuf *out);
MUST_CHECK enum status feed_load(struct feed *feed, struct reader *in, struct error *err);

#endif
