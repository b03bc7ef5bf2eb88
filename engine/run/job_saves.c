/* job_saves: a job without a checkpoint as bytes and back (job_save, job_load of job.h). */
#include "engine/base/mem.h"
#include "engine/run/job_parts.h"

enum { JOB_STATE_VERSION = 1 };

static void save_query(struct query *query, bool whole, struct bytebuf *out)
{
    struct bytebuf state = {0};
    struct bytebuf changes = {0};
    query_save(query, whole, &state, &changes);
    codec_put_bytes(out, bytebuf_slice(&state));
    codec_put_bytes(out, bytebuf_slice(&changes));
    bytebuf_release(&state);
    bytebuf_release(&changes);
}

void job_save(struct job *job, bool whole, struct bytebuf *out)
{
    codec_put_u8(out, JOB_STATE_VERSION);
    codec_put_u32(out, job->n_feeds);
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        struct bytebuf state = {0};
        feed_save(job->feeds[i], &state);
        codec_put_bytes(out, bytebuf_slice(&state));
        bytebuf_release(&state);
    }
    codec_put_u32(out, job->n_queries);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        save_query(job->queries[i], whole, out);
    }
}

static enum status not_of_job(struct error *err)
{
    return error_set(err, ERR_STATE, "saved state is damaged, or of another job");
}

/* Feeds and queries of one save: the newest counts, their changes add up. */
static enum status load_feeds(struct job *job, struct reader *in, bool is_newest, struct error *err)
{
    if (reader_u8(in) != JOB_STATE_VERSION || reader_u32(in) != job->n_feeds) {
        return not_of_job(err);
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        struct reader state = reader_of(reader_bytes(in));
        if (is_newest) {
            TRY(feed_load(job->feeds[i], &state, err));
        }
    }
    return reader_u32(in) == job->n_queries ? OK : not_of_job(err);
}

static enum status load_queries(struct job *job, struct reader *in, bool is_newest,
                                struct entries **entries, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct reader state = reader_of(reader_bytes(in));
        if (!entries_apply(entries[i], reader_bytes(in))) {
            return not_of_job(err);
        }
        if (is_newest) {
            TRY(query_load(job->queries[i], &state, entries[i], err));
        }
    }
    return reader_ok(in) && reader_left(in) == 0 ? OK : not_of_job(err);
}

enum status job_load(struct job *job, const struct slice *saves, uint32_t n, struct error *err)
{
    struct entries **entries = mem_zalloc((job->n_queries + 1) * sizeof(struct entries *));
    enum status status = OK;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        entries[i] = entries_new();
    }
    for (uint32_t i = 0; i < n && status == OK; i++) {
        struct reader in = reader_of(saves[i]);
        status = load_feeds(job, &in, i == n - 1, err);
        if (status == OK) {
            status = load_queries(job, &in, i == n - 1, entries, err);
        }
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        entries_free(entries[i]);
    }
    mem_free(entries);
    return status;
}
