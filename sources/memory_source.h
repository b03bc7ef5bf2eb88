/* memory_source: bytes that a test holds, as a source. The feeds outlive the sources that read
 * them, so a test can close a job and open it again.
 *
 *     struct memory_feeds *feeds = memory_feeds_new();
 *     …put memory_feeds_kind(feeds) into the table of source kinds…
 *     struct memory_feed *feed = memory_feed_of(feeds, slice_text("tx"));  // memory:tx reads it
 *     memory_feed_add(feed, 0, slice_text("a,1\n"));
 *     memory_feed_add(feed, 0, slice_text("b,2\n"));
 *     …job_step sees "a,1\n", the next one "b,2\n"…
 *     memory_feed_finish(feed);
 *     memory_feeds_free(feeds);
 *
 * Each piece that was added is given by one read (more, if the reader has less room), and then the
 * source says AGAIN once before it goes on to the next: so a test decides what is a batch. After
 * memory_feed_hold it says AGAIN until memory_feed_allow lets pieces through. */
#ifndef SOURCES_MEMORY_SOURCE_H
#define SOURCES_MEMORY_SOURCE_H

#include "engine/base/slice.h"
#include "engine/io/source.h"

enum { MEMORY_SPLITS_MAX = 64 };

struct memory_feeds;
struct memory_feed;

struct memory_feeds *memory_feeds_new(void);
void memory_feeds_free(struct memory_feeds *feeds); /* NULL is fine */

/* Scheme "memory"; lives as long as the feeds. */
const struct source_kind *memory_feeds_kind(const struct memory_feeds *feeds);

/* A kind for statements that name another one: scheme, options and flags are those of `original`,
 * so that everything is planned as for that, and what is read is a feed. Lives as long as the
 * feeds. The stand-in for a broker gives each piece as one message without key and headers. */
const struct source_kind *memory_feeds_stand_in(struct memory_feeds *feeds,
                                                const struct source_kind *original);

/* The feed that a URI reads: its path; without one its authority, or its scheme ("stdin"). */
struct slice memory_feed_name(const struct uri *uri);

/* The feed of that name; made if there is none. */
struct memory_feed *memory_feed_of(struct memory_feeds *feeds, struct slice name);

bool memory_feed_known(const struct memory_feeds *feeds, struct slice name);

/* A copy of the bytes is kept. Splits are numbered from 0 to MEMORY_SPLITS_MAX - 1; a feed has at
 * least one. */
void memory_feed_add(struct memory_feed *feed, uint32_t split, struct slice bytes);
/* Behind what was added so far, the split is at its end for good. */
void memory_feed_end_split(struct memory_feed *feed, uint32_t split);
/* Nothing more will be added: all splits end, then the source is done. */
void memory_feed_finish(struct memory_feed *feed);
bool memory_feed_finished(const struct memory_feed *feed);

/* Where a source goes on that has read all that was added: for `from` of its configuration. */
void memory_feed_offsets(const struct memory_feed *feed, struct bytebuf *out);

void memory_feed_hold(struct memory_feed *feed);
/* `n` more pieces may be read. */
void memory_feed_allow(struct memory_feed *feed, uint32_t n);

/* What source_flags says; SOURCE_REPLAYABLE | SOURCE_PARTITIONED if never called. */
void memory_feed_set_flags(struct memory_feed *feed, unsigned flags);

#endif
