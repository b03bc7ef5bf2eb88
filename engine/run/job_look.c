/* job_look: see job_look.h. */
#include "engine/run/job_look.h"

#include "engine/base/panic.h"
#include "engine/run/job_parts.h"

/* job_open would make a directory that is not there. */
static enum status check_there(const struct job *job, struct error *err)
{
    struct fs_stat stat;
    const struct fs *fs = job->config.fs;
    TRY(fs->stat(fs, job->config.state_dir, &stat, err));
    return stat.is_directory
               ? OK
               : error_set(err, ERR_IO, "\"%s\" is not a directory", job->config.state_dir);
}

enum status job_look_open(struct job *job, struct job_saved *saved, struct error *err)
{
    CHECK(job->config.looks && job->config.state_dir != NULL);
    TRY(check_there(job, err));
    TRY(job_open(job, err));
    const struct checkpoint_found *found = checkpoint_found(job->checkpoint);
    if (found->is_fresh) {
        return state_dir_bad(checkpoint_dir(job->checkpoint), "MANIFEST", EXIT_MANIFEST_BAD,
                             "it is missing", err);
    }
    *saved = (struct job_saved){
        .generation = found->generation,
        .epoch = found->epoch,
        .is_open = found->has_intent,
        .image = recovered_image(job->recovered),
    };
    return OK;
}

enum status job_look_load(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        const struct query *query = job->queries[i];
        struct slice name = query_name(query);
        if (query->anew) {
            error_set(err, ERR_STATE, "query \"%.*s\" of job.sql is not the one that was saved",
                      (int)name.len, (const char *)name.at);
            error_hint(err, "the next start with --accept-change forgets the old state");
            error_exit_code(err, EXIT_QUERY_CHANGED);
            return ERR_STATE;
        }
    }
    return resume_queries(job, err);
}

struct query *job_query_at(const struct job *job, uint32_t index)
{
    return index < job->n_queries ? job->queries[index] : NULL;
}

struct slice query_saved_name(const struct query *query)
{
    return query_name(query);
}

void query_look(struct query *query, const struct op_look *look)
{
    op_look_all(query->first, look);
}

int64_t query_watermark_us(const struct query *query)
{
    return query->watermark.current;
}
