/* world_parts: the inside of a world: world.c has lives of scripts, talk.c those at a prompt. */
#ifndef TESTS_CRASH_WORLD_PARTS_H
#define TESTS_CRASH_WORLD_PARTS_H

#include "engine/base/arena.h"
#include "sources/memory_source.h"
#include "sql/statement.h"
#include "tests/crash/world.h"

enum { KINDS_MAX = 48, LEDGERS_MAX = 2, TEXT_BYTES = 512 };

#define STEP_US (100 * US_PER_MS)

struct world {
    struct scenario scenario;
    struct bytebuf input;
    struct bytebuf expected[LEDGERS_MAX]; /* rows of an undisturbed run */
    struct bytebuf dated;                 /* rows of dated files, as they are looked at */
    struct bytebuf rejects;               /* rows that were rejected, of an undisturbed run */
    struct bytebuf seen;                  /* the same of the run that is looked at */
    char text[TEXT_BYTES];
};

/* One life. */
struct play {
    struct world *world;
    struct life *life;
    struct memory_feeds *feeds;
    struct memory_feed *feed;
    const struct source_kind *sources[KINDS_MAX];
    const struct sink_kind *sinks[KINDS_MAX];
    struct kinds kinds;
    struct hand_clock clock;
    struct catalog *catalog;
    struct arena arena;
    struct job *job;
    struct query *query; /* the first one */
    struct bytebuf text;
};

void play_begin(struct play *play, struct world *world, struct life *life);
void play_end(struct play *play);
/* The job, which is open and not started. */
MUST_CHECK enum status play_job(struct play *play, struct slice text, struct error *err);
/* The stream and the sinks, as statements. */
void play_definitions(const struct play *play, struct bytebuf *out);
/* The queries of INSERTs are added to the job. */
MUST_CHECK enum status play_sql(struct play *play, struct slice text, struct error *err);
/* The sender of logged input begins. */
MUST_CHECK enum status play_send(struct play *play, struct error *err);

/* The INSERT into sink number i. */
struct slice world_insert(const struct world *world, uint32_t i);
/* What is in it. */
struct slice world_rows(struct world *world, const struct simfs *fs, uint32_t i);
/* Where the line of the input begins that `at` is in. */
uint64_t world_line_start(const struct world *world, uint64_t at);

#endif
