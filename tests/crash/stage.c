/* stage: see stage.h. */
#include "tests/crash/stage.h"

#include "engine/base/panic.h"
#include "sinks/sinks.h"
#include "sources/sources.h"
#include "tests/crash/ledger_sink.h"

static void add_source(struct stage *stage, const struct source_kind *kind)
{
    uint32_t n = 0;
    while (stage->sources[n] != NULL) {
        n++;
    }
    CHECK(n + 1 < STAGE_KINDS_MAX);
    stage->sources[n] = kind;
}

void stage_add_sink(struct stage *stage, const struct sink_kind *kind)
{
    uint32_t n = 0;
    while (stage->sinks[n] != NULL) {
        n++;
    }
    CHECK(n + 1 < STAGE_KINDS_MAX);
    stage->sinks[n] = kind;
}

void stage_init(struct stage *stage, const struct simfs *fs)
{
    *stage = (struct stage){.feeds = memory_feeds_new()};
    add_source(stage, memory_feeds_kind(stage->feeds));
    for (uint32_t i = 0; source_kinds[i] != NULL; i++) {
        add_source(stage, source_kinds[i]);
    }
    stage_add_sink(stage, &ledger_sink);
    for (uint32_t i = 0; sink_kinds[i] != NULL; i++) {
        stage_add_sink(stage, sink_kinds[i]);
    }
    stage->kinds =
        (struct kinds){.sources = stage->sources, .decoders = decoder_kinds, .sinks = stage->sinks};
    hand_clock_init(&stage->clock, STAGE_START_US);
    arena_init(&stage->arena);
    error_clear(&stage->err);
    stage->catalog = catalog_new(&stage->kinds, simfs_interface(fs), &stage->clock.clock);
    stage->config = (struct job_config){
        .kinds = &stage->kinds,
        .fs = simfs_interface(fs),
        .clock = &stage->clock.clock,
        .state_dir = "state",
    };
}

void stage_release(struct stage *stage)
{
    job_free(stage->job);
    catalog_free(stage->catalog);
    arena_release(&stage->arena);
    memory_feeds_free(stage->feeds);
}

struct memory_feed *stage_feed(struct stage *stage, const char *name)
{
    return memory_feed_of(stage->feeds, slice_text(name));
}

static enum status run_statement(struct stage *stage, struct slice text, struct error *err)
{
    struct statement statement;
    struct query *query;
    TRY(statement_prepare(stage->catalog, &stage->arena, text, &statement, err));
    TRY(statement_apply(stage->catalog, &statement, err));
    if (statement.plan == NULL) {
        return OK;
    }
    stage->plan = stage->plan == NULL ? statement.plan : stage->plan;
    TRY(job_add_query(stage->job, statement.plan, NULL, &query, err));
    stage->query = stage->query == NULL ? query : stage->query;
    return OK;
}

enum status stage_open(struct stage *stage)
{
    stage->job = job_new(&stage->config);
    return job_open(stage->job, &stage->err);
}

enum status stage_sql(struct stage *stage, const char *sql)
{
    struct slice text = slice_text(sql);
    struct split split;
    while (statement_split(text, &split)) {
        TRY(run_statement(stage, split.text, &stage->err));
        text = split.rest;
    }
    return OK;
}

enum status stage_start(struct stage *stage, const char *sql)
{
    TRY(stage_open(stage));
    TRY(stage_sql(stage, sql));
    return job_start(stage->job, &stage->err);
}

enum status stage_steps(struct stage *stage, uint32_t n, int64_t step_us)
{
    enum job_state what = JOB_WORKED;
    for (uint32_t i = 0; i < n && what != JOB_DONE; i++) {
        TRY(job_step(stage->job, &what, &stage->err));
        stage->clock.at_us += step_us;
    }
    return OK;
}

enum status stage_epoch(struct stage *stage, struct slice rows)
{
    enum job_state what;
    memory_feed_add(stage_feed(stage, "s"), 0, rows);
    do {
        TRY(job_step(stage->job, &what, &stage->err));
    } while (what == JOB_WORKED);
    stage->clock.at_us += 2 * CHECKPOINT_INTERVAL_DEFAULT_US;
    return job_step(stage->job, &what, &stage->err);
}
