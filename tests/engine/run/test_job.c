/* A job from bytes to rows, with kinds made here: a source that gives what the test says, lines of
 * "seconds,value", a sink that writes text. */
#include "tests/support/testing.h"

#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/run/job.h"
#include "engine/run/watermark.h"
#include "tests/support/builders.h"

#define SECOND US_PER_SECOND

/* ---- source: chunks given by the test -----------------------------------------------------------
 */

enum { CHUNKS_MAX = 64 };

struct script {
    struct source source; /* first member */
    const char *chunks[CHUNKS_MAX];
    uint32_t splits[CHUNKS_MAX];
    uint32_t n;
    uint32_t at;
    uint32_t n_splits;
    bool finite;
    bool pause;          /* AGAIN between chunks */
    struct bytebuf done; /* what the job said is done: "split:bytes " */
};

/* Chunks that are none: the split ends, or is cut off. */
static const char ended[] = "ended";
static const char broken[] = "broken";

static enum status script_open(const struct source_config *config, struct source **out,
                               struct error *err);

static unsigned script_flags(const struct source *source)
{
    return ((const struct script *)source)->finite ? SOURCE_FINITE : 0;
}

static enum status script_poll(struct source *source, uint32_t *split, enum source_state *what,
                               struct error *err)
{
    struct script *script = (struct script *)source;
    (void)err;
    if (script->pause) {
        script->pause = false;
        *what = SOURCE_AGAIN;
    } else if (script->at < script->n) {
        const char *chunk = script->chunks[script->at];
        *split = script->splits[script->at];
        *what = chunk == ended ? SOURCE_ENDED : chunk == broken ? SOURCE_CUT : SOURCE_MORE;
        script->at += *what != SOURCE_MORE;
    } else {
        *what = script->finite ? SOURCE_DONE : SOURCE_AGAIN;
    }
    return OK;
}

static enum status script_read(struct source *source, uint32_t split, void *at, size_t max,
                               size_t *n, struct error *err)
{
    struct script *script = (struct script *)source;
    (void)err;
    assert_int_equal(split, script->splits[script->at]);
    const char *chunk = script->chunks[script->at++];
    *n = strlen(chunk);
    assert_true(*n <= max);
    memcpy(at, chunk, *n);
    script->pause = true;
    return OK;
}

static int script_wait_fd(const struct source *source)
{
    (void)source;
    return -1;
}

static int64_t script_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t script_n_splits(const struct source *source)
{
    return ((const struct script *)source)->n_splits;
}

static const char *script_split_name(const struct source *source, uint32_t split)
{
    (void)source;
    return split == 0 ? "zero" : "one";
}

static int64_t script_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static void script_done(struct source *source, uint32_t split, uint64_t bytes)
{
    struct script *script = (struct script *)source;
    bytebuf_printf(&script->done, "%u:%llu ", split, (unsigned long long)bytes);
}

static void script_close(struct source *source)
{
    bytebuf_release(&((struct script *)source)->done);
}

static const struct source_kind script_kind = {
    .scheme = "script",
    .open = script_open,
    .flags_of = script_flags,
    .poll = script_poll,
    .read = script_read,
    .wait_fd = script_wait_fd,
    .wake_us = script_wake_us,
    .n_splits = script_n_splits,
    .split_name = script_split_name,
    .total_bytes = script_total_bytes,
    .done = script_done,
    .close = script_close,
};

static enum status script_open(const struct source_config *config, struct source **out,
                               struct error *err)
{
    (void)config;
    (void)out;
    return error_set(err, ERR_IO, "the fixture hands its source over");
}

/* ---- decoder: "seconds,value" -------------------------------------------------------------------
 */

struct pairs {
    struct decoder decoder;
    const struct reject_sink *reject;
    struct slice bytes;
    struct slice lines[BATCH_ROWS];
    uint32_t n;
    uint32_t first; /* of the batch */
    uint32_t batch_n;
};

static enum status pairs_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err);

/* A line without a comma cannot be split and is in no batch. */
static size_t pairs_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    struct pairs *pairs = (struct pairs *)decoder;
    size_t at = 0;
    pairs->bytes = bytes;
    pairs->n = pairs->first = pairs->batch_n = 0;
    while (at < bytes.len) {
        const uint8_t *end = memchr(bytes.at + at, '\n', bytes.len - at);
        if (end == NULL && !is_final) {
            break;
        }
        size_t len = end == NULL ? bytes.len - at : (size_t)(end - bytes.at) - at;
        struct slice line = slice_of(bytes.at + at, len);
        if (memchr(line.at, ',', line.len) == NULL) {
            pairs->reject->reject(pairs->reject->owner, at, line, -1, "no comma");
        } else {
            pairs->lines[pairs->n++] = line;
        }
        at += len + (end != NULL);
    }
    return at;
}

static uint32_t pairs_next(struct decoder *decoder, uint32_t max)
{
    struct pairs *pairs = (struct pairs *)decoder;
    pairs->first += pairs->batch_n;
    pairs->batch_n = pairs->n - pairs->first < max ? pairs->n - pairs->first : max;
    return pairs->batch_n;
}

static struct slice pairs_record(const struct decoder *decoder, uint32_t row)
{
    const struct pairs *pairs = (const struct pairs *)decoder;
    return pairs->lines[pairs->first + row];
}

static void pairs_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                         const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct pairs *pairs = (struct pairs *)decoder;
    struct column_out values =
        column_out_new(arena, type_of(col == 0 ? TYPE_TIMESTAMP : TYPE_BIGINT), n);
    for (uint32_t i = 0; i < n; i++) {
        struct slice line = pairs_record(decoder, rows == NULL ? i : rows[i]);
        const uint8_t *comma = memchr(line.at, ',', line.len);
        struct slice left = slice_of(line.at, (size_t)(comma - line.at));
        struct slice right = slice_of(comma + 1, line.len - left.len - 1);
        int64_t value = 0;
        if (!slice_to_i64(col == 0 ? left : right, &value)) {
            pairs->reject->reject(pairs->reject->owner, (uint64_t)(line.at - pairs->bytes.at), line,
                                  (int)col, "bad number");
            bits_set(reject, i);
        }
        values.i64[i] = col == 0 ? value * SECOND : value;
    }
    *out = column_view(&values, n);
}

static void pairs_close(struct decoder *decoder)
{
    mem_free(decoder);
}

static const struct decoder_kind pairs_kind = {
    .name = "pairs",
    .open = pairs_open,
    .block = pairs_block,
    .next = pairs_next,
    .column = pairs_column,
    .record = pairs_record,
    .close = pairs_close,
};

static enum status pairs_open(const struct decoder_config *config, struct decoder **out,
                              struct error *err)
{
    (void)err;
    struct pairs *pairs = mem_zalloc(sizeof *pairs);
    pairs->decoder.kind = &pairs_kind;
    pairs->reject = config->reject;
    *out = &pairs->decoder;
    return OK;
}

/* ---- sink: text ---------------------------------------------------------------------------------
 */

struct text_sink {
    struct sink sink;
    struct bytebuf *out;
};

static enum status text_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    struct bytebuf *out = ((struct text_sink *)sink)->out;
    (void)err;
    for (uint32_t row = 0; row < batch->n; row++) {
        for (uint32_t col = 0; col < batch->schema->n; col++) {
            if (col > 0) {
                bytebuf_add_byte(out, ' ');
            }
            if (batch->columns[col].type.id == TYPE_TIMESTAMP) {
                bytebuf_printf(out, "%lld", (long long)(batch->columns[col].i64[row] / SECOND));
            } else {
                column_print(out, &batch->columns[col], row);
            }
        }
        bytebuf_add_byte(out, '\n');
    }
    return OK;
}

static enum status text_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)err;
    bytebuf_printf(((struct text_sink *)sink)->out, "commit %llu\n", (unsigned long long)epoch);
    return OK;
}

static void text_close(struct sink *sink)
{
    mem_free(sink);
}

static const struct sink_kind text_kind = {
    .scheme = "text",
    .promise = SINK_AT_LEAST_ONCE,
    .write = text_write,
    .commit = text_commit,
    .close = text_close,
};

static struct sink *text_sink_new(struct bytebuf *out)
{
    struct text_sink *sink = mem_zalloc(sizeof *sink);
    sink->sink.kind = &text_kind;
    sink->out = out;
    return &sink->sink;
}

/* ---- fixture ------------------------------------------------------------------------------------
 */

struct fixture {
    struct arena life;
    struct hand_clock clock;
    struct job_config config;
    struct job *job;
    struct script script;
    struct stream_def stream;
    struct plan_node scan;
    struct plan_node aggregate;
    struct plan plan;
    struct query *query;
    struct bytebuf out;
    struct error err;
};

static const struct source_kind *const no_sources[] = {&script_kind, NULL};
static const struct decoder_kind *const no_decoders[] = {&pairs_kind, NULL};
static const struct sink_kind *const no_sinks[] = {&text_kind, NULL};
static const struct kinds test_kinds = {.sources = no_sources,
                                        .decoders = no_decoders,
                                        .sinks = no_sinks};

static void fixture_stream(struct fixture *f)
{
    f->stream = (struct stream_def){
        .name = slice_text("s"),
        .source = &script_kind,
        .decoder = &pairs_kind,
        .schema = *schema_from_text(&f->life, "ts TIMESTAMP, v BIGINT, _arrival TIMESTAMP, "
                                              "_source TEXT, _offset BIGINT, _line TEXT"),
        .n_visible = 2,
        .idle_timeout_us = 10 * SECOND,
        .max_future_us = US_PER_HOUR,
    };
    options_init(&f->stream.options, &f->life);
}

/* SELECT count(*), sum(v) FROM s WINDOW 10s, over event time or arrival time. */
static void fixture_init(struct fixture *f, bool finite, bool arrival)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->life);
    bytebuf_init(&f->out);
    hand_clock_init(&f->clock, 1000 * SECOND);
    fixture_stream(f);
    f->stream.finite = f->script.finite = finite;
    f->script.source.kind = &script_kind;
    f->script.n_splits = 1;
    f->config =
        (struct job_config){.kinds = &test_kinds, .fs = fs_system(), .clock = &f->clock.clock};
    f->scan = (struct plan_node){
        .kind = PLAN_SCAN,
        .schema = f->stream.schema,
        .stream = &f->stream,
        .time_column = arrival ? 2 : 0,
        .time_origin = arrival ? TIME_FROM_ARRIVAL : TIME_FROM_WATERMARK,
        .has_watermark = !arrival,
        .delay_us = arrival ? 0 : 2 * SECOND,
    };
    f->aggregate = (struct plan_node){
        .kind = PLAN_AGGREGATE,
        .schema = *schema_from_text(&f->life, "ws TIMESTAMP, we TIMESTAMP, n BIGINT, s BIGINT"),
        .time_column = -1,
        .input = &f->scan,
        .window = {.kind = WINDOW_HOP,
                   .size_us = 10 * SECOND,
                   .slide_us = 10 * SECOND,
                   .fill_windows = 1,
                   .clock_ticks = arrival},
        .n_calls = 2,
        .calls = arena_zalloc(&f->life, 2 * sizeof(struct agg_call)),
    };
    struct type bigint = type_of(TYPE_BIGINT);
    assert_int_equal(agg_resolve(&f->life, slice_text("count"), false, NULL, 0, NULL, 0,
                                 &f->aggregate.calls[0], &f->err),
                     OK);
    assert_int_equal(agg_resolve(&f->life, slice_text("sum"), false, &bigint, 1, NULL, 0,
                                 &f->aggregate.calls[1], &f->err),
                     OK);
    f->aggregate.calls[1].args[0] = 1;
    f->plan = (struct plan){.name = slice_text("q"), .root = &f->aggregate};
}

static void fixture_start(struct fixture *f)
{
    f->job = job_new(&f->config);
    job_feed_opened(f->job, &f->stream, &(struct feed_start){.source = &f->script.source});
    assert_int_equal(job_add_query(f->job, &f->plan, text_sink_new(&f->out), &f->query, &f->err),
                     OK);
}

static void fixture_release(struct fixture *f)
{
    job_free(f->job);
    bytebuf_release(&f->out);
    arena_release(&f->life);
}

static void give(struct fixture *f, uint32_t split, const char *chunk)
{
    assert_true(f->script.n < CHUNKS_MAX);
    f->script.chunks[f->script.n] = chunk;
    f->script.splits[f->script.n++] = split;
}

/* Steps until there is nothing to do; returns what the sink got since the last time. */
static const char *run(struct fixture *f)
{
    enum job_state what = JOB_WORKED;
    bytebuf_clear(&f->out);
    for (int idle = 0; idle < 2 && what != JOB_DONE; idle += what == JOB_IDLE) {
        assert_int_equal(job_step(f->job, &what, &f->err), OK);
    }
    return bytebuf_text(&f->out);
}

/* ---- tests --------------------------------------------------------------------------------------
 */

static void test_windows_close_behind_the_watermark(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1001,2\n10");
    assert_string_equal(run(&f), "");
    give(&f, 0, "11,3\n1012,4\n");
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    give(&f, 0, "1009,5\n1025,6\n"); /* the first one is late */
    assert_string_equal(run(&f), "1010 1020 2 7\n");
    struct query_progress progress;
    query_measure(f.query, &progress);
    assert_int_equal(progress.rows_in, 6);
    assert_int_equal(progress.rows_late, 1);
    assert_int_equal(progress.rows_out, 2);
    const struct late_row *late;
    assert_int_equal(query_late_rows(f.query, &late, 1), 1);
    assert_int_equal(late->watermark, 1010 * SECOND);
    assert_memory_equal(late->text, "1970-01-01T00:16:49Z,5", late->text_len);
    fixture_release(&f);
}

static void test_silence_closes_the_last_window(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n");
    assert_string_equal(run(&f), "");
    f.clock.at_us += 9 * SECOND;
    assert_string_equal(run(&f), "commit 1\n");
    /* The watermark stands at 998; after 10 s of silence it runs on and is at 1010 when 12 s have
     * passed. */
    assert_int_equal(job_wake_us(f.job), 1012 * SECOND);
    f.clock.at_us = 1012 * SECOND;
    assert_string_equal(run(&f), "1000 1010 1 1\ncommit 2\n");
    fixture_release(&f);
}

static void test_arrival_time_ticks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, true);
    fixture_start(&f);
    give(&f, 0, "5,1\n6,2\n");
    assert_string_equal(run(&f), "");
    int64_t commit_us = f.clock.at_us + SECOND;
    assert_int_equal(job_wake_us(f.job), commit_us);
    f.clock.at_us = commit_us;
    assert_string_equal(run(&f), "commit 1\n");
    assert_int_equal(job_wake_us(f.job), 1010 * SECOND);
    f.clock.at_us = 1010 * SECOND;
    assert_string_equal(run(&f), "1000 1010 2 3\ncommit 2\n");
    f.clock.at_us = 1020 * SECOND;
    assert_string_equal(run(&f), "1010 1020 0 \ncommit 3\n");
    fixture_release(&f);
}

static void test_end_of_input_flushes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, true, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1031,2"); /* no line end at the end */
    assert_string_equal(run(&f), "1000 1010 1 1\n1030 1040 1 2\ncommit 1\n");
    fixture_release(&f);
    fixture_init(&f, true, false);
    f.config.no_flush = true;
    fixture_start(&f);
    give(&f, 0, "1000,1\n1031,2");
    assert_string_equal(run(&f), "1000 1010 1 1\ncommit 1\n");
    fixture_release(&f);
}

static void test_bad_rows_add_up(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, true, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\nnonsense\n1001,x\ny,3\n1002,4\n");
    assert_string_equal(run(&f), "1000 1010 2 5\ncommit 1\n");
    struct feed_progress feed;
    struct query_progress progress;
    const struct bad_row *bad[5];
    query_feed(f.query, &feed);
    query_measure(f.query, &progress);
    assert_int_equal(feed.rows_in, 5);
    assert_int_equal(feed.rows_bad, 3);
    assert_int_equal(query_bad_rows(f.query, bad, 5), 3);
    assert_string_equal(bad[0]->column, "v");
    assert_int_equal(bad[0]->offset, 16);
    assert_string_equal(bad[1]->column, "ts");
    assert_string_equal(bad[2]->column, "");
    assert_string_equal(bad[2]->reason, "no comma");
    assert_string_equal(bad[2]->source, "zero");
    fixture_release(&f);
}

static void test_on_error_fail(void **state)
{
    (void)state;
    struct fixture f;
    enum job_state what = JOB_WORKED;
    fixture_init(&f, true, false);
    f.stream.on_error = ON_ERROR_FAIL;
    fixture_start(&f);
    give(&f, 0, "1000,1\nnonsense\n");
    assert_int_equal(job_step(f.job, &what, &f.err), ERR_INPUT);
    assert_int_equal(f.err.exit_code, 5);
    assert_non_null(strstr(f.err.text, "no comma"));
    fixture_release(&f);
}

/* Two queries over one stream: it is read once, and a row that both find bad is counted once. */
static void test_two_queries_share_a_stream(void **state)
{
    (void)state;
    struct fixture f;
    struct query *second;
    struct bytebuf other;
    bytebuf_init(&other);
    fixture_init(&f, true, false);
    fixture_start(&f);
    assert_int_equal(job_add_query(f.job, &f.plan, text_sink_new(&other), &second, &f.err), OK);
    give(&f, 0, "1000,1\n1001,x\n1012,4\n");
    const char *rows = run(&f);
    assert_string_equal(rows, "1000 1010 1 1\n1010 1020 1 4\ncommit 1\n");
    assert_string_equal(bytebuf_text(&other), rows);
    struct feed_progress feed;
    query_feed(second, &feed);
    assert_int_equal(feed.rows_in, 3);
    assert_int_equal(feed.rows_bad, 1);
    assert_int_equal(job_remove_query(f.job, second, &f.err), OK);
    fixture_release(&f);
    bytebuf_release(&other);
}

static void test_slow_split_holds_windows_open(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.script.n_splits = 2;
    fixture_start(&f);
    give(&f, 1, "1000,1\n");
    give(&f, 0, "1050,1\n");
    assert_string_equal(run(&f), "");
    struct bytebuf why;
    bytebuf_init(&why);
    query_explain(f.query, true, &why);
    assert_non_null(strstr(bytebuf_text(&why), "held by one"));
    assert_non_null(strstr(bytebuf_text(&why), "when a row >= 1970-01-01T00:16:52Z arrives"));
    bytebuf_release(&why);
    give(&f, 1, "1013,1\n");
    assert_string_equal(run(&f), "1000 1010 1 1\n");
    fixture_release(&f);
}

static void test_trigger_interval(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.config.trigger_us = 5 * SECOND;
    fixture_start(&f);
    give(&f, 0, "1000,1\n1020,2\n");
    assert_string_equal(run(&f), "1000 1010 1 1\n");
    give(&f, 0, "1040,3\n");
    assert_string_equal(run(&f), "");
    assert_int_equal(job_wake_us(f.job), 1005 * SECOND);
    f.clock.at_us = 1005 * SECOND;
    assert_string_equal(run(&f), "1020 1030 1 2\ncommit 1\n");
    fixture_release(&f);
}

static void expect_done(struct fixture *f, const char *text)
{
    assert_string_equal(bytebuf_text(&f->script.done), text);
    bytebuf_clear(&f->script.done);
}

/* The source hears of whole records once their trigger has left, and of a split's last byte. */
static void test_source_hears_what_is_done(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    f.config.trigger_us = 5 * SECOND;
    f.script.n_splits = 2;
    fixture_start(&f);
    f.clock.at_us = 1001 * SECOND;
    run(&f);
    give(&f, 0, "1000,1\n10");
    run(&f);
    expect_done(&f, "0:7 ");
    give(&f, 0, "01,1\n");
    give(&f, 1, "1001,2\n100");
    run(&f);
    expect_done(&f, ""); /* the next trigger is not due */
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "0:14 1:7 ");
    give(&f, 1, ended);
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "1:10 ");
    give(&f, 0, ended); /* nothing is left of it: said all the same */
    f.clock.at_us += 5 * SECOND;
    run(&f);
    expect_done(&f, "0:14 ");
    fixture_release(&f);
}

/* A number comes back as another split: from byte 0, and the half record is not glued to it. */
static void test_split_numbers_come_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1001,2");
    give(&f, 0, ended);
    run(&f);
    expect_done(&f, "0:7 0:13 ");
    give(&f, 0, "1012,3\n1013,");
    give(&f, 0, broken);
    assert_string_equal(run(&f), "1000 1010 2 3\n");
    expect_done(&f, "0:7 0:12 ");
    struct feed_progress feed;
    const struct bad_row *bad[2];
    query_feed(f.query, &feed);
    assert_int_equal(feed.rows_in, 4);
    assert_int_equal(query_bad_rows(f.query, bad, 2), 1);
    assert_int_equal(bad[0]->offset, 7);
    assert_string_equal(bad[0]->reason, "cut off in the middle");
    assert_int_equal(feed.n_splits, 1);
    give(&f, 0, "1023,4\n");
    assert_string_equal(run(&f), "1010 1020 1 3\n");
    fixture_release(&f);
}

/* Saved after any chunk and loaded into a fresh job, the rest of the input gives the same rows. */
static void test_snapshot_goes_on(void **state)
{
    (void)state;
    static const char *const chunks[] = {"1000,1\n10", "05,2\n1013,", "3\n1009,9\n",
                                         "1029,5\n1041,1\n"};
    struct fixture f;
    for (uint32_t cut = 0; cut <= 4; cut++) {
        struct bytebuf saved;
        struct bytebuf all;
        bytebuf_init(&saved);
        bytebuf_init(&all);
        fixture_init(&f, true, false);
        f.script.finite = false;
        fixture_start(&f);
        for (uint32_t i = 0; i < 4; i++) {
            if (i == cut) {
                job_save(f.job, &saved);
                job_free(f.job);
                f.job = job_new(&f.config);
                job_feed_opened(f.job, &f.stream, &(struct feed_start){.source = &f.script.source});
                assert_int_equal(job_add_query(f.job, &f.plan, text_sink_new(&f.out), &f.query,
                                               &f.err),
                                 OK);
                assert_int_equal(job_load(f.job, bytebuf_slice(&saved), &f.err), OK);
                bytebuf_add_text(&all, run(&f));
                expect_done(&f, ""); /* this source has not given a byte of it */
            }
            give(&f, 0, chunks[i]);
            bytebuf_add_text(&all, run(&f));
        }
        f.script.finite = true;
        bytebuf_add_text(&all, run(&f));
        assert_string_equal(bytebuf_text(&all), "1000 1010 2 3\n1010 1020 1 3\n1020 1030 1 5\n"
                                                "1040 1050 1 1\ncommit 1\n");
        fixture_release(&f);
        bytebuf_release(&saved);
        bytebuf_release(&all);
    }
}

static void test_damaged_snapshot(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf saved;
    bytebuf_init(&saved);
    fixture_init(&f, false, false);
    fixture_start(&f);
    give(&f, 0, "1000,1\n1005,2\n10");
    run(&f);
    job_save(f.job, &saved);
    for (size_t len = 0; len < saved.len; len++) {
        struct fixture g;
        fixture_init(&g, false, false);
        fixture_start(&g);
        assert_int_equal(job_load(g.job, slice_of(saved.at, len), &g.err), ERR_STATE);
        fixture_release(&g);
    }
    bytebuf_release(&saved);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_windows_close_behind_the_watermark),
          cmocka_unit_test(test_silence_closes_the_last_window),
          cmocka_unit_test(test_arrival_time_ticks), cmocka_unit_test(test_end_of_input_flushes),
          cmocka_unit_test(test_bad_rows_add_up), cmocka_unit_test(test_on_error_fail),
          cmocka_unit_test(test_two_queries_share_a_stream),
          cmocka_unit_test(test_slow_split_holds_windows_open),
          cmocka_unit_test(test_trigger_interval), cmocka_unit_test(test_snapshot_goes_on),
          cmocka_unit_test(test_source_hears_what_is_done),
          cmocka_unit_test(test_split_numbers_come_back), cmocka_unit_test(test_damaged_snapshot))
