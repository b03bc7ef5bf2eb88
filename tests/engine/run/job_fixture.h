/* job_fixture: a job from bytes to rows, with kinds made here: a source that gives what the test
 * says, lines of "seconds,value", a sink that writes text.
 *
 *     struct fixture f;
 *     fixture_init(&f, finite, arrival);       // SELECT count(*), sum(v) FROM s WINDOW 10s
 *     give(&f, 0, "3,1\n14,2\n");
 *     fixture_start(&f);
 *     assert_string_equal(run(&f), "…");
 *     fixture_release(&f);
 */
#ifndef TESTS_ENGINE_RUN_JOB_FIXTURE_H
#define TESTS_ENGINE_RUN_JOB_FIXTURE_H

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
    bool lists;          /* SOURCE_LISTS_SPLITS */
    bool pause;          /* AGAIN between chunks */
    struct bytebuf done; /* what the job said is done: "split:bytes " */
};

/* Chunks that are none: the split ends, or is cut off. */
static const char ended[] = "ended";
static const char broken[] = "broken";

static inline enum status script_open(const struct source_config *config, struct source **out,
                                      struct error *err);

static inline unsigned script_flags(const struct source *source)
{
    const struct script *script = (const struct script *)source;
    return (script->finite ? SOURCE_FINITE : 0) | (script->lists ? SOURCE_LISTS_SPLITS : 0);
}

static inline enum status script_poll(struct source *source, uint32_t *split,
                                      enum source_state *what, struct error *err)
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

static inline enum status script_read(struct source *source, uint32_t split, void *at, size_t max,
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

static inline int script_wait_fd(const struct source *source)
{
    (void)source;
    return -1;
}

static inline int64_t script_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static inline uint32_t script_n_splits(const struct source *source)
{
    return ((const struct script *)source)->n_splits;
}

static const char *script_split_name(const struct source *source, uint32_t split)
{
    (void)source;
    return split == 0 ? "zero" : "one";
}

static inline int64_t script_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static inline void script_done(struct source *source, uint32_t split, uint64_t bytes)
{
    struct script *script = (struct script *)source;
    bytebuf_printf(&script->done, "%u:%llu ", split, (unsigned long long)bytes);
}

static inline void script_close(struct source *source)
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

static inline enum status script_open(const struct source_config *config, struct source **out,
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

static inline enum status pairs_open(const struct decoder_config *config, struct decoder **out,
                                     struct error *err);

/* A line without a comma cannot be split and is in no batch. */
static inline size_t pairs_block(struct decoder *decoder, struct slice bytes, bool is_final)
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

static inline uint32_t pairs_next(struct decoder *decoder, uint32_t max)
{
    struct pairs *pairs = (struct pairs *)decoder;
    pairs->first += pairs->batch_n;
    pairs->batch_n = pairs->n - pairs->first < max ? pairs->n - pairs->first : max;
    return pairs->batch_n;
}

static inline struct slice pairs_record(const struct decoder *decoder, uint32_t row)
{
    const struct pairs *pairs = (const struct pairs *)decoder;
    return pairs->lines[pairs->first + row];
}

static inline void pairs_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                                const uint32_t *rows, uint32_t n, struct column *out,
                                uint64_t *reject)
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

static inline void pairs_close(struct decoder *decoder)
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

static inline enum status pairs_open(const struct decoder_config *config, struct decoder **out,
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

static inline enum status text_write(struct sink *sink, const struct batch *batch,
                                     struct error *err)
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

static inline enum status text_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)err;
    bytebuf_printf(((struct text_sink *)sink)->out, "commit %llu\n", (unsigned long long)epoch);
    return OK;
}

static inline void text_close(struct sink *sink)
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

static inline struct sink *text_sink_new(struct bytebuf *out)
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

static inline void fixture_stream(struct fixture *f)
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
static inline void fixture_init(struct fixture *f, bool finite, bool arrival)
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

static inline void fixture_start(struct fixture *f)
{
    f->job = job_new(&f->config);
    job_feed_opened(f->job, &f->stream, &(struct feed_start){.source = &f->script.source});
    assert_int_equal(job_add_query(f->job, &f->plan, text_sink_new(&f->out), &f->query, &f->err),
                     OK);
}

static inline void fixture_release(struct fixture *f)
{
    job_free(f->job);
    bytebuf_release(&f->out);
    arena_release(&f->life);
}

static inline void give(struct fixture *f, uint32_t split, const char *chunk)
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

#endif
