/* lab: see lab.h. */
#include "shell/lab/lab.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "shell/job_settings.h"
#include "shell/lab/generated.h"
#include "shell/wiring.h"
#include "sql/sqlerr.h"
#include "sql/statement.h"

/* STEPS_MAX: a job that always finds work, or a clock that jumps over too many ticks, would hang
 * its test. */
enum { QUERIES_MAX = 64, KINDS_MAX = 32, STEPS_MAX = 1000000 };

/* A query of the job; `query` changes with every restart. */
struct running {
    struct query *query;
    bool removed;
    struct present *present; /* NULL: nobody wants it */
    struct lab_result result;
};

struct lab {
    struct hand_clock clock;
    struct memory_feeds *feeds;
    struct memory_places *places;
    const struct source_kind *sources[KINDS_MAX];
    const struct sink_kind *sinks[KINDS_MAX];
    struct kinds kinds;
    struct catalog *catalog;
    struct arena life; /* statements and plans */
    struct job_config config;
    struct job *job; /* from the first query on */
    struct running *queries[QUERIES_MAX];
    uint32_t n_queries;
    struct source_config source_config[QUERIES_MAX]; /* of the sources after a restart */
    bool removed;
    bool keeps_results;
    struct retain of_results;
    bool has_generated;   /* some query reads rows that come by themselves */
    struct error refused; /* of lab_sql */
    struct slice refused_text;
    size_t refused_from;
    struct bytebuf refusal;
    struct bytebuf said;
    struct error failed;   /* of the running job */
    struct bytebuf *saves; /* at each restart what changed since the one before */
    uint32_t n_saves;
};

/* ---- life ------------------------------------------------------------------------------------ */

static void wire_kinds(struct lab *lab)
{
    uint32_t n = 0;
    lab->kinds = *wiring_kinds();
    lab->sources[n++] = memory_feeds_kind(lab->feeds);
    for (uint32_t i = 0; lab->kinds.sources[i] != NULL; i++) {
        CHECK(n + 1 < KINDS_MAX);
        lab->sources[n++] = memory_feeds_stand_in(lab->feeds, lab->kinds.sources[i]);
    }
    for (uint32_t i = 0; lab->kinds.sinks[i] != NULL; i++) {
        CHECK(i + 1 < KINDS_MAX);
        lab->sinks[i] = memory_places_stand_in(lab->places, lab->kinds.sinks[i]);
    }
    lab->kinds.sources = lab->sources;
    lab->kinds.sinks = lab->sinks;
}

struct lab *lab_new(void)
{
    struct lab *lab = mem_zalloc(sizeof *lab);
    hand_clock_init(&lab->clock, LAB_START_US);
    arena_init(&lab->life);
    lab->feeds = memory_feeds_new();
    lab->places = memory_places_new();
    wire_kinds(lab);
    lab->catalog = catalog_new(&lab->kinds, fs_system(), &lab->clock.clock);
    return lab;
}

void lab_free(struct lab *lab)
{
    if (lab == NULL) {
        return;
    }
    job_free(lab->job);
    for (uint32_t i = 0; i < lab->n_saves; i++) {
        bytebuf_release(&lab->saves[i]);
    }
    mem_free(lab->saves);
    for (uint32_t i = 0; i < lab->n_queries; i++) {
        memory_rows_release(&lab->queries[i]->result.rows);
        present_free(lab->queries[i]->present);
        mem_free(lab->queries[i]);
    }
    catalog_free(lab->catalog);
    memory_feeds_free(lab->feeds);
    memory_places_free(lab->places);
    bytebuf_release(&lab->refusal);
    bytebuf_release(&lab->said);
    arena_release(&lab->life);
    mem_free(lab);
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Settings count from the first query on. */
static enum status make_job(struct lab *lab, struct error *err)
{
    TRY(job_settings_read(lab->catalog, fs_system(), &lab->clock.clock, &lab->config, err));
    lab->job = job_new(&lab->config);
    return OK;
}

/* The feed that the stream reads; made if there is none. */
static struct memory_feed *feed_of(struct lab *lab, const struct stream_def *stream)
{
    return memory_feed_of(lab->feeds, memory_feed_name(&stream->uri));
}

/* Nobody else feeds them. */
static enum status feed_generated(struct lab *lab, const struct stream_def *stream,
                                  struct error *err)
{
    struct slice rows;
    struct memory_feed *feed = feed_of(lab, stream);
    if (!generated_is(stream) || memory_feed_finished(feed)) {
        return OK;
    }
    TRY(generated_rows(&lab->life, stream, &rows, err));
    memory_feed_add(feed, 0, rows);
    memory_feed_finish(feed);
    lab->has_generated = true;
    return OK;
}

const struct present *lab_present(const struct lab *lab, uint32_t i)
{
    CHECK(i < lab->n_queries);
    return lab->queries[i]->present;
}

static void keep_result(struct lab *lab, struct running *running)
{
    if (lab->keeps_results && !running->removed) {
        present_free(running->present);
        running->present = present_new(&lab->clock.clock, running->result.plan, &lab->of_results);
        query_keep(running->query, running->present);
    }
}

void lab_keep_results(struct lab *lab, const struct retain *limits)
{
    lab->keeps_results = true;
    lab->of_results = *limits;
    for (uint32_t i = 0; i < lab->n_queries; i++) {
        keep_result(lab, lab->queries[i]);
    }
}

static enum status run_query(struct lab *lab, const struct statement *statement, struct error *err)
{
    if (lab->n_queries == QUERIES_MAX) {
        return error_set(err, ERR_LIMIT, "a test runs at most %d queries", QUERIES_MAX);
    }
    const struct stream_def *stream = plan_scan(statement->plan->root)->stream;
    TRY(feed_generated(lab, stream, err));
    if (lab->job == NULL) {
        TRY(make_job(lab, err));
    }
    struct running *running = mem_zalloc(sizeof *running);
    running->result.name = statement->name;
    running->result.plan = statement->plan;
    memory_rows_init(&running->result.rows);
    struct sink *sink = memory_sink_new(&running->result.rows, statement->plan->changes);
    enum status status = job_add_query(lab->job, statement->plan, sink, &running->query, err);
    if (status != OK) {
        memory_rows_release(&running->result.rows);
        mem_free(running);
        return status;
    }
    lab->queries[lab->n_queries++] = running;
    keep_result(lab, running);
    return OK;
}

static enum status remove_query(struct lab *lab, struct slice name, struct error *err)
{
    for (uint32_t i = 0; i < lab->n_queries; i++) {
        struct running *running = lab->queries[i];
        if (!running->removed && slice_equal_nocase(running->result.name, name)) {
            running->removed = true;
            lab->removed = true;
            return job_remove_query(lab->job, running->query, err);
        }
    }
    return OK;
}

static void explain(struct lab *lab, const struct statement *statement)
{
    switch (statement->explain) {
    case EXPLAIN_TEXT:
        plan_print(&lab->said, statement->plan);
        break;
    case EXPLAIN_JSON:
        plan_print_json(&lab->said, statement->plan);
        break;
    case EXPLAIN_DOT:
        plan_print_dot(&lab->said, statement->plan);
        break;
    case EXPLAIN_ANALYZE:
    case EXPLAIN_WHY:
        for (uint32_t i = 0; i < lab->n_queries; i++) {
            if (slice_equal_nocase(lab->queries[i]->result.name, statement->name)) {
                query_explain(lab->queries[i]->query, statement->explain == EXPLAIN_WHY,
                              &lab->said);
            }
        }
        break;
    }
}

static enum status do_statement(struct lab *lab, const struct statement *statement,
                                struct error *err)
{
    TRY(statement_apply(lab->catalog, statement, err));
    switch (statement->kind) {
    case STATEMENT_SELECT:
    case STATEMENT_INSERT:
    case STATEMENT_CREATE_QUERY:
    case STATEMENT_START:
        return statement->skip ? OK : run_query(lab, statement, err);
    case STATEMENT_STOP:
        return remove_query(lab, statement->name, err);
    case STATEMENT_DROP:
        return statement->object == CATALOG_QUERY ? remove_query(lab, statement->name, err) : OK;
    case STATEMENT_CREATE_STREAM:
        if (!statement->skip) {
            feed_of(lab, statement->stream);
        }
        return OK;
    case STATEMENT_EXPLAIN:
        explain(lab, statement);
        return OK;
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_CHECKPOINT:
    case STATEMENT_SET:
    case STATEMENT_SHOW:
    case STATEMENT_DESCRIBE:
        return OK;
    }
    PANIC("no such statement");
}

bool lab_sql(struct lab *lab, const char *sql)
{
    const struct slice whole = arena_copy(&lab->life, slice_text(sql));
    struct slice text = whole;
    struct split split;
    error_clear(&lab->refused);
    while (statement_split(text, &split) || split.state != SPLIT_DONE) {
        struct statement statement;
        bool is_last = split.state != SPLIT_COMPLETE;
        lab->refused_text = is_last ? text : split.text;
        lab->refused_from = (size_t)(lab->refused_text.at - whole.at);
        if (statement_prepare(lab->catalog, &lab->life, lab->refused_text, &statement,
                              &lab->refused) != OK ||
            do_statement(lab, &statement, &lab->refused) != OK) {
            return false;
        }
        if (is_last) {
            break;
        }
        text = split.rest;
    }
    if (lab->has_generated) {
        lab_settle(lab); /* what is generated is there already */
    }
    return true;
}

const struct error *lab_refusal_error(const struct lab *lab)
{
    return &lab->refused;
}

const char *lab_refusal(struct lab *lab)
{
    bytebuf_clear(&lab->refusal);
    sqlerr_print(&lab->refusal, &lab->refused, lab->refused_text, NULL, 1);
    return bytebuf_text(&lab->refusal);
}

size_t lab_refusal_from(const struct lab *lab)
{
    return lab->refused_from;
}

struct catalog *lab_catalog(struct lab *lab)
{
    return lab->catalog;
}

struct bytebuf *lab_said(struct lab *lab)
{
    return &lab->said;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool lab_is_dead(const struct lab *lab)
{
    return lab->failed.status != OK;
}

void lab_settle(struct lab *lab)
{
    uint32_t n = 0;
    uint32_t idle = 0;
    /* The memory source has nothing to say once after each piece. */
    while (lab->job != NULL && idle < 2) {
        enum job_state what = JOB_IDLE;
        if (n++ == STEPS_MAX) {
            error_set(&lab->failed, ERR_LIMIT, "there is no end of what is to be done now");
        }
        if (lab_is_dead(lab) || job_step(lab->job, &what, &lab->failed) != OK) {
            CHECK(lab_is_dead(lab));
            return;
        }
        idle = what == JOB_WORKED ? 0 : idle + 1;
    }
}

bool lab_has_feed(const struct lab *lab, struct slice name)
{
    return memory_feed_known(lab->feeds, name);
}

struct memory_feed *lab_feed(struct lab *lab, const char *name)
{
    return memory_feed_of(lab->feeds, slice_text(name));
}

void lab_input_split(struct lab *lab, const char *name, uint32_t split, struct slice bytes)
{
    if (lab_is_dead(lab)) {
        return;
    }
    memory_feed_add(lab_feed(lab, name), split, bytes);
    lab_settle(lab);
}

void lab_input(struct lab *lab, const char *name, struct slice bytes)
{
    lab_input_split(lab, name, 0, bytes);
}

void lab_clock(struct lab *lab, int64_t by_us)
{
    lab->clock.at_us += by_us;
    lab_settle(lab);
}

void lab_end(struct lab *lab)
{
    for (uint32_t i = 0; i < lab->n_queries; i++) {
        memory_feed_finish(feed_of(lab, plan_scan(lab->queries[i]->result.plan->root)->stream));
    }
    lab_settle(lab);
}

/* Opens the stream's source behind what was read already and hands it to the new job. */
static enum status reopen_stream(struct lab *lab, uint32_t i, const struct stream_def *stream,
                                 struct error *err)
{
    struct bytebuf from = {0};
    memory_feed_offsets(feed_of(lab, stream), &from);
    lab->source_config[i] = (struct source_config){
        .uri = &stream->uri,
        .options = &stream->options,
        .fs = fs_system(),
        .clock = &lab->clock.clock,
        .once = lab->config.once,
        .from = arena_copy(&lab->life, bytebuf_slice(&from)),
    };
    bytebuf_release(&from);
    struct source *source;
    TRY(source_open(stream->source, &lab->source_config[i], &source, err));
    job_feed_opened(lab->job, stream, &(struct feed_start){.source = source});
    return OK;
}

bool lab_can_restart(const struct lab *lab)
{
    return !lab->removed;
}

bool lab_takes_input(struct lab *lab, const char *name)
{
    return !memory_feed_finished(lab_feed(lab, name));
}

struct memory_rows *lab_place(struct lab *lab, struct slice uri)
{
    return memory_places_rows(lab->places, uri);
}

const char *lab_place_at(const struct lab *lab, uint32_t i)
{
    return memory_places_at(lab->places, i);
}

int64_t lab_now_us(const struct lab *lab)
{
    return lab->clock.at_us;
}

static enum status start_again(struct lab *lab, struct error *err)
{
    for (uint32_t i = 0; i < lab->n_queries; i++) {
        struct lab_result *result = &lab->queries[i]->result;
        const struct stream_def *stream = plan_scan(result->plan->root)->stream;
        bool is_open = false;
        for (uint32_t k = 0; k < i; k++) {
            is_open = is_open || plan_scan(lab->queries[k]->result.plan->root)->stream == stream;
        }
        if (!is_open) {
            TRY(reopen_stream(lab, i, stream, err));
        }
        TRY(job_add_query(lab->job, result->plan,
                          memory_sink_new(&result->rows, result->plan->changes),
                          &lab->queries[i]->query, err));
        keep_result(lab, lab->queries[i]);
    }
    struct slice *saves = mem_alloc(lab->n_saves * sizeof *saves);
    for (uint32_t i = 0; i < lab->n_saves; i++) {
        saves[i] = bytebuf_slice(&lab->saves[i]);
    }
    enum status status = job_load(lab->job, saves, lab->n_saves, err);
    mem_free(saves);
    return status;
}

void lab_restart(struct lab *lab)
{
    if (lab->job == NULL || lab_is_dead(lab)) {
        return;
    }
    CHECK(!lab->removed);
    lab->saves = mem_realloc(lab->saves, (lab->n_saves + 1) * sizeof *lab->saves);
    struct bytebuf *save = &lab->saves[lab->n_saves++];
    *save = (struct bytebuf){0};
    job_save(lab->job, lab->n_saves == 1, save);
    job_free(lab->job);
    lab->job = job_new(&lab->config);
    if (start_again(lab, &lab->failed) != OK) {
        CHECK(lab_is_dead(lab));
    }
}

/* ---- what came out --------------------------------------------------------------------------- */

const char *lab_error(struct lab *lab)
{
    return lab_is_dead(lab) ? lab->failed.text : NULL;
}

uint32_t lab_n_results(const struct lab *lab)
{
    return lab->n_queries;
}

struct lab_result *lab_result(struct lab *lab, uint32_t i)
{
    CHECK(i < lab->n_queries);
    return &lab->queries[i]->result;
}

void lab_measure(struct lab *lab, uint32_t i, struct query_progress *out)
{
    CHECK(i < lab->n_queries && !lab->queries[i]->removed);
    query_measure(lab->queries[i]->query, out);
}

void lab_measure_stream(struct lab *lab, uint32_t i, struct feed_progress *out)
{
    CHECK(i < lab->n_queries && !lab->queries[i]->removed);
    query_feed(lab->queries[i]->query, out);
}

uint32_t lab_bad_rows(struct lab *lab, uint32_t i, const struct bad_row **out, uint32_t max)
{
    CHECK(i < lab->n_queries && !lab->queries[i]->removed);
    return query_bad_rows(lab->queries[i]->query, out, max);
}
