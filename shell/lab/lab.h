/* lab: a whole engine on a bench, for tests that say what they want in SQL: `tailrace test`
 * (script_run.h) and the project's own. Whatever source a stream names, its rows are those that the
 * test feeds; every query writes into rows that the test reads; the clock moves when it is told to,
 * and the whole may be stopped and started again from its snapshot at any moment.
 *
 *     struct lab *lab = lab_new();
 *     lab_sql(lab, "CREATE STREAM s (ts TIMESTAMP, k TEXT, WATERMARK ts DELAY 2s)"
 *                  "  FROM 'memory:s' FORMAT csv;"
 *                  "SELECT k, count(*) FROM s GROUP BY k WINDOW 10s;");
 *     lab_input(lab, "s", slice_text("2026-01-05T09:00:01Z,a\n"));   // one chunk, all its effects
 *     lab_restart(lab);                       // snapshot, new operators, snapshot loaded
 *     lab_clock(lab, 20 * US_PER_SECOND);
 *     lab_end(lab);                           // no more input: open windows come out
 *     lab_result(lab, 0)->rows …              // what the first query has said
 *     if (lab_error(lab) != NULL) …
 *     lab_free(lab);
 *
 * A wrong statement makes lab_sql false and leaves the lab as it was; a query that fails while it
 * runs stops everything, lab_error says why, and further calls do nothing. No source or sink of the
 * statements is ever opened: a feed stands in for each source (memory_feed_name says under which
 * name), INSERT INTO and INTO run into rows, and so does what is late or bad. */
#ifndef SHELL_LAB_LAB_H
#define SHELL_LAB_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/plan/plan.h"
#include "engine/run/job.h"
#include "engine/run/present.h"
#include "sinks/memory_sink.h"
#include "sources/memory_source.h"
#include "sql/catalog.h"

struct lab;

/* 2026-01-05T09:00:00Z, where the clock stands at first. */
#define LAB_START_US INT64_C(1767603600000000)

/* One query and what it has said. */
struct lab_result {
    struct slice name; /* empty for a SELECT */
    const struct plan *plan;
    struct memory_rows rows;
};

struct lab *lab_new(void);
void lab_free(struct lab *lab);

/* Prepares and applies statements in order; a SELECT, INSERT or CREATE QUERY runs from then on. The
 * last statement needs no semicolon. False at the first one that is wrong: lab_refusal says how.
 * What EXPLAIN says is appended to lab_said. */
bool lab_sql(struct lab *lab, const char *sql);

/* The error of the last lab_sql as a person sees it, with its place in the text. */
const char *lab_refusal(struct lab *lab);
const struct error *lab_refusal_error(const struct lab *lab);
struct bytebuf *lab_said(struct lab *lab);

/* Byte of that text at which the refused statement begins. */
size_t lab_refusal_from(const struct lab *lab);
struct catalog *lab_catalog(struct lab *lab);

/* The present result of each query is kept from now on; with a restart everything that was kept is
 * gone. */
void lab_keep_results(struct lab *lab, const struct retain *limits);
/* NULL if it is not kept. */
const struct present *lab_present(const struct lab *lab, uint32_t i);

/* The feed behind `memory:NAME`; made if there is none. */
struct memory_feed *lab_feed(struct lab *lab, const char *name);

/* Some stream of the statements reads it. */
bool lab_has_feed(const struct lab *lab, struct slice name);

/* False if its end has come. */
bool lab_takes_input(struct lab *lab, const char *name);

/* The bytes arrive as one chunk, and everything there is to do is done. Not after lab_end. */
void lab_input(struct lab *lab, const char *name, struct slice bytes);
void lab_input_split(struct lab *lab, const char *name, uint32_t split, struct slice bytes);
/* The clock moves on, then the same. */
void lab_clock(struct lab *lab, int64_t by_us);
/* All feeds end, then the same. */
void lab_end(struct lab *lab);
/* Steps until nothing is left to do now. */
void lab_settle(struct lab *lab);
/* All queries go on from their snapshot in a new job. Not after a query was dropped. */
void lab_restart(struct lab *lab);
bool lab_can_restart(const struct lab *lab);
int64_t lab_now_us(const struct lab *lab);

/* Why a running query failed; NULL = none did. */
const char *lab_error(struct lab *lab);

uint32_t lab_n_results(const struct lab *lab);
struct lab_result *lab_result(struct lab *lab, uint32_t i);
/* What went to a URI that LATE INTO or ON ERROR INTO names; NULL if there is none. */
struct memory_rows *lab_place(struct lab *lab, struct slice uri);
/* Those URIs: 0, 1, … until NULL. */
const char *lab_place_at(const struct lab *lab, uint32_t i);
/* Counters of a running query. */
void lab_measure(struct lab *lab, uint32_t i, struct query_progress *out);
/* Counters of its stream, and the newest bad rows of that (query_bad_rows). */
void lab_measure_stream(struct lab *lab, uint32_t i, struct feed_progress *out);
uint32_t lab_bad_rows(struct lab *lab, uint32_t i, const struct bad_row **out, uint32_t max);

#endif
