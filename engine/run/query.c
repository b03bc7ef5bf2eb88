/* query: see query.h. */
#include "engine/run/query.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/intake.h"

/* ---- rows ---------------------------------------------------------------------------------------
 */

static void query_split(void *owner, uint32_t split)
{
    struct query *query = owner;
    watermark_open(&query->watermark, split, clock_now_us(query->config->clock));
}

static void query_split_ended(void *owner, uint32_t split)
{
    struct query *query = owner;
    watermark_end(&query->watermark, split);
}

/* Every row's event time is decoded before any filter, so that the watermark does not depend on
 * what the query asks for. */
static void query_rows(void *owner, uint32_t split, struct batch *batch)
{
    struct query *query = owner;
    query->progress.rows_handed += batch->n;
    if (query->context.finished || query->failure.status != OK) {
        query->progress.rows_unread += batch->n;
        return;
    }
    batch->time_column = query->scan->time_column;
    if (query->now_is_old) {
        query->context.program.now_us = clock_now_us(query->config->clock);
        query->now_is_old = false;
    }
    if (query->scan->has_watermark) {
        uint32_t time_column = (uint32_t)batch->time_column;
        batch_require(batch, &time_column, 1);
        lateness_rows(&query->lateness, watermark_newest_us(&query->watermark, split),
                      &batch->columns[time_column]);
        watermark_rows(&query->watermark, split, clock_now_us(query->config->clock), batch);
    }
    query->progress.rows_in += batch->n;
    op_push(query->first, batch);
}

static void query_output(void *owner, struct batch *batch)
{
    struct query *query = owner;
    if (query->repeats) {
        present_write(query->rows.present, batch);
        return;
    }
    query->progress.rows_out += batch->n;
    if (query->failure.status == OK && outlet_write(&query->rows, batch, &query->failure) != OK) {
        CHECK(query->failure.status != OK);
    }
}

/* ---- life ---------------------------------------------------------------------------------------
 */

/* Windows that close one after the other ask only whether a row is late. Operators whose rows leave
 * or fall by their own time must know how far time had come at each of them. */
static bool needs_exact_watermarks(const struct plan *plan)
{
    for (const struct plan_node *node = plan->root; node->kind != PLAN_SCAN; node = node->input) {
        bool is_stateless = node->kind == PLAN_FILTER || node->kind == PLAN_EXTEND ||
                            node->kind == PLAN_PROJECT || node->kind == PLAN_SORT ||
                            node->kind == PLAN_LIMIT || node->kind == PLAN_UNTIL ||
                            node->kind == PLAN_SUBQUERY;
        bool closes_in_order =
            node->kind == PLAN_AGGREGATE &&
            (node->window.kind == WINDOW_HOP || node->window.kind == WINDOW_CUMULATE ||
             node->window.kind == WINDOW_NONE);
        if (!is_stateless && !closes_in_order) {
            return true;
        }
    }
    return false;
}

struct query *query_new(const struct job_config *config, const struct plan *plan, struct feed *feed,
                        struct sink *sink)
{
    struct query *query = mem_zalloc(sizeof *query);
    const struct plan_node *scan = plan_scan(plan->root);
    arena_init(&query->life);
    query->config = config;
    query->plan = plan;
    query->scan = scan;
    query->feed = feed;
    outlet_init(&query->rows, sink, sink == NULL ? 0 : sink->epoch);
    /* What has arrived long ago is not closed by the clock of today. */
    query->uses_arrival = scan->time_origin == TIME_FROM_ARRIVAL && !scan->stream->is_table;
    query->context.query = &query->life;
    query->context.state_bytes_max =
        config->state_bytes_max != 0 ? config->state_bytes_max : STATE_BYTES_MAX_DEFAULT;
    query->context.program.now_us = clock_now_us(config->clock);
    query->now_is_old = true;
    query->committed_at_us = query->context.program.now_us;
    query->complete_rows = UINT64_MAX;
    query->output = (struct op_output){.owner = query, .rows = query_output};
    watermark_init(&query->watermark, scan->delay_us,
                   scan->stream->finite ? TIME_END : scan->stream->max_future_us);
    query->watermark.is_exact = needs_exact_watermarks(plan);
    late_rows_init(&query->late);
    query->first = op_build(&query->context, plan, &query->output);
    return query;
}

void query_free(struct query *query)
{
    if (query == NULL) {
        return;
    }
    feed_remove_reader(query->feed, query);
    op_close_all(query->first);
    outlet_close(&query->rows);
    late_rows_release(&query->late);
    watermark_release(&query->watermark);
    arena_release(&query->life);
    mem_free(query);
}

/* The one that says what a day is, for names after the time. */
static const struct zone *plan_zone(const struct plan *plan)
{
    for (const struct plan_node *node = plan->root; node->kind != PLAN_SCAN; node = node->input) {
        if (node->window.zone != NULL) {
            return node->window.zone;
        }
    }
    return NULL;
}

static enum status open_plan_sink(struct query *query, struct slice from, struct error *err)
{
    const struct plan *plan = query->plan;
    const struct sink_def *def = plan->sink;
    CHECK(def != NULL); /* who runs a query without a sink of its own gives one */
    struct sink_config *config = arena_zalloc(&query->life, sizeof *config);
    *config = (struct sink_config){
        .uri = &def->uri,
        .options = &def->options,
        .format = def->format,
        .schema = &plan->root->schema,
        .changes = plan->changes,
        .complete = plan->emit.kind == EMIT_COMPLETE,
        .keys = plan->keys,
        .n_keys = plan->n_keys,
        .fs = query->config->fs,
        .clock = query->config->clock,
        .query_name = (const char *)arena_copy(&query->life, plan->name).at,
        .interrupt = query->config->interrupt,
        .zone = plan_zone(plan),
        .durable = query->config->state_dir != NULL,
        .from = arena_copy(&query->life, from),
    };
    struct sink *sink;
    uint64_t committed;
    TRY(sink_open(def->kind, config, &sink, &committed, err));
    outlet_init(&query->rows, sink, committed);
    return OK;
}

enum status query_open(struct query *query, const struct image_query *saved, struct error *err)
{
    const struct slice nothing = slice_of(NULL, 0);
    if (query->rows.sink == NULL) {
        TRY(open_plan_sink(query, saved == NULL ? nothing : image_position(saved, "rows"), err));
    }
    TRY(late_rows_open(&query->late, query->config, query->scan->stream,
                       saved == NULL ? nothing : image_position(saved, "late"), err));
    query->context.late = &query->late.sink;
    struct feed_reader reader = {
        .owner = query,
        .split = query_split,
        .rows = query_rows,
        .split_ended = query_split_ended,
    };
    return feed_add_reader(query->feed, &reader, query->scan->needle, err);
}

uint32_t query_outlets(struct query *query, struct outlet **outlets, const char **roles)
{
    outlets[0] = &query->rows;
    roles[0] = "rows";
    outlets[1] = &query->late.into;
    roles[1] = "late";
    return query->late.into.sink == NULL ? 1 : 2;
}

uint64_t query_committed(const struct query *query)
{
    uint64_t late = query->late.into.committed;
    return late > query->rows.committed ? late : query->rows.committed;
}

enum status query_begin(struct query *query, uint64_t epoch, struct error *err)
{
    TRY(outlet_begin(&query->rows, epoch, err));
    return outlet_begin(&query->late.into, epoch, err);
}

/* ---- triggers -----------------------------------------------------------------------------------
 */

static enum status query_check(struct query *query, struct error *err)
{
    const struct error *failure =
        query->failure.status != OK ? &query->failure : &query->context.failure;
    if (failure->status != OK) {
        *err = *failure;
        return err->status;
    }
    op_measure_all(query->first);
    return OK;
}

/* How far event time has come by `now_us`. Arrival time is the clock itself; a live stream that is
 * silent runs on with it. */
static int64_t query_watermark(struct query *query, int64_t now_us)
{
    if (query->uses_arrival) {
        return now_us;
    }
    if (!query->scan->has_watermark) {
        return TIME_NONE;
    }
    if (!query->scan->stream->finite) {
        watermark_idle(&query->watermark, now_us, query->scan->stream->idle_timeout_us);
    }
    return query->watermark.current;
}

/* A complete result is said again when rows have reached its operator since it was said last, and
 * not when another stream has some, a split ends, or a filter drops them all. Over no rows at all
 * it is said once, and at the end, where a total without rows is one. */
static bool has_news(struct query *query, bool at_end)
{
    if (query->plan->emit.kind != EMIT_COMPLETE) {
        return true;
    }
    const struct op *op = query->first;
    while (op->next != NULL &&
           (op->node->emit.kind != EMIT_COMPLETE || op->kind->trigger == NULL)) {
        op = op->next;
    }
    uint64_t rows = op->stats.rows_in;
    bool news = rows != query->complete_rows || (at_end && rows == 0);
    query->complete_rows = rows;
    return news;
}

enum status query_trigger(struct query *query, int64_t now_us, struct error *err)
{
    int64_t started_us = clock_steady_us(query->config->clock);
    query->context.program.now_us = now_us;
    int64_t watermark = query_watermark(query, now_us);
    op_advance(query->first, watermark, query->plan->at_end ? SAY_NOTHING : SAY_RESULTS);
    bool speaks = query->plan->at_end || has_news(query, false);
    if (speaks && !query->plan->at_end) {
        op_trigger(query->first, false);
    }
    TRY(query_check(query, err));
    query->now_is_old = true;
    if (speaks) {
        TRY(outlet_flush(&query->rows, err));
    }
    TRY(late_rows_flush(&query->late, err));
    query->said = true;
    query->progress.triggers++;
    query->progress.trigger_us = clock_steady_us(query->config->clock) - started_us;
    return OK;
}

enum status query_end(struct query *query, int64_t now_us, bool flush, struct error *err)
{
    if (query->ended) {
        return OK;
    }
    query->ended = true;
    query->context.program.now_us = now_us;
    bool speaks = flush;
    if (flush) {
        op_advance(query->first, TIME_END, SAY_LAST);
        speaks = has_news(query, true);
    }
    if (speaks) {
        op_trigger(query->first, true);
    }
    TRY(query_check(query, err));
    if (speaks || query->plan->emit.kind != EMIT_COMPLETE) {
        TRY(outlet_flush(&query->rows, err));
    }
    TRY(late_rows_flush(&query->late, err));
    if (flush) {
        outlet_ended(&query->rows);
        outlet_ended(&query->late.into);
    }
    query->progress.triggers++;
    return OK;
}

enum status query_commit(struct query *query, struct error *err)
{
    TRY(outlet_commit(&query->rows, err));
    TRY(outlet_commit(&query->late.into, err));
    query->progress.epochs++;
    query->said = false;
    query->committed_at_us = clock_now_us(query->config->clock);
    return OK;
}

enum status query_settled(struct query *query, uint64_t epoch, struct error *err)
{
    TRY(outlet_settled(&query->rows, epoch, err));
    return outlet_settled(&query->late.into, epoch, err);
}

/* The scan's watermark at which the next window closes; TIME_END: none is open. */
static int64_t next_close(const struct query *query)
{
    int64_t next = TIME_END;
    int64_t trail_us = 0; /* of the operator's watermark behind the scan's */
    for (const struct op *op = query->first; op != NULL; op = op->next) {
        bool closes = op->kind->measure != NULL && op->stats.next_due != TIME_END;
        int64_t own = closes ? time_plus(op->stats.next_due, trail_us) : TIME_END;
        next = own < next ? own : next;
        trail_us += op->node->kind == PLAN_SUBQUERY ? op->node->delay_us : 0;
    }
    return next;
}

/* When it closes by the clock alone. */
static int64_t window_due_us(const struct query *query)
{
    int64_t due = next_close(query);
    if (query->uses_arrival || due == TIME_END) {
        return due;
    }
    return query->scan->stream->finite
               ? TIME_END
               : watermark_due_us(&query->watermark, due, query->scan->stream->idle_timeout_us);
}

int64_t query_due_us(struct query *query)
{
    int64_t due = window_due_us(query);
    for (const struct op *op = query->first; op != NULL; op = op->next) {
        int64_t tick = emit_next_us(&op->node->emit, query->context.program.now_us);
        due = tick < due ? tick : due;
    }
    return due;
}

/* ---- snapshot -----------------------------------------------------------------------------------
 */

enum { QUERY_VERSION = 3 };

struct slice query_name(const struct query *query)
{
    return query->plan->name.len > 0 ? query->plan->name : slice_text(query->number);
}

void query_save(struct query *query, bool whole, struct bytebuf *out, struct bytebuf *changes)
{
    codec_put_u8(out, QUERY_VERSION);
    codec_put_u64(out, query->progress.rows_handed);
    codec_put_u64(out, query->progress.rows_unread);
    codec_put_u64(out, query->progress.rows_in);
    codec_put_u64(out, query->progress.rows_out);
    codec_put_u8(out, query->context.finished);
    /* With --no-flush the open windows wait for what a later run may find at the end. */
    codec_put_u8(out, query->ended && !query->config->no_flush);
    codec_put_u64(out, query->complete_rows);
    codec_put_i64(out, query->context.program.now_us); /* rows before the next trigger see it */
    codec_put_u8(out, query->now_is_old);
    codec_put_u64(out, query->context.program.errors.count);
    codec_put_bytes(out, slice_text(query->context.program.errors.newest));
    watermark_save(&query->watermark, out);
    op_save_stats(query->first, out);
    op_save_all(query->first, whole, changes);
}

/* What was said before a restart, the sink has, and the present result has not. Before its first
 * row a query says nothing, not even that there are none. */
static void query_repeat(struct query *query)
{
    bool changes = query->plan->changes || query->plan->emit.kind == EMIT_COMPLETE;
    if (changes && query->progress.rows_in > 0) {
        query->repeats = true;
        op_repeat(query->first);
        query->repeats = false;
        present_flush(query->rows.present);
    }
}

enum status query_load(struct query *query, struct reader *in, struct entries *entries,
                       struct error *err)
{
    if (reader_u8(in) != QUERY_VERSION) {
        return error_set(err, ERR_STATE, "saved query has an unknown version");
    }
    query->progress.rows_handed = reader_u64(in);
    query->progress.rows_unread = reader_u64(in);
    query->progress.rows_in = reader_u64(in);
    query->progress.rows_out = reader_u64(in);
    query->context.finished = reader_u8(in) != 0;
    query->ended = reader_u8(in) != 0;
    query->complete_rows = reader_u64(in);
    query->context.program.now_us = reader_i64(in);
    query->now_is_old = reader_u8(in) != 0;
    struct runtime_errors *errors = &query->context.program.errors;
    errors->count = reader_u64(in);
    struct slice newest = reader_bytes(in);
    if (newest.len >= sizeof errors->newest) {
        return error_set(err, ERR_STATE, "saved runtime errors are damaged");
    }
    memcpy(errors->newest, newest.at, newest.len);
    errors->newest[newest.len] = '\0';
    if (!watermark_load(&query->watermark, in)) {
        return error_set(err, ERR_STATE, "saved watermark is damaged");
    }
    op_load_stats(query->first, in);
    if (!reader_ok(in) || reader_left(in) != 0) {
        return error_set(err, ERR_STATE, "saved counters are damaged");
    }
    if (!query->anew) {
        TRY(op_load_all(query->first, entries, err));
        query->is_kept = !query->changed;
    }
    op_measure_all(query->first); /* what closes by the clock is due without a row, too */
    if (query->rows.present != NULL) {
        query_repeat(query);
    }
    return OK;
}

/* ---- numbers ------------------------------------------------------------------------------------
 */

const struct plan *query_plan(const struct query *query)
{
    return query->plan;
}

uint64_t query_rows_bad_early(const struct query *query)
{
    struct feed_progress feed;
    const struct query_progress *progress = &query->progress;
    feed_measure(query->feed, &feed);
    return feed.rows_unsplit + progress->rows_handed - progress->rows_unread - progress->rows_in;
}

void query_keep(struct query *query, struct present *present)
{
    query->rows.present = present;
    if (present != NULL) {
        query_repeat(query);
    }
}

bool query_has_ended(const struct query *query)
{
    return query->ended;
}

void query_measure(struct query *query, struct query_progress *out)
{
    struct query_progress *progress = &query->progress;
    progress->rows_filtered = progress->rows_late = progress->rows_no_time = 0;
    progress->rows_too_late = progress->rows_evicted = 0;
    progress->rows_bad = query_rows_bad_early(query) + query->first->stats.rows_bad;
    progress->state_rows = progress->state_bytes = 0;
    op_measure_all(query->first);
    progress->next_due = next_close(query);
    for (const struct op *op = query->first; op != NULL; op = op->next) {
        const struct op_stats *stats = &op->stats;
        if (op->node->kind == PLAN_FILTER && op->kind->measure == NULL && op->next != NULL) {
            progress->rows_filtered += stats->rows_in - stats->rows_out - op_rows_bad(op);
        }
        progress->rows_late += stats->rows_late;
        progress->rows_too_late += stats->rows_too_late;
        progress->rows_no_time += stats->rows_no_time;
        progress->rows_evicted += stats->rows_evicted;
        progress->state_rows += stats->state_rows;
        progress->state_bytes += stats->state_bytes;
    }
    progress->runtime_errors = query->context.program.errors.count;
    progress->runtime_error_newest =
        progress->runtime_errors > 0 ? query->context.program.errors.newest : NULL;
    *out = *progress;
}

void query_feed(const struct query *query, struct feed_progress *out)
{
    feed_measure(query->feed, out);
    out->watermark = query->watermark.current;
    out->rows_future = query->watermark.rows_future;
    out->n_idle = watermark_n_idle(&query->watermark);
    int holder = watermark_holder(&query->watermark);
    out->holds_watermark = holder < 0 ? NULL : feed_split_name(query->feed, (uint32_t)holder);
}

uint32_t query_late_rows(const struct query *query, const struct late_row **out, uint32_t max)
{
    return late_rows_newest(&query->late, out, max);
}

void query_lateness(const struct query *query, struct bytebuf *out)
{
    if (query->scan->time_column >= 0 && query->scan->has_watermark) {
        lateness_print(&query->lateness, query->scan->schema.fields[query->scan->time_column].name,
                       out);
    }
}

uint32_t query_bad_rows(const struct query *query, const struct bad_row **out, uint32_t max)
{
    return feed_bad_rows(query->feed, out, max);
}
