/* background: see background.h. */
#include "shell/background.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "shell/console_out.h"
#include "shell/job_settings.h"
#include "shell/kept_job.h"
#include "shell/output_sinks.h"

enum { BACKGROUND_QUERIES_MAX = 64 };

struct background {
    struct background_config config;
    struct job_config job_config; /* the job points to it */
    struct job *job;
    struct kept_job *kept; /* NULL without --state */
    struct query *queries[BACKGROUND_QUERIES_MAX];
    bool collects[BACKGROUND_QUERIES_MAX]; /* it is nobody's */
    uint32_t n;
    struct arena arena; /* what sinks point to: as long as the job */
};

struct background *background_new(const struct background_config *config)
{
    struct background *background = mem_zalloc(sizeof *background);
    background->config = *config;
    arena_init(&background->arena);
    return background;
}

/* A job in which nothing runs is made anew with the next query, so that it follows SET. */
static void drop_job(struct background *background)
{
    job_free(background->job);
    background->job = NULL;
}

/* What is kept outlives who reads along with it, and the sinks of both what they point to. */
static void drop_all(struct background *background)
{
    drop_job(background);
    kept_job_free(background->kept);
    background->kept = NULL;
    background->n = 0;
    arena_clear(&background->arena);
}

void background_free(struct background *background)
{
    if (background == NULL) {
        return;
    }
    struct error ignored;
    while (background->kept == NULL && background->n > 0 &&
           background_stop(background, query_plan(background->queries[0])->name, &ignored) == OK) {
    }
    drop_all(background);
    arena_release(&background->arena);
    mem_free(background);
}

static bool only_collects(const struct background *background)
{
    uint32_t i = 0;
    while (i < background->n && background->collects[i]) {
        i++;
    }
    return i == background->n;
}

enum status background_open_job(struct background *background, struct job **out, struct error *err)
{
    const struct background_config *config = &background->config;
    if (background->job != NULL && background->n == 0) {
        drop_job(background);
        arena_clear(&background->arena);
    }
    if (background->job == NULL || only_collects(background)) {
        TRY(job_settings_read(config->catalog, config->fs, config->clock, &background->job_config,
                              err));
        background->job_config.retention = config->retention;
        background->job_config.grows = true;
        background->job_config.host =
            background->kept == NULL ? NULL : kept_job_job(background->kept);
    }
    if (background->job == NULL) {
        background->job = job_new(&background->job_config);
    } else if (only_collects(background)) {
        job_follow(background->job, &background->job_config);
    }
    *out = background->job;
    return OK;
}

struct job *background_job(const struct background *background)
{
    return background->n > 0 ? background->job : NULL;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

enum status background_open_state(struct background *background, const struct args *args,
                                  struct bytebuf *text, struct error *err)
{
    struct job *job;
    const struct kept_job_config config = {
        .args = args,
        .catalog = background->config.catalog,
        .fs = background->config.fs,
        .clock = background->config.clock,
        .retention = background->config.retention,
        .script = background->config.script,
        .owner = background->config.owner,
    };
    CHECK(background->job == NULL && background->kept == NULL);
    TRY(kept_job_open(&config, &background->kept, err));
    kept_job_text(background->kept, text);
    return background_open_job(background, &job, err);
}

enum status background_start_state(struct background *background, struct error *err)
{
    return kept_job_start(background->kept, err);
}

struct kept_job *background_kept(const struct background *background)
{
    return background->kept;
}

enum status background_finish(struct background *background, struct error *err)
{
    return background->kept == NULL ? OK : kept_job_finish(background->kept, err);
}

static bool is_kept(const struct background *background, uint32_t i)
{
    return background->kept != NULL && !background->collects[i];
}

/* ---- queries --------------------------------------------------------------------------------- */

static uint32_t index_of(const struct background *background, struct slice name)
{
    uint32_t i = 0;
    while (i < background->n &&
           !slice_equal_nocase(query_plan(background->queries[i])->name, name)) {
        i++;
    }
    return i;
}

struct query *background_find(const struct background *background, struct slice name)
{
    return background_at(background, index_of(background, name));
}

struct query *background_at(const struct background *background, uint32_t index)
{
    return index < background->n ? background->queries[index] : NULL;
}

bool background_collects(const struct background *background, uint32_t index)
{
    return background->collects[index];
}

/* Rows go to the plan's sink, nowhere, or above the prompt. */
static enum status sink_make(struct background *background, const struct plan *plan, bool collects,
                             struct sink **out, struct error *err)
{
    *out = collects ? discard_sink_new() : NULL;
    if (collects || plan->sink != NULL) {
        return OK;
    }
    return console_out_open(&background->arena, plan, "plain", background->config.above, out, err);
}

static enum status add_query(struct background *background, const struct plan *plan, bool keeps,
                             struct sink *sink, struct query **out, struct error *err)
{
    const struct stream_def *stream = plan_scan(plan->root)->stream;
    struct job *kept = keeps ? kept_job_job(background->kept) : NULL;
    stream_sampler_hand_over(background->config.sampler, keeps ? kept : background->job, stream);
    if (!keeps) {
        return job_add_query(background->job, plan, sink, out, err);
    }
    return kept_job_add(background->kept, plan, sink, out, err);
}

static enum status start(struct background *background, const struct plan *plan, bool collects,
                         struct error *err)
{
    struct job *job;
    struct sink *sink;
    if (background_find(background, plan->name) != NULL) {
        return error_set(err, ERR_OPTION, "query \"%.*s\" runs already", (int)plan->name.len,
                         (const char *)plan->name.at);
    }
    if (background->n == BACKGROUND_QUERIES_MAX) {
        return error_set(err, ERR_LIMIT, "at most %d queries run in the background",
                         BACKGROUND_QUERIES_MAX);
    }
    TRY(background_open_job(background, &job, err));
    TRY(sink_make(background, plan, collects, &sink, err));
    struct query *query;
    TRY(add_query(background, plan, background->kept != NULL && !collects, sink, &query, err));
    query_keep(query, collects ? NULL : tables_begin_result(background->config.tables, plan));
    background->queries[background->n] = query;
    background->collects[background->n++] = collects;
    return OK;
}

enum status background_start(struct background *background, const struct plan *plan,
                             struct error *err)
{
    return start(background, plan, false, err);
}

enum status background_collect(struct background *background, const struct plan *plan,
                               struct error *err)
{
    return start(background, plan, true, err);
}

static enum status remove_at(struct background *background, uint32_t i, struct error *err)
{
    struct query *query = background->queries[i];
    bool keeps = is_kept(background, i);
    background->queries[i] = background->queries[--background->n];
    background->collects[i] = background->collects[background->n];
    if (!keeps) {
        return job_remove_query(background->job, query, err);
    }
    return kept_job_remove(background->kept, query, err);
}

enum status background_stop(struct background *background, struct slice name, struct error *err)
{
    uint32_t i = index_of(background, name);
    return i < background->n ? remove_at(background, i, err) : OK;
}

/* What only reads along, or what nobody keeps, may fail without the rest. */
static bool keeps_on(const struct background *background)
{
    const struct job *job = background->job;
    return background->kept != NULL && !job_has_failed(kept_job_job(background->kept)) &&
           (job == NULL || !job_host_has_failed(job));
}

bool background_failed(struct background *background)
{
    struct error ignored;
    struct job *job;
    if (!keeps_on(background)) {
        drop_all(background);
        return true;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < background->n; i++) {
        if (!background->collects[i]) {
            background->queries[kept] = background->queries[i];
            background->collects[kept++] = false;
        }
    }
    background->n = kept;
    drop_job(background);
    return background_open_job(background, &job, &ignored) != OK;
}

bool background_is_broken(const struct background *background)
{
    return background->kept != NULL && !keeps_on(background);
}

bool background_any_ended(const struct background *background)
{
    for (uint32_t i = 0; i < background->n; i++) {
        if (query_has_ended(background->queries[i])) {
            return true;
        }
    }
    return false;
}

bool background_reap(struct background *background, struct bytebuf *name, struct error *err)
{
    error_clear(err);
    for (uint32_t i = 0; i < background->n; i++) {
        if (query_has_ended(background->queries[i])) {
            struct slice of = query_plan(background->queries[i])->name;
            bytebuf_add(name, of.at, of.len);
            enum status status = remove_at(background, i, err);
            return status == OK || err->status == status;
        }
    }
    return false;
}
