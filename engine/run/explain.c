/* explain: EXPLAIN ANALYZE and EXPLAIN WHY of a running query. WHY answers the loudest question
 * about a streaming query, "why does nothing come out": what came in, where it went, and what the
 * next window waits for. */
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/run/query.h"

static void print_count(struct bytebuf *out, const char *name, uint64_t n)
{
    bytebuf_printf(out, " %s=%llu", name, (unsigned long long)n);
}

static void print_nonzero(struct bytebuf *out, const char *name, uint64_t n)
{
    if (n > 0) {
        print_count(out, name, n);
    }
}

static void print_time(struct bytebuf *out, int64_t us)
{
    if (us == TIME_NONE) {
        bytebuf_add_text(out, "none yet");
    } else if (us == TIME_END) {
        bytebuf_add_text(out, "the end");
    } else {
        timestamp_print(out, us);
    }
}

static void print_name(struct bytebuf *out, struct slice name)
{
    textbuf_escaped(out, name);
}

static void print_feed(struct bytebuf *out, const struct query *query,
                       const struct feed_progress *feed)
{
    bytebuf_add_text(out, "scan ");
    print_name(out, query->scan->stream->name);
    print_count(out, "bytes", feed->bytes_in);
    print_count(out, "rows", feed->rows_in);
    print_nonzero(out, "bad", query_rows_bad_early(query));
    print_nonzero(out, "nulled", feed->rows_nulled);
    print_nonzero(out, "unread", query->progress.rows_unread);
    print_nonzero(out, "lost", feed->n_lost);
    print_nonzero(out, "future", feed->rows_future);
    bytebuf_add_byte(out, '\n');
}

static void print_op(struct bytebuf *out, const struct op *op)
{
    const struct op_stats *stats = &op->stats;
    bytebuf_add_text(out, op->kind->name);
    print_count(out, "in", stats->rows_in);
    print_count(out, "out", stats->rows_out);
    print_nonzero(out, "bad", op_rows_bad(op));
    print_nonzero(out, "late", stats->rows_late);
    print_nonzero(out, "too_late", stats->rows_too_late);
    print_nonzero(out, "no_time", stats->rows_no_time);
    print_nonzero(out, "evicted", stats->rows_evicted);
    print_nonzero(out, "fill_gaps", stats->fill_gaps);
    if (op->kind->measure != NULL) {
        print_count(out, "state_rows", stats->state_rows);
        print_count(out, "state_bytes", stats->state_bytes);
    }
    bytebuf_add_byte(out, '\n');
}

static void explain_stages(struct query *query, struct bytebuf *out)
{
    struct feed_progress feed;
    query_feed(query, &feed);
    op_measure_all(query->first);
    print_feed(out, query, &feed);
    int depth = 1;
    for (const struct op *op = query->first; op != NULL; op = op->next) {
        bytebuf_printf(out, "%*s", depth++ * 2, "");
        print_op(out, op);
    }
    if (query->context.program.errors.count > 0) {
        bytebuf_printf(out, "runtime errors: %llu, newest: %s\n",
                       (unsigned long long)query->context.program.errors.count,
                       query->context.program.errors.newest);
    }
}

static void why_watermark(const struct query *query, const struct feed_progress *feed,
                          struct bytebuf *out)
{
    if (query->uses_arrival) {
        bytebuf_add_text(out, "time: arrival; the wall clock closes windows\n");
        return;
    }
    if (!query->scan->has_watermark) {
        bytebuf_add_text(out, "time: finite input without WATERMARK; windows leave at its end\n");
        return;
    }
    bytebuf_add_text(out, "watermark: ");
    print_time(out, feed->watermark);
    if (feed->holds_watermark != NULL) {
        bytebuf_add_text(out, ", held by ");
        print_name(out, slice_text(feed->holds_watermark));
    }
    if (feed->n_idle > 0) {
        bytebuf_printf(out, ", %u of %u splits idle", feed->n_idle, feed->n_splits);
    }
    bytebuf_add_byte(out, '\n');
}

/* When the next window closes by silence alone, seen from `now_us`. */
static void why_silence(const struct query *query, int64_t due_us, int64_t now_us,
                        struct bytebuf *out)
{
    if (query->scan->stream->finite) {
        bytebuf_add_text(out, ", or at the end of the input");
        return;
    }
    int64_t at = watermark_due_us(&query->watermark, due_us, query->scan->stream->idle_timeout_us);
    if (at != TIME_END) {
        bytebuf_add_text(out, ", or in ");
        interval_print(out,
                       at > now_us ? (at - now_us + US_PER_MS - 1) / US_PER_MS * US_PER_MS : 0);
        bytebuf_add_text(out, " of idleness");
    }
}

static void why_next_window(const struct query *query, const struct query_progress *progress,
                            struct bytebuf *out)
{
    int64_t now_us = clock_now_us(query->config->clock);
    if (progress->next_due == TIME_END) {
        bytebuf_add_text(out, "next window: none is open\n");
        return;
    }
    bytebuf_add_text(out, "next window: closes ");
    if (query->uses_arrival) {
        bytebuf_add_text(out, "at ");
        print_time(out, progress->next_due);
    } else if (!query->scan->has_watermark) {
        bytebuf_add_text(out, "at the end of the input");
    } else {
        bytebuf_add_text(out, "when a row >= ");
        print_time(out, progress->next_due + query->scan->delay_us);
        bytebuf_add_text(out, " arrives");
        why_silence(query, progress->next_due, now_us, out);
    }
    bytebuf_add_byte(out, '\n');
}

/* The first stage where rows end, in one sentence. */
static void why_verdict(const struct query_progress *progress, const struct feed_progress *feed,
                        struct bytebuf *out)
{
    if (progress->rows_out > 0) {
        bytebuf_printf(out, "verdict: %llu rows have come out\n",
                       (unsigned long long)progress->rows_out);
    } else if (feed->rows_in == 0) {
        bytebuf_add_text(out, "verdict: nothing has come in\n");
    } else if (feed->rows_in == feed->rows_bad) {
        bytebuf_add_text(out, "verdict: every row is bad; .bad shows why\n");
    } else if (progress->rows_in > 0 && progress->rows_filtered >= progress->rows_in) {
        bytebuf_add_text(out, "verdict: the filters let no row through\n");
    } else if (progress->rows_no_time > 0 && progress->state_rows == 0) {
        bytebuf_add_text(out, "verdict: rows have no event time\n");
    } else if (progress->rows_late > 0 && progress->state_rows == 0) {
        bytebuf_add_text(out, "verdict: every row is late\n");
    } else {
        bytebuf_add_text(out, "verdict: rows are in open windows\n");
    }
}

void query_explain(struct query *query, bool why, struct bytebuf *out)
{
    if (!why) {
        plan_print(out, query->plan);
        explain_stages(query, out);
        return;
    }
    struct query_progress progress;
    struct feed_progress feed;
    query_measure(query, &progress);
    query_feed(query, &feed);
    why_verdict(&progress, &feed, out);
    explain_stages(query, out);
    why_watermark(query, &feed, out);
    why_next_window(query, &progress, out);
}
