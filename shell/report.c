/* report: see report.h. */
#include "shell/report.h"

#include <unistd.h>

#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "shell/human.h"

/* Of a bad row: enough to recognise it. */
enum { SHOWN_BYTES = 60 };

enum log_level report_level(void)
{
    return isatty(STDERR_FILENO) != 0 ? LOG_INFO : LOG_DEBUG;
}

bool report_columns(struct bytebuf *out, const struct stream_def *stream)
{
    char type[TYPE_NAME_BYTES];
    if (stream == NULL || !stream->inferred) {
        return false;
    }
    if (stream->name.len > 0) {
        bytebuf_printf(out, "%.*s: ", (int)stream->name.len, (const char *)stream->name.at);
    }
    bytebuf_printf(out, "format %s: ", stream->decoder->name);
    for (uint32_t i = 0; i < stream->n_visible; i++) {
        const struct field *field = &stream->schema.fields[i];
        bytebuf_printf(out, "%s%.*s %s", i > 0 ? ", " : "", (int)field->name.len,
                       (const char *)field->name.at, type_name(field->type, type));
    }
    return true;
}

/* Columns that nobody can name (planner.c). */
bool report_reads(const struct plan *plan)
{
    const struct schema *schema = &plan_scan(plan->root)->schema;
    return schema->n == 0 || !schema->fields[0].hidden || schema->fields[0].name.len > 0;
}

/* ---- time ----------------------------------------------------------------------------------- */

static bool uses_time(const struct plan *plan)
{
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        bool windowed = node->window.kind != WINDOW_NONE && node->window.kind != WINDOW_ROWS;
        if (windowed && (node->kind == PLAN_AGGREGATE || node->kind == PLAN_OVER ||
                         node->kind == PLAN_WINDOW_ROWS)) {
            return true;
        }
    }
    return false;
}

static const char *origin_text(enum time_origin origin)
{
    switch (origin) {
    case TIME_FROM_WATERMARK:
        return "declared";
    case TIME_FROM_QUERY:
        return "ON";
    case TIME_FROM_FORMAT:
        return "of the format";
    case TIME_FROM_SCHEMA:
        return "the only TIMESTAMP";
    case TIME_FROM_RESULT:
        return "of the result";
    case TIME_FROM_ARRIVAL:
        break;
    }
    return "arrival";
}

/* The first column that windows could go by; -1 = none. */
static int time_candidate(const struct stream_def *stream)
{
    for (uint32_t i = 0; i < stream->n_visible; i++) {
        if (stream->schema.fields[i].type.id == TYPE_TIMESTAMP) {
            return (int)i;
        }
    }
    return -1;
}

bool report_passes_over_time(const struct plan *plan)
{
    const struct plan_node *scan = plan_scan(plan->root);
    return uses_time(plan) && scan->time_origin == TIME_FROM_ARRIVAL &&
           scan->stream->time_column < 0 && time_candidate(scan->stream) >= 0;
}

bool report_time(struct bytebuf *out, const struct plan *plan)
{
    const struct plan_node *scan = plan_scan(plan->root);
    if (!uses_time(plan)) {
        return false;
    }
    if (scan->time_origin == TIME_FROM_ARRIVAL || scan->time_column < 0) {
        bytebuf_add_text(out, "arrival time");
        if (report_passes_over_time(plan)) {
            bytebuf_add_text(out, "; WINDOW … ON ");
            textbuf_escaped(out, scan->stream->schema.fields[time_candidate(scan->stream)].name);
            bytebuf_add_text(out, " goes by a column");
        }
        return true;
    }
    bytebuf_add_text(out, "event time ");
    textbuf_escaped(out, scan->schema.fields[scan->time_column].name);
    bytebuf_printf(out, " (%s), ", origin_text(scan->time_origin));
    if (!scan->has_watermark) {
        bytebuf_add_text(out, "exact: windows come at the end of the input");
        return true;
    }
    bytebuf_add_text(out, "watermark delay ");
    interval_print(out, scan->delay_us);
    if (!scan->stream->watermark_declared) {
        bytebuf_add_text(out, " (default)");
    }
    return true;
}

/* ---- the status line ------------------------------------------------------------------------ */

/* Sums over queries, and over streams once each. */
struct totals {
    uint64_t rows_in;
    uint64_t bytes_in;
    int64_t bytes_total; /* -1 = not known of all */
    uint64_t triggers;
    uint64_t late;
    uint64_t state_rows;
    int64_t watermark; /* smallest; TIME_NONE = none */
    bool finite;
    bool arrival;
};

/* True for the first query over its stream. */
static bool is_first_reader(struct query *const *queries, uint32_t i)
{
    const struct stream_def *stream = plan_scan(query_plan(queries[i])->root)->stream;
    for (uint32_t j = 0; j < i; j++) {
        if (plan_scan(query_plan(queries[j])->root)->stream == stream) {
            return false;
        }
    }
    return true;
}

static void add_feed(struct totals *totals, const struct feed_progress *feed)
{
    totals->rows_in += feed->rows_in;
    totals->bytes_in += feed->bytes_in;
    bool known = totals->bytes_total >= 0 && feed->total_bytes >= 0;
    totals->bytes_total = known ? totals->bytes_total + feed->total_bytes : -1;
}

static struct totals totals_of(struct query *const *queries, uint32_t n)
{
    struct totals totals = {.watermark = TIME_NONE, .finite = true};
    for (uint32_t i = 0; i < n; i++) {
        struct query_progress progress;
        struct feed_progress feed;
        const struct plan_node *scan = plan_scan(query_plan(queries[i])->root);
        query_measure(queries[i], &progress);
        query_feed(queries[i], &feed);
        if (is_first_reader(queries, i)) {
            add_feed(&totals, &feed);
        }
        totals.finite = totals.finite && scan->stream->finite;
        totals.arrival = totals.arrival || scan->time_origin == TIME_FROM_ARRIVAL;
        totals.late += progress.rows_late;
        totals.state_rows += progress.state_rows;
        if (progress.triggers > totals.triggers) {
            totals.triggers = progress.triggers;
        }
        if (scan->has_watermark && feed.watermark != TIME_NONE &&
            (totals.watermark == TIME_NONE || feed.watermark < totals.watermark)) {
            totals.watermark = feed.watermark;
        }
    }
    return totals;
}

static void add_bar(struct bytebuf *out, const struct totals *totals)
{
    enum { BAR = 20 };
    double part =
        totals->bytes_total > 0 ? (double)totals->bytes_in / (double)totals->bytes_total : 0;
    part = part > 1 ? 1 : part;
    bytebuf_add_byte(out, '[');
    for (int i = 0; i < BAR; i++) {
        bytebuf_add_text(out, i < (int)(part * BAR) ? "█" : "·");
    }
    bytebuf_printf(out, "] %d %% · ", (int)(part * 100));
    human_rows(out, totals->rows_in);
    bytebuf_add_text(out, " · ");
}

/* "10:14:55 (lag 4.8 s)"; far from now, the day instead of the lag. */
static void add_watermark(struct bytebuf *out, int64_t watermark, const struct clock *clock)
{
    int64_t lag_us = clock_now_us(clock) - watermark;
    bool near = lag_us > -US_PER_DAY && lag_us < US_PER_DAY;
    bytebuf_add_text(out, "watermark ");
    timestamp_format(out, watermark, slice_text(near ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S"), NULL);
    if (near && lag_us >= 0) {
        bytebuf_printf(out, " (lag %.1f s)", (double)lag_us / US_PER_SECOND);
    }
    bytebuf_add_text(out, " · ");
}

void report_begin(struct report_rate *rate, struct query *const *queries, uint32_t n)
{
    struct totals totals = totals_of(queries, n);
    rate->rows = totals.rows_in;
    rate->rows_before = totals.rows_in;
    rate->bytes_before = totals.bytes_in;
}

/* A time that is too short to count something in says nothing. */
#define RATE_AFTER_US (50 * US_PER_MS)

static void rate_update(struct report_rate *rate, uint64_t rows)
{
    int64_t now_us = clock_steady_us(clock_system());
    int64_t passed_us = now_us - rate->at_us;
    if (passed_us < RATE_AFTER_US) {
        return;
    }
    /* Smoothed over about a second, so that the eye can read it. */
    double now = (double)(rows - rate->rows) * US_PER_SECOND / (double)passed_us;
    double weight = passed_us >= US_PER_SECOND ? 1 : (double)passed_us / US_PER_SECOND;
    bool first = rate->rows_per_second <= 0;
    rate->rows_per_second = first ? now : rate->rows_per_second * (1 - weight) + now * weight;
    rate->at_us = now_us;
    rate->rows = rows;
}

void report_status(struct bytebuf *out, struct query *const *queries, uint32_t n,
                   struct report_rate *rate, const struct clock *clock)
{
    struct totals totals = totals_of(queries, n);
    rate_update(rate, totals.rows_in);
    if (totals.finite && totals.bytes_total > 0) {
        add_bar(out, &totals);
    } else {
        bytebuf_printf(out, "batch %llu · ", (unsigned long long)totals.triggers);
    }
    human_count(out, (uint64_t)rate->rows_per_second);
    bytebuf_add_text(out, " rows/s · ");
    if (totals.watermark != TIME_NONE && totals.watermark != TIME_END) {
        add_watermark(out, totals.watermark, clock);
    }
    if (!totals.arrival) {
        bytebuf_add_text(out, "late ");
        human_count(out, totals.late);
        bytebuf_add_text(out, " · ");
    }
    bytebuf_add_text(out, "state ");
    human_count(out, totals.state_rows);
    bytebuf_add_text(out, " · Ctrl-C stops");
}

void report_summary(struct bytebuf *out, struct query *const *queries, uint32_t n,
                    const struct report_rate *rate, int64_t took_us)
{
    uint32_t i = 0;
    while (i < n && !report_reads(query_plan(queries[i]))) {
        i++;
    }
    if (i == n) {
        return;
    }
    struct totals totals = totals_of(queries, n);
    bytebuf_add_text(out, "Processed ");
    human_rows(out, totals.rows_in - rate->rows_before);
    bytebuf_add_text(out, ", ");
    human_bytes(out, totals.bytes_in - rate->bytes_before);
    bytebuf_add_text(out, " in ");
    human_duration(out, took_us);
    bytebuf_add_byte(out, '\n');
}

/* ---- warnings ------------------------------------------------------------------------------- */

/* What is written in FROM has no name of its own. */
static void add_subject(struct bytebuf *out, struct slice name)
{
    bytebuf_add_text(out, "tailrace: ");
    if (name.len > 0) {
        textbuf_escaped(out, name);
        bytebuf_add_text(out, ": ");
    }
}

static void add_bad_rows(struct bytebuf *out, struct query *query, const struct feed_progress *feed)
{
    const struct bad_row *newest[BAD_ROWS_KEPT];
    if (feed->rows_bad == 0) {
        return;
    }
    uint32_t n = query_bad_rows(query, newest, BAD_ROWS_KEPT);
    uint32_t last = 0;
    while (last < n && newest[last]->is_kept) {
        last++;
    }
    add_subject(out, plan_scan(query_plan(query)->root)->stream->name);
    bytebuf_printf(out, "%llu bad row%s skipped", (unsigned long long)feed->rows_bad,
                   feed->rows_bad == 1 ? " was" : "s were");
    if (last < n) {
        const struct bad_row *bad = newest[last];
        bytebuf_add_text(out, feed->rows_bad == 1 ? ": " : ", the last: ");
        bytebuf_add_text(out, bad->reason);
        if (bad->column[0] != '\0') {
            bytebuf_add_text(out, " in column ");
            textbuf_escaped(out, slice_text(bad->column));
        }
        bytebuf_printf(out, " at byte %llu of ", (unsigned long long)bad->offset);
        textbuf_escaped(out, slice_text(bad->source));
        bytebuf_add_text(out, ": ");
        textbuf_escaped(out, slice_of(bad->text,
                                      bad->text_len < SHOWN_BYTES ? bad->text_len : SHOWN_BYTES));
    }
    bytebuf_add_byte(out, '\n');
}

static void add_nulled(struct bytebuf *out, const struct query *query,
                       const struct feed_progress *feed)
{
    if (feed->rows_nulled > 0) {
        add_subject(out, plan_scan(query_plan(query)->root)->stream->name);
        bytebuf_printf(out, "%llu %s NULL for a field that did not convert\n",
                       (unsigned long long)feed->rows_nulled,
                       feed->rows_nulled == 1 ? "row has" : "rows have");
    }
}

static void add_lost(struct bytebuf *out, const struct query *query,
                     const struct feed_progress *feed)
{
    if (feed->n_lost > 0) {
        add_subject(out, plan_scan(query_plan(query)->root)->stream->name);
        bytebuf_printf(out,
                       "%llu datagrams were lost before they could be read; "
                       "receive_buffer= makes more of them wait\n",
                       (unsigned long long)feed->n_lost);
    }
}

static void add_count(struct bytebuf *out, const struct query *query, uint64_t n, const char *one,
                      const char *many)
{
    if (n > 0) {
        add_subject(out, query_plan(query)->name);
        bytebuf_printf(out, "%llu %s\n", (unsigned long long)n, n == 1 ? one : many);
    }
}

static void add_query_warnings(struct bytebuf *out, struct query *query)
{
    struct query_progress progress;
    query_measure(query, &progress);
    add_count(out, query, progress.rows_late, "time a row came after its window was closed",
              "times a row came after its window was closed");
    add_count(out, query, progress.rows_no_time, "row without a time is in no window",
              "rows without a time are in no window");
    if (progress.runtime_errors > 0) {
        add_subject(out, query_plan(query)->name);
        bytebuf_printf(out, "%llu %s: ", (unsigned long long)progress.runtime_errors,
                       progress.runtime_errors == 1
                           ? "value could not be computed and is NULL"
                           : "values could not be computed and are NULL, the last");
        textbuf_escaped(out, slice_text(progress.runtime_error_newest));
        bytebuf_add_byte(out, '\n');
    }
}

void report_warnings(struct bytebuf *out, struct query *const *queries, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct feed_progress feed;
        query_feed(queries[i], &feed);
        if (is_first_reader(queries, i)) {
            add_bad_rows(out, queries[i], &feed);
            add_nulled(out, queries[i], &feed);
            add_lost(out, queries[i], &feed);
        }
        add_query_warnings(out, queries[i]);
    }
}
