/* memory_sink: a sink for tests: keeps what it is given, and when.
 *
 *     struct memory_rows rows;
 *     memory_rows_init(&rows);
 *     TRY(job_add_query(job, plan, memory_sink_new(&rows, plan->changes), &query, err));
 *     …
 *     job_free(job);                                   // closes the sink; the rows stay
 *     assert_string_equal(memory_rows_text(&rows), "2026-01-05T09:00:00Z,3\n--\n…");
 *     memory_rows_release(&rows);
 */
#ifndef SINKS_MEMORY_SINK_H
#define SINKS_MEMORY_SINK_H

#include "engine/base/bytebuf.h"
#include "engine/io/sink.h"

/* What has come, owned by the test. */
struct memory_rows {
    /* A row a line as CSV without names, "+," or "-," in front of changes. With mark_flushes, "--"
     * ends each trigger that brought rows. */
    struct bytebuf text;
    bool mark_flushes; /* set it before the first row */
    uint32_t n_rows;
    uint32_t n_flushes; /* also those without rows */
    uint32_t n_commits;
    uint64_t epoch; /* newest that was committed */
    bool is_closed;
    /* Deep copies, in order; NULL stands for the end of each trigger. */
    uint32_t n_batches;
    struct bytebuf batches; /* struct batch * each */
    struct arena arena;
};

void memory_rows_init(struct memory_rows *rows);
void memory_rows_release(struct memory_rows *rows);
/* Valid until the next row. */
const char *memory_rows_text(struct memory_rows *rows);
const struct batch *memory_rows_batch(const struct memory_rows *rows, uint32_t i);

/* `rows` must outlive the sink. */
struct sink *memory_sink_new(struct memory_rows *rows, bool changes);

/* ---- stand-ins ------------------------------------------------------------------------------- */

/* Sinks that statements name by a URI, caught: what would go to one place is kept under its URI,
 * also when the sink is closed and opened again. */
struct memory_places;

struct memory_places *memory_places_new(void);
void memory_places_free(struct memory_places *places); /* NULL is fine */

/* A kind for statements that name another one: everything is planned as for `original`, and nothing
 * of it is opened. Lives as long as the places. */
const struct sink_kind *memory_places_stand_in(struct memory_places *places,
                                               const struct sink_kind *original);
/* What has come for that URI, as it is written; NULL if it was not opened. */
struct memory_rows *memory_places_rows(const struct memory_places *places, struct slice uri);
/* The URIs in the order in which they were opened: 0, 1, … until NULL. */
const char *memory_places_at(const struct memory_places *places, uint32_t i);

#endif
