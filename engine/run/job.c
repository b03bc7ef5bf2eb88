/* job: see job.h. */
#include "engine/run/job.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/feed.h"
#include "engine/run/query.h"

enum {
    JOB_QUERIES_MAX = 256,
    JOB_STATE_VERSION = 1,
};

/* How often transactional sinks commit: SET checkpoint's default. */
#define CHECKPOINT_INTERVAL_US US_PER_SECOND

struct job {
    struct job_config config;
    struct feed *feeds[JOB_QUERIES_MAX];
    uint32_t n_feeds;
    struct query *queries[JOB_QUERIES_MAX];
    uint32_t n_queries;
    int64_t trigger_at_us; /* steady time of the next trigger, for an interval */
    bool rows_waiting;     /* rows were pushed since the last trigger */
    bool done;
};

struct job *job_new(const struct job_config *config)
{
    struct job *job = mem_zalloc(sizeof *job);
    job->config = *config;
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        query_free(job->queries[i]);
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_free(job->feeds[i]);
    }
    mem_free(job);
}

/* ---- queries ------------------------------------------------------------------------------------
 */

static struct feed *job_feed(struct job *job, const struct stream_def *stream)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (feed_stream(job->feeds[i]) == stream) {
            return job->feeds[i];
        }
    }
    CHECK(job->n_feeds < JOB_QUERIES_MAX);
    struct feed *feed = feed_new(&job->config, stream);
    job->feeds[job->n_feeds++] = feed;
    return feed;
}

void job_feed_opened(struct job *job, const struct stream_def *stream,
                     const struct feed_start *start)
{
    feed_take(job_feed(job, stream), start);
}

static void job_drop_idle_feeds(struct job *job)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (feed_n_readers(job->feeds[i]) > 0) {
            job->feeds[kept++] = job->feeds[i];
        } else {
            feed_free(job->feeds[i]);
        }
    }
    job->n_feeds = kept;
}

enum status job_add_query(struct job *job, const struct plan *plan, struct sink *sink,
                          struct query **out, struct error *err)
{
    const struct stream_def *stream = plan_scan(plan->root)->stream;
    if (job->n_queries == JOB_QUERIES_MAX) {
        sink_close(sink);
        return error_set(err, ERR_LIMIT, "a job has at most %d queries", JOB_QUERIES_MAX);
    }
    struct feed *feed = job_feed(job, stream);
    struct query *query = query_new(&job->config, plan, feed, sink);
    enum status status = feed_open(feed, err);
    if (status == OK) {
        status = query_open(query, err);
    }
    if (status != OK) {
        query_free(query);
        job_drop_idle_feeds(job);
        return status;
    }
    job->queries[job->n_queries++] = query;
    job->done = false;
    *out = query;
    return OK;
}

enum status job_remove_query(struct job *job, struct query *query, struct error *err)
{
    enum status status = query->ended ? OK : query_commit(query, err);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (job->queries[i] == query) {
            job->queries[i] = job->queries[--job->n_queries];
            break;
        }
    }
    query_free(query);
    job_drop_idle_feeds(job);
    return status;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static bool query_is_done(const struct query *query)
{
    struct feed_progress progress;
    feed_measure(query->feed, &progress);
    return progress.done || query->context.finished;
}

static bool feed_is_wanted(const struct job *job, const struct feed *feed)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (job->queries[i]->feed == feed && !query_is_done(job->queries[i])) {
            return true;
        }
    }
    return false;
}

/* Reads at most one block of each stream. */
static enum status job_read(struct job *job, bool *worked, struct error *err)
{
    *worked = false;
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (feed_is_wanted(job, job->feeds[i])) {
            enum job_state what;
            TRY(feed_step(job->feeds[i], &what, err));
            *worked = *worked || what != JOB_IDLE;
        }
    }
    return OK;
}

/* Bad rows that go somewhere (ON ERROR INTO) leave with the results. */
static enum status job_let_bad_rows_leave(struct job *job, bool commit, struct error *err)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(commit ? feed_commit(job->feeds[i], err) : feed_flush(job->feeds[i], err));
    }
    return OK;
}

static enum status job_trigger(struct job *job, int64_t now_us, struct error *err)
{
    bool committed = false;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct query *query = job->queries[i];
        if (query->ended) {
            continue;
        }
        TRY(query_trigger(query, now_us, err));
        if (now_us - query->committed_at_us >= CHECKPOINT_INTERVAL_US) {
            TRY(query_commit(query, err));
            committed = true;
        }
    }
    job->rows_waiting = false;
    return job_let_bad_rows_leave(job, committed, err);
}

static enum status job_end_queries(struct job *job, int64_t now_us, struct error *err)
{
    job->done = true;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (query_is_done(job->queries[i])) {
            TRY(query_end(job->queries[i], now_us, !job->config.no_flush, err));
        } else {
            job->done = false;
        }
    }
    return job->done ? job_let_bad_rows_leave(job, true, err) : OK;
}

/* Something leaves by the clock alone: a window of arrival time, or of a stream that fell silent.
 */
static bool clock_is_due(struct job *job, int64_t now_us)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (!job->queries[i]->ended && query_due_us(job->queries[i]) <= now_us) {
            return true;
        }
    }
    return false;
}

static bool trigger_is_due(struct job *job, int64_t now_us)
{
    if (job->config.trigger_us == TRIGGER_ONCE) {
        return false;
    }
    if (!job->rows_waiting && !clock_is_due(job, now_us)) {
        return false;
    }
    if (job->config.trigger_us == TRIGGER_ASAP) {
        return true;
    }
    int64_t steady_us = clock_steady_us(job->config.clock);
    if (steady_us < job->trigger_at_us) {
        return false;
    }
    job->trigger_at_us = steady_us + job->config.trigger_us;
    return true;
}

/* Without a checkpoint rows are as safe as they get when their trigger has left. With one trigger
 * at the very end nobody could wait for that. */
static void job_tell_done(struct job *job)
{
    if (job->rows_waiting && job->config.trigger_us != TRIGGER_ONCE) {
        return;
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_done(job->feeds[i]);
    }
}

enum status job_step(struct job *job, enum job_state *what, struct error *err)
{
    if (job->done || job->n_queries == 0) {
        *what = JOB_DONE;
        return OK;
    }
    bool worked;
    TRY(job_read(job, &worked, err));
    job->rows_waiting = job->rows_waiting || worked;
    int64_t now_us = clock_now_us(job->config.clock);
    if (trigger_is_due(job, now_us)) {
        TRY(job_trigger(job, now_us, err));
        worked = true;
    }
    TRY(job_end_queries(job, now_us, err));
    job_tell_done(job);
    *what = job->done ? JOB_DONE : worked ? JOB_WORKED : JOB_IDLE;
    return OK;
}

/* Steady time at which wall clock time `wall_us` is reached. */
static int64_t steady_of_wall(const struct job *job, int64_t wall_us)
{
    int64_t wait_us = wall_us - clock_now_us(job->config.clock);
    return clock_steady_us(job->config.clock) + (wait_us > 0 ? wait_us : 0);
}

int64_t job_wake_us(const struct job *job)
{
    int64_t wake = INT64_MAX;
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        int64_t at = feed_wake_us(job->feeds[i]);
        wake = at < wake ? at : wake;
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        int64_t due = job->queries[i]->ended ? TIME_END : query_due_us(job->queries[i]);
        if (due != TIME_END) {
            int64_t at = steady_of_wall(job, due);
            wake = at < wake ? at : wake;
        }
    }
    if (job->config.trigger_us > 0) {
        bool waits = job->rows_waiting || wake < job->trigger_at_us;
        wake = waits ? job->trigger_at_us : wake;
    }
    return wake;
}

uint32_t job_wait_fds(const struct job *job, int *fds, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < job->n_feeds && n < max; i++) {
        int fd = feed_wait_fd(job->feeds[i]);
        if (fd >= 0) {
            fds[n++] = fd;
        }
    }
    return n;
}

enum status job_finish(struct job *job, struct error *err)
{
    int64_t now_us = clock_now_us(job->config.clock);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct query *query = job->queries[i];
        if (!query->ended) {
            TRY(query_trigger(query, now_us, err));
            TRY(query_end(query, now_us, false, err));
        }
    }
    job->done = true;
    return job_let_bad_rows_leave(job, true, err);
}

enum status job_reopen(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(sink_reopen(job->queries[i]->sink, err));
    }
    return OK;
}

/* ---- snapshot -----------------------------------------------------------------------------------
 */

void job_save(const struct job *job, struct bytebuf *out)
{
    codec_put_u8(out, JOB_STATE_VERSION);
    codec_put_u32(out, job->n_feeds);
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_save(job->feeds[i], out);
    }
    codec_put_u32(out, job->n_queries);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        query_save(job->queries[i], out);
    }
}

enum status job_load(struct job *job, struct slice bytes, struct error *err)
{
    struct reader in = reader_of(bytes);
    if (reader_u8(&in) != JOB_STATE_VERSION || reader_u32(&in) != job->n_feeds) {
        return error_set(err, ERR_STATE, "saved state is of another job");
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(feed_load(job->feeds[i], &in, err));
    }
    if (reader_u32(&in) != job->n_queries) {
        return error_set(err, ERR_STATE, "saved state has another number of queries");
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(query_load(job->queries[i], &in, err));
    }
    if (!reader_ok(&in) || reader_left(&in) != 0) {
        return error_set(err, ERR_STATE, "saved state is damaged");
    }
    return OK;
}
