/* job_change: queries that come and go while a job runs behind a checkpoint. See job_parts.h.
 *
 * A change happens between two epochs, n and n + 1, and has happened when the MANIFEST names the
 * generation that has it; before, a crash leaves the job as it was, and behind it, as it is to be.
 *
 *     a query comes                                 a query goes
 *     1  epoch n ends                               epoch n ends, its last; COMMIT(n) is synced
 *     2  its sinks are opened; what they have of    it leaves, with the streams that only it read
 *        an earlier query is brought to epoch n
 *     3  job.<G+1> is written: the statements as they are then
 *     4  snap.<G+1>, an empty log.<G+1>, MANIFEST
 *     5  job.<G+1> becomes job.sql; generation G is removed
 *     6  epoch n + 1 goes on with the queries that are there now
 *
 * Until 4 the sinks of a query that comes have no row of it. Those of one that goes have all of
 * them since 1, under epochs that nobody computes again behind 4. */
#include "engine/base/panic.h"
#include "engine/run/job_parts.h"
#include "engine/run/job_text.h"

/* ---- statements ------------------------------------------------------------------------------
 */

void job_saved_text(const struct job *job, struct bytebuf *out)
{
    job_text_read(checkpoint_dir(job->checkpoint), out);
}

void job_set_text(struct job *job, struct slice text)
{
    bytebuf_clear(&job->text);
    bytebuf_add(&job->text, text.at, text.len);
}

/* Not before: a snapshot that is due by itself in the middle of a change would have it too early.
 */
void change_take_text(struct job *job)
{
    if (job->text.len > 0) {
        checkpoint_set_text(job->checkpoint, bytebuf_slice(&job->text));
    }
}

/* ---- coming ----------------------------------------------------------------------------------
 */

enum status change_begin(struct job *job, struct error *err)
{
    return job->cuts.len > 0 ? epoch_end(job, err) : OK;
}

/* Bad rows of a second reading would go to the same place once more. */
static enum status check_bad_rows(const struct job *job, const struct feed *feed, struct error *err)
{
    const struct stream_def *stream = feed_stream(feed);
    for (uint32_t i = 0; i < job->n_feeds && stream->on_error == ON_ERROR_INTO; i++) {
        if (job->feeds[i] != feed && feed_stream(job->feeds[i]) == stream) {
            error_set(err, ERR_UNSUPPORTED, "stream \"%.*s\" is being read already",
                      (int)stream->name.len, (const char *)stream->name.at);
            error_hint(err, "read from its start once more, its bad rows would be in ON ERROR INTO "
                            "twice: make a second stream of it, with another place for them");
            return ERR_UNSUPPORTED;
        }
    }
    return OK;
}

/* --new-state: a job without queries begins behind what its first one's sinks have. */
static void pass_sinks(struct job *job, const struct query *query)
{
    uint64_t newest = query_committed(query);
    uint64_t bad = feed_outlet(query->feed)->committed;
    newest = bad > newest ? bad : newest;
    if (job->config.new_state && job->n_queries == 0 && newest >= job->epoch) {
        job->epoch = newest + 1;
        job->settled = newest;
    }
}

static enum status join(const struct job *job, struct outlet *outlet, struct error *err)
{
    uint64_t last = job->epoch - 1;
    if (outlet->committed <= last) {
        return outlet_join(outlet, last, err);
    }
    error_set(err, ERR_STATE, "its sink has epoch %llu of another job; this one is at epoch %llu",
              (unsigned long long)outlet->committed, (unsigned long long)last);
    error_hint(err,
               "--new-state begins a job behind what the sink of its first query has; or write "
               "to another one");
    error_exit_code(err, EXIT_SINK_AHEAD);
    return ERR_STATE;
}

enum status change_join(struct job *job, struct query *query, struct error *err)
{
    struct outlet *outlets[IMAGE_OUTLETS_MAX];
    const char *roles[IMAGE_OUTLETS_MAX];
    struct outlet *bad = feed_outlet(query->feed);
    TRY(check_bad_rows(job, query->feed, err));
    pass_sinks(job, query);
    uint32_t n = query_outlets(query, outlets, roles);
    for (uint32_t i = 0; i < n; i++) {
        TRY(join(job, outlets[i], err));
    }
    if (!bad->is_open) {
        TRY(join(job, bad, err));
        TRY(outlet_begin(bad, job->epoch, err));
    }
    return query_begin(query, job->epoch, err);
}

/* ---- going -----------------------------------------------------------------------------------
 */

/* Without input, too: what its sinks do behind their last epoch is done with this one. */
enum status change_leave(struct job *job, struct query *query, struct error *err)
{
    outlet_ended(&query->rows);
    outlet_ended(&query->late.into);
    TRY(epoch_end(job, err));
    return epoch_sync(job, err);
}

enum status change_end(struct job *job, struct error *err)
{
    CHECK(job->cuts.len == 0);
    change_take_text(job);
    return epoch_checkpoint(job, err);
}
