/* kept_job: see kept_job.h. */
#include "shell/kept_job.h"

#include "engine/base/mem.h"
#include "shell/job_settings.h"

struct kept_job {
    struct kept_job_config config;
    struct job *job;
    uint32_t n; /* queries */
    bool started;
};

static enum status read_settings(const struct kept_job_config *config, struct job_config *out,
                                 struct error *err)
{
    TRY(job_settings_read(config->catalog, config->fs, config->clock, out, err));
    out->state_dir = config->args->state;
    out->new_state = config->args->new_state;
    out->accept_change = config->args->accept_change;
    out->replay = config->args->replay;
    out->retention = config->retention;
    out->grows = true;
    return OK;
}

enum status kept_job_open(const struct kept_job_config *config, struct kept_job **out,
                          struct error *err)
{
    struct job_config job;
    TRY(read_settings(config, &job, err));
    struct kept_job *kept = mem_zalloc(sizeof *kept);
    kept->config = *config;
    kept->job = job_new(&job);
    enum status status = job_open(kept->job, err);
    if (status != OK) {
        kept_job_free(kept);
        return status;
    }
    *out = kept;
    return OK;
}

void kept_job_free(struct kept_job *kept)
{
    if (kept != NULL) {
        job_free(kept->job);
        mem_free(kept);
    }
}

struct job *kept_job_job(const struct kept_job *kept)
{
    return kept->job;
}

void kept_job_text(const struct kept_job *kept, struct bytebuf *out)
{
    job_saved_text(kept->job, out);
}

static void set_text(struct kept_job *kept, struct slice without)
{
    struct bytebuf text = {0};
    kept->config.script(kept->config.owner, without, &text);
    job_set_text(kept->job, bytebuf_slice(&text));
    bytebuf_release(&text);
}

enum status kept_job_start(struct kept_job *kept, struct error *err)
{
    TRY(job_start(kept->job, err));
    kept->started = true;
    return OK;
}

/* What SET says holds for a job in which nothing runs. */
static enum status follow(struct kept_job *kept, struct error *err)
{
    struct job_config config;
    if (kept->n > 0) {
        return OK;
    }
    TRY(read_settings(&kept->config, &config, err));
    job_follow(kept->job, &config);
    return OK;
}

enum status kept_job_add(struct kept_job *kept, const struct plan *plan, struct sink *sink,
                         struct query **out, struct error *err)
{
    enum status status = follow(kept, err);
    if (status != OK) {
        sink_close(sink);
        return status;
    }
    if (kept->started) {
        set_text(kept, slice_of(NULL, 0));
    }
    TRY(job_add_query(kept->job, plan, sink, out, err));
    kept->n++;
    return OK;
}

enum status kept_job_remove(struct kept_job *kept, struct query *query, struct error *err)
{
    set_text(kept, query_plan(query)->name);
    kept->n--;
    return job_remove_query(kept->job, query, err);
}

enum status kept_job_checkpoint(struct kept_job *kept, struct checkpoint_written *out,
                                struct error *err)
{
    set_text(kept, slice_of(NULL, 0));
    return job_checkpoint_now(kept->job, out, err);
}

enum status kept_job_finish(struct kept_job *kept, struct error *err)
{
    set_text(kept, slice_of(NULL, 0));
    return job_finish(kept->job, err);
}
