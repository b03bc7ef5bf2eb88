/* lives: see lives.h. */
#include "tests/differential/lives.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "shell/job_settings.h"
#include "shell/lab/lab.h"
#include "shell/wiring.h"
#include "sql/statement.h"
#include "tests/differential/shelf_sink.h"

enum { KINDS_MAX = 48, STEPS_MAX = 100000 };

/* The clock moves so little in a step that no row's time is compared otherwise; an epoch is a few
 * steps. With EMIT EVERY time is what results wait for. */
enum { STEP_US = 1, EPOCH_STEPS = 3 };

struct life_of_job {
    const struct trial *trial;
    struct shelf *shelf;
    struct simfs *fs;
    struct memory_feeds *feeds;
    const struct source_kind *sources[KINDS_MAX];
    const struct sink_kind *sinks[KINDS_MAX];
    struct kinds kinds;
    struct hand_clock *clock;
    struct catalog *catalog;
    struct arena *arena; /* of the trial: the plan is asked at the end */
    struct job *job;
    const struct plan *plan;
};

static void wire(struct life_of_job *life)
{
    uint32_t n = 0;
    life->kinds = *wiring_kinds();
    life->sources[n++] = memory_feeds_kind(life->feeds);
    for (uint32_t i = 0; life->kinds.sources[i] != NULL; i++) {
        CHECK(n + 1 < KINDS_MAX);
        life->sources[n++] = life->kinds.sources[i];
    }
    n = 0;
    life->sinks[n++] = &shelf_sink;
    for (uint32_t i = 0; life->kinds.sinks[i] != NULL; i++) {
        CHECK(n + 1 < KINDS_MAX);
        life->sinks[n++] = life->kinds.sinks[i];
    }
    life->kinds.sources = life->sources;
    life->kinds.sinks = life->sinks;
}

/* The question, into the shelf. */
static void put_sql(struct bytebuf *out, const struct life_of_job *life)
{
    struct bytebuf text = {0};
    question_sql(&text, life->trial->question);
    const char *whole = bytebuf_text(&text);
    const char *query = strstr(whole, ";\nSELECT");
    CHECK(query != NULL);
    query += 2;
    bytebuf_printf(out, "%.*sINSERT INTO 'shelf:%" PRIu64 "' %s", (int)(query - whole), whole,
                   shelf_number(life->shelf), query);
    bytebuf_release(&text);
}

static enum status open_job(struct life_of_job *life, struct error *err)
{
    struct job_config config;
    TRY(job_settings_read(life->catalog, simfs_interface(life->fs), &life->clock->clock, &config,
                          err));
    config.state_dir = "state";
    config.checkpoint_us =
        (life->trial->question->emit == EMIT_AS_EVERY ? US_PER_SECOND : 1) * STEP_US * EPOCH_STEPS;
    config.log_bytes_max = life->trial->seed % 3 == 0 ? 2000 : 0;
    life->job = job_new(&config);
    return job_open(life->job, err);
}

static enum status do_statement(struct life_of_job *life, struct slice text, struct error *err)
{
    struct statement statement;
    struct query *query;
    TRY(statement_prepare(life->catalog, life->arena, text, &statement, err));
    TRY(statement_apply(life->catalog, &statement, err));
    if (statement.plan == NULL) {
        return OK;
    }
    TRY(open_job(life, err));
    life->plan = statement.plan;
    return job_add_query(life->job, statement.plan, NULL, &query, err);
}

static enum status open_life(struct life_of_job *life, struct error *err)
{
    struct bytebuf sql = {0};
    struct split split;
    put_sql(&sql, life);
    struct slice text = arena_copy(life->arena, bytebuf_slice(&sql));
    bytebuf_release(&sql);
    while (statement_split(text, &split)) {
        TRY(do_statement(life, split.text, err));
        text = split.rest;
    }
    if (life->job == NULL) {
        TRY(do_statement(life, text, err));
    }
    CHECK(life->job != NULL);
    return job_start(life->job, err);
}

static enum status step_life(struct life_of_job *life, uint32_t steps_max, struct error *err)
{
    const struct question *q = life->trial->question;
    enum job_state what = JOB_WORKED;
    for (uint32_t step = 0; what != JOB_DONE && step < steps_max; step++) {
        TRY(job_step(life->job, &what, err));
        life->clock->at_us += q->emit == EMIT_AS_EVERY && q->finite ? US_PER_SECOND : STEP_US;
    }
    CHECK(what == JOB_DONE || steps_max < STEPS_MAX);
    return OK;
}

static void begin_life(struct life_of_job *life)
{
    life->feeds = memory_feeds_new();
    life->shelf->fs = life->fs;
    wire(life);
    life->catalog = catalog_new(&life->kinds, simfs_interface(life->fs), &life->clock->clock);
    trial_feed(life->trial, memory_feed_of(life->feeds, slice_text("s")));
}

static void end_life(struct life_of_job *life)
{
    job_free(life->job);
    catalog_free(life->catalog);
    memory_feeds_free(life->feeds);
}

/* One life; the last one goes to the end. Sets *left to the files that the next one finds. */
static enum status live(struct life_of_job *life, struct rng *rng, bool is_last,
                        struct lives *lives, struct error *err)
{
    bool stops = rng_once_in(rng, 4);
    uint32_t steps_max = is_last || rng_once_in(rng, 2) ? STEPS_MAX : (uint32_t)rng_below(rng, 20);
    uint64_t epoch;
    bool redone;
    TRY(open_life(life, err));
    lives->resumed += job_resumed(life->job, &epoch, &redone);
    lives->redone += redone;
    TRY(step_life(life, steps_max, err));
    if (is_last || stops) {
        TRY(job_finish(life->job, err));
    }
    uint32_t calls = simfs_n_calls(life->fs);
    if (!is_last && !stops) {
        calls = (uint32_t)rng_below(rng, calls + 1);
        lives->kills++;
    }
    shelf_crash(life->shelf, calls);
    struct simfs *left = simfs_killed(life->fs, calls);
    end_life(life);
    simfs_free(life->fs);
    life->fs = left;
    return OK;
}

bool lives_run(const struct trial *trial, struct rng *rng, struct outcome *outcome,
               struct schema *schema, struct lives *lives)
{
    struct shelf shelf;
    struct hand_clock clock;
    struct error err;
    enum status status = OK;
    shelf_init(&shelf);
    hand_clock_init(&clock, LAB_START_US);
    error_clear(&err);
    struct life_of_job life = {.trial = trial,
                               .shelf = &shelf,
                               .fs = simfs_new(),
                               .clock = &clock,
                               .arena = trial->arena};
    lives->n = 0;
    while (status == OK && lives->n < lives->n_max) {
        begin_life(&life);
        status = live(&life, rng, ++lives->n == lives->n_max, lives, &err);
        if (status != OK) {
            end_life(&life);
            bytebuf_printf(&outcome->refused, "life %u: %s", lives->n, err.text);
        }
        life.job = NULL;
    }
    if (status == OK) {
        *schema = schema_copy(trial->arena, &life.plan->root->schema);
        answer_take(&outcome->ours, &shelf.rows, life.plan);
    }
    simfs_free(life.fs);
    shelf_release(&shelf);
    return status == OK;
}
