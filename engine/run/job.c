/* job: see job.h. */
#include "engine/run/job.h"

#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/job_parts.h"

enum {
    LOG_BYTES_MIN_DEFAULT = 64 << 20,
    MERGE_BYTES_MIN_DEFAULT = 64 << 20,
    COMMIT_BYTES_MAX_DEFAULT = 512 << 20, /* a frame has room for twice that */
};

static int64_t step_now_us(const struct clock *clock)
{
    return ((const struct step_clock *)clock)->now_us;
}

static int64_t step_steady_us(const struct clock *clock)
{
    return clock_steady_us(((const struct step_clock *)clock)->host);
}

static void job_tick(struct job *job)
{
    if (job->config.host != NULL) {
        job_tick(job->config.host);
    }
    job_set_now(job, clock_now_us(job->clock.host));
}

struct job *job_new(const struct job_config *config)
{
    struct job *job = mem_zalloc(sizeof *job);
    job->config = *config;
    job->clock = (struct step_clock){
        .clock = {.now_us = step_now_us, .steady_us = step_steady_us},
        .host = config->clock,
    };
    /* Sources that the host takes over go on by the same clock. */
    job->config.clock = config->host != NULL ? config->host->config.clock : &job->clock.clock;
    if (job->config.checkpoint_us == 0) {
        job->config.checkpoint_us = CHECKPOINT_INTERVAL_DEFAULT_US;
    }
    if (job->config.merge_bytes_min == 0) {
        job->config.merge_bytes_min = MERGE_BYTES_MIN_DEFAULT;
    }
    if (job->config.commit_bytes_max == 0) {
        job->config.commit_bytes_max = COMMIT_BYTES_MAX_DEFAULT;
    }
    if (job->config.log_bytes_min == 0) {
        job->config.log_bytes_min = LOG_BYTES_MIN_DEFAULT;
    }
    arena_init(&job->found);
    if (config->host != NULL) {
        CHECK(config->host->guest == NULL);
        config->host->guest = job;
    }
    job_tick(job);
    return job;
}

void job_follow(struct job *job, const struct job_config *config)
{
    job->config.trigger_us = config->trigger_us;
    job->config.once = config->once;
    job->config.no_flush = config->no_flush;
    job->config.state_bytes_max = config->state_bytes_max;
    if (config->checkpoint_us != 0) {
        job->config.checkpoint_us = config->checkpoint_us;
    }
}

uint64_t job_merges(const struct job *job)
{
    return job->n_merges;
}

void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    CHECK(job->guest == NULL);
    if (job->config.host != NULL) {
        job->config.host->guest = NULL;
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        query_free(job->queries[i]);
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_free(job->feeds[i]);
    }
    deadlog_close(&job->dead);
    checkpoint_close(job->checkpoint);
    recovered_free(job->recovered);
    arena_release(&job->found);
    bytebuf_release(&job->text);
    bytebuf_release(&job->cuts);
    bytebuf_release(&job->image);
    bytebuf_release(&job->changes);
    bytebuf_release(&job->grouped);
    mem_free(job);
}

/* ---- queries ------------------------------------------------------------------------------------
 */

/* Behind a checkpoint the epochs of all queries are those of the job, and begin when it starts. */
static enum status job_open_query(struct job *job, struct query *query, struct error *err)
{
    TRY(resume_check(job, query, err));
    if (job->config.looks) {
        return OK;
    }
    TRY(feed_open(query->feed, err));
    TRY(query_open(query, resume_query(job, query_name(query)), err));
    if (job->started) {
        return change_join(job, query, err);
    }
    if (job->checkpoint != NULL) {
        return OK;
    }
    struct outlet *bad = feed_outlet(query->feed);
    if (!bad->is_open) {
        TRY(outlet_begin(bad, bad->committed + 1, err));
    }
    return query_begin(query, query_committed(query) + 1, err);
}

/* Between two epochs. A guest has what it read again where no query comes. */
static enum status job_make_query(struct job *job, const struct plan *plan, struct sink *sink,
                                  struct query **out, struct error *err)
{
    const struct stream_def *stream = plan_scan(plan->root)->stream;
    char number[16];
    snprintf(number, sizeof number, "#%u", job->n_queries + 1);
    struct slice name = plan->name.len > 0 ? plan->name : slice_text(number);
    job_take_feed(job, stream);
    struct feed *feed = job_feed(job, stream, resume_query(job, name));
    struct query *query = query_new(&job->config, plan, feed, sink);
    memcpy(query->number, number, sizeof query->number);
    enum status status = job_open_query(job, query, err);
    if (status != OK) {
        query_free(query);
        job_drop_idle_feeds(job);
        job_leave_feeds(job);
        return status;
    }
    job->queries[job->n_queries++] = query;
    job->done = false;
    *out = query;
    return OK;
}

static enum status job_changed(struct job *job, enum status status)
{
    job->failed = job->failed || status != OK;
    return status;
}

enum status job_add_query(struct job *job, const struct plan *plan, struct sink *sink,
                          struct query **out, struct error *err)
{
    enum status status = OK;
    if (job->n_queries == JOB_QUERIES_MAX) {
        status = error_set(err, ERR_LIMIT, "a job has at most %d queries", JOB_QUERIES_MAX);
    }
    job_tick(job);
    if (status == OK && job->started) {
        status = job_changed(job, change_begin(job, err));
    }
    if (status != OK) {
        sink_close(sink);
        return status;
    }
    TRY(job_make_query(job, plan, sink, out, err));
    return job->started ? job_changed(job, change_end(job, err)) : OK;
}

void job_drop_query(struct job *job, struct query *query)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (job->queries[i] != query) {
            job->queries[kept++] = job->queries[i];
        }
    }
    job->n_queries = kept;
    query_free(query);
    job_drop_idle_feeds(job);
}

enum status job_remove_query(struct job *job, struct query *query, struct error *err)
{
    job_tick(job);
    if (job->started) {
        TRY(job_changed(job, change_leave(job, query, err)));
        job_drop_query(job, query);
        TRY(job_changed(job, change_end(job, err)));
        job_leave_feeds(job);
        return OK;
    }
    CHECK(job->checkpoint == NULL);
    enum status status = query->rows.is_open ? query_commit(query, err) : OK;
    job_drop_query(job, query);
    return status;
}

bool job_has_failed(const struct job *job)
{
    return job->failed;
}

bool job_host_has_failed(const struct job *job)
{
    return job->host_failed;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static bool query_is_done(const struct query *query)
{
    struct feed_progress progress;
    feed_measure(query->feed, &progress);
    return query->ended || progress.done || query->context.finished;
}

/* A reader that is no query of the job is one of a job that it is the host of. */
static bool feed_is_wanted(const struct job *job, const struct feed *feed)
{
    struct feed_progress progress;
    uint32_t n_done = 0;
    feed_measure(feed, &progress);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        n_done += job->queries[i]->feed == feed && query_is_done(job->queries[i]);
    }
    return !progress.done && n_done < feed_n_readers(feed);
}

/* Nobody waits for anything, not even a guest. */
static bool job_is_over(const struct job *job)
{
    if (!job->done && job->n_queries > 0) {
        return false;
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (feed_is_wanted(job, job->feeds[i])) {
            return false;
        }
    }
    return true;
}

/* Changes when a query has heard of anything in the stream that it reads. */
static uint64_t job_heard(const struct job *job)
{
    uint64_t heard = 0;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        heard +=
            job->queries[i]->progress.rows_handed + (uint64_t)job->queries[i]->watermark.current;
    }
    return heard;
}

/* What the host reads, its queries and ours are given in its step. */
static enum status job_step_host(struct job *job, enum job_state *what, struct error *err)
{
    *what = JOB_DONE;
    if (job->config.host == NULL) {
        return OK;
    }
    enum status status = job_step(job->config.host, what, err);
    if (status != OK) {
        job->host_failed = true;
        return status;
    }
    uint64_t heard = job_heard(job);
    job->rows_waiting = job->rows_waiting || heard != job->heard;
    job->heard = heard;
    return OK;
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
            if (feed_take_growth(job->feeds[i])) {
                job->epoch_due_us = clock_steady_us(job->clock.host);
            }
        }
    }
    return OK;
}

/* Bad rows that go somewhere (ON ERROR INTO) leave with the results. */
static enum status job_let_bad_rows_leave(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(feed_flush(job->feeds[i], err));
    }
    return OK;
}

enum status job_trigger(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (!job->queries[i]->ended) {
            TRY(query_trigger(job->queries[i], job->clock.now_us, err));
        }
    }
    job->rows_waiting = false;
    return job_let_bad_rows_leave(job, err);
}

enum status job_end_query(struct job *job, uint32_t of, bool flush, struct error *err)
{
    TRY(query_end(job->queries[of], job->clock.now_us, flush, err));
    return job_let_bad_rows_leave(job, err);
}

/* Results leave, and redo will know it. */
static enum status job_say(struct job *job, struct error *err)
{
    const struct cut cut = {.kind = CUT_TRIGGER, .time_us = job->clock.now_us};
    epoch_cut(job, &cut);
    return job_trigger(job, err);
}

static enum status job_say_last(struct job *job, uint32_t of, bool flush, struct error *err)
{
    const struct cut cut = {
        .kind = CUT_QUERY_END,
        .of = of,
        .bytes = flush,
        .time_us = job->clock.now_us,
    };
    epoch_cut(job, &cut);
    return job_end_query(job, of, flush, err);
}

static enum status job_end_queries(struct job *job, struct error *err)
{
    job->done = true;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct query *query = job->queries[i];
        if (!query_is_done(query)) {
            job->done = false;
        } else if (!query->ended) {
            TRY(job_say_last(job, i, !job->config.no_flush, err));
        }
    }
    return OK;
}

static enum status outlet_next(struct outlet *outlet, struct error *err)
{
    TRY(outlet_commit(outlet, err));
    return outlet_begin(outlet, outlet->epoch + 1, err);
}

/* Without a checkpoint each query commits by itself: there is nothing to agree upon. Bad rows are
 * with whoever commits. */
static enum status job_commit_alone(struct job *job, struct error *err)
{
    bool committed = false;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct query *query = job->queries[i];
        bool is_due = job->clock.now_us - query->committed_at_us >= job->config.checkpoint_us;
        if (query->rows.is_open && ((is_due && query->said) || query->ended)) {
            TRY(query_commit(query, err));
            committed = true;
            if (!query->ended) {
                TRY(query_begin(query, query->rows.epoch + 1, err));
            }
        }
    }
    for (uint32_t i = 0; committed && i < job->n_feeds; i++) {
        TRY(outlet_next(feed_outlet(job->feeds[i]), err));
    }
    return OK;
}

/* Something leaves by the clock alone: a window of arrival time, or of a stream that fell silent.
 */
static bool clock_is_due(struct job *job)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (!job->queries[i]->ended && query_due_us(job->queries[i]) <= job->clock.now_us) {
            return true;
        }
    }
    return false;
}

static bool trigger_is_due(struct job *job)
{
    if (job->config.trigger_us == TRIGGER_ONCE) {
        return false;
    }
    if (!job->rows_waiting && !clock_is_due(job)) {
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
        feed_mark(job->feeds[i]);
        feed_done(job->feeds[i]);
    }
}

/* What an epoch is over: behind a checkpoint all at once. */
static enum status job_end_epoch(struct job *job, struct error *err)
{
    if (job->checkpoint != NULL) {
        return epoch_step(job, err);
    }
    TRY(job_commit_alone(job, err));
    job_tell_done(job);
    return OK;
}

enum status job_step(struct job *job, enum job_state *what, struct error *err)
{
    enum job_state host;
    TRY(job_step_host(job, &host, err));
    if (job_is_over(job)) {
        *what = host;
        return OK;
    }
    if (job->checkpoint != NULL && !job->started) {
        TRY(job_start(job, err));
        *what = job->done ? JOB_DONE : JOB_WORKED;
        return OK;
    }
    bool worked;
    job_tick(job);
    TRY(job_read(job, &worked, err));
    job->rows_waiting = job->rows_waiting || worked;
    worked = worked || host == JOB_WORKED;
    if (trigger_is_due(job)) {
        TRY(job_say(job, err));
        worked = true;
    }
    TRY(job_end_queries(job, err));
    TRY(job_end_epoch(job, err));
    *what = job->done ? host : worked ? JOB_WORKED : JOB_IDLE;
    return OK;
}

/* Steady time at which wall clock time `wall_us` is reached. */
static int64_t steady_of_wall(const struct job *job, int64_t wall_us)
{
    int64_t wait_us = wall_us - clock_now_us(job->clock.host);
    return clock_steady_us(job->config.clock) + (wait_us > 0 ? wait_us : 0);
}

/* Our own interval has no say in when the host is wanted. */
static int64_t host_wake_us(const struct job *job)
{
    return job->config.host != NULL ? job_wake_us(job->config.host) : INT64_MAX;
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
        if (job->checkpoint == NULL && job->queries[i]->said) { /* what was said is to commit */
            int64_t commit_us = job->queries[i]->committed_at_us + job->config.checkpoint_us;
            int64_t at = steady_of_wall(job, commit_us);
            wake = at < wake ? at : wake;
        }
    }
    if (job->config.trigger_us > 0) {
        bool waits = job->rows_waiting || wake < job->trigger_at_us;
        wake = waits ? job->trigger_at_us : wake;
    }
    int64_t epoch_us = epoch_wake_us(job);
    int64_t host_us = host_wake_us(job);
    wake = epoch_us < wake ? epoch_us : wake;
    return host_us < wake ? host_us : wake;
}

uint32_t job_wait_fds(const struct job *job, int *fds, uint32_t max)
{
    const struct job *host = job->config.host;
    uint32_t n = host != NULL ? job_wait_fds(host, fds, max) : 0;
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
    if (job->checkpoint != NULL && !job->started) {
        TRY(job_start(job, err));
    }
    job_tick(job);
    if (!job->done) {
        TRY(job_say(job, err));
    }
    if (job->checkpoint != NULL) {
        change_take_text(job);
        TRY(epoch_finish(job, err));
    } else {
        for (uint32_t i = 0; i < job->n_queries; i++) {
            TRY(query_end(job->queries[i], job->clock.now_us, false, err));
        }
        TRY(job_commit_alone(job, err));
    }
    job->done = true;
    return OK;
}

bool job_has_checkpoint(const struct job *job)
{
    return job->checkpoint != NULL;
}

enum status job_checkpoint_now(struct job *job, struct checkpoint_written *out, struct error *err)
{
    if (job->checkpoint == NULL) {
        error_set(err, ERR_OPTION, "there is no directory to keep a checkpoint in");
        error_hint(err, "tailrace run FILE --state DIR keeps one");
        return ERR_OPTION;
    }
    if (!job->started) {
        TRY(job_start(job, err));
    }
    job_tick(job);
    change_take_text(job);
    TRY(job_changed(job, epoch_checkpoint(job, err)));
    *out = (struct checkpoint_written){
        .epoch = job->snapshot_epoch,
        .generation = checkpoint_generation(job->checkpoint),
        .bytes = checkpoint_snapshot_bytes(job->checkpoint),
    };
    return OK;
}

enum status job_reopen(struct job *job, struct error *err)
{
    if (job->config.host != NULL) {
        TRY(job_reopen(job->config.host, err));
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(outlet_reopen(&job->queries[i]->rows, err));
        TRY(outlet_reopen(&job->queries[i]->late.into, err));
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(outlet_reopen(feed_outlet(job->feeds[i]), err));
    }
    return OK;
}
