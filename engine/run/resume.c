/* resume: a job after a restart (exactly-once.md §4). What the last COMMIT has is compared with
 * what is asked now and loaded; then the epoch behind it is done again (redo.c). See job_parts.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/plan/fingerprint.h"
#include "engine/run/job_parts.h"
#include "engine/run/job_text.h"

/* ---- what there is ------------------------------------------------------------------------------
 */

static enum status take_image(struct job *job, const char *file, struct slice image,
                              struct error *err)
{
    enum status status = recovered_add(job->recovered, image, err);
    return state_dir_damaged(checkpoint_dir(job->checkpoint), file, status, err);
}

static enum status read_images(struct job *job, const struct checkpoint_found *found,
                               struct error *err)
{
    job->recovered = recovered_new();
    TRY(take_image(job, "snap", found->snapshot, err));
    for (uint32_t i = 0; i < found->n_records; i++) {
        if (found->records[i].type == FRAME_COMMIT) {
            TRY(take_image(job, "log", found->records[i].payload, err));
        }
    }
    return OK;
}

enum status job_open(struct job *job, struct error *err)
{
    CHECK(job->n_queries == 0 && job->checkpoint == NULL);
    if (job->config.state_dir == NULL) {
        return OK;
    }
    const struct checkpoint_options options = {
        .fs = job->config.fs,
        .clock = job->clock.host,
        .path = job->config.state_dir,
        .text = job->config.text,
        .new_state = job->config.new_state,
        .input_segment_bytes = job->config.input_segment_bytes,
    };
    TRY(checkpoint_open(&options, &job->checkpoint, err));
    deadlog_init(&job->dead, checkpoint_dir(job->checkpoint), job->config.dead_bytes_max);
    if (!job->config.looks) {
        TRY(checkpoint_settle_text(job->checkpoint, job->config.text, err));
    }
    const struct checkpoint_found *found = checkpoint_found(job->checkpoint);
    if (found->is_fresh) {
        return OK;
    }
    job->resumed_epoch = found->epoch;
    return read_images(job, found, err);
}

int job_query_number(const struct job *job, struct slice name)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        if (slice_equal(query_name(job->queries[i]), name)) {
            return (int)i;
        }
    }
    return -1;
}

const struct image_feed *resume_feed(const struct job *job, struct slice name)
{
    return job->recovered == NULL ? NULL : image_feed_find(recovered_image(job->recovered), name);
}

const struct image_query *resume_query(const struct job *job, struct slice name)
{
    return job->recovered == NULL ? NULL : image_query_find(recovered_image(job->recovered), name);
}

static void log_diff(struct slice name, struct bytebuf *diff)
{
    log_line(LOG_WARN, "query %.*s is not the one that was saved:\n%s", (int)name.len,
             (const char *)name.at, bytebuf_text(diff));
}

/* What somebody wrote otherwise since, in their own words. */
static void log_text_diff(const struct job *job)
{
    struct bytebuf diff = {0};
    job_text_compare(checkpoint_dir(job->checkpoint), job->config.text, &diff);
    if (diff.len > 0) {
        log_line(LOG_WARN, "the statements differ from those in \"%s/job.sql\":\n%s",
                 checkpoint_dir(job->checkpoint)->path, bytebuf_text(&diff));
    }
    bytebuf_release(&diff);
}

static enum status changed(const struct job *job, struct slice name, bool may_accept,
                           struct error *err)
{
    log_text_diff(job);
    error_set(err, ERR_STATE, "query \"%.*s\" has changed%s", (int)name.len, (const char *)name.at,
              may_accept ? ": its results would be other ones from here on"
                         : " in a way that its saved state is of no use");
    error_hint(err,
               "%s--new-state forgets everything, --replay-from earliest reads the input "
               "again; tailrace checkpoint show says what there is",
               may_accept ? "--accept-change goes on all the same, " : "");
    error_exit_code(err, EXIT_QUERY_CHANGED);
    return ERR_STATE;
}

enum status resume_check(struct job *job, struct query *query, struct error *err)
{
    const struct image_query *saved = resume_query(job, query_name(query));
    struct bytebuf now = {0};
    struct bytebuf diff = {0};
    if (saved == NULL || job->config.replay) {
        return OK;
    }
    fingerprint_print(&now, query->plan);
    enum fingerprint_change change = fingerprint_compare(saved->plan, bytebuf_slice(&now), &diff);
    if (change != FINGERPRINT_SAME) {
        log_diff(query_name(query), &diff);
    }
    bytebuf_release(&diff);
    bytebuf_release(&now);
    query->changed = change != FINGERPRINT_SAME;
    query->anew = change == FINGERPRINT_STATE;
    bool is_fine =
        change <= FINGERPRINT_FREE || (change < FINGERPRINT_REFUSED && job->config.accept_change);
    return is_fine ? OK : changed(job, query_name(query), change < FINGERPRINT_REFUSED, err);
}

/* A query that is not asked any more takes its state with it. */
static enum status check_removed(const struct job *job, struct error *err)
{
    const struct image *image = recovered_image(job->recovered);
    for (uint32_t i = 0; i < image->head.n_queries; i++) {
        struct slice name = image->queries[i].name;
        if (job_query_number(job, name) < 0 && !job->config.accept_change) {
            log_line(LOG_WARN, "query %.*s is not asked any more", (int)name.len,
                     (const char *)name.at);
            return changed(job, name, true, err);
        }
    }
    return OK;
}

static enum status load_queries(struct job *job, struct error *err)
{
    const struct image *image = recovered_image(job->recovered);
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct slice name = query_name(job->queries[i]);
        const struct image_query *saved = image_query_find(image, name);
        if (saved != NULL) {
            struct reader in = reader_of(saved->state);
            TRY(query_load(job->queries[i], &in, recovered_entries(job->recovered, name), err));
        }
    }
    return OK;
}

static enum status load_feeds(struct job *job, struct error *err)
{
    const struct image *image = recovered_image(job->recovered);
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        const struct image_feed *saved = image_feed_find(image, feed_name(job->feeds[i]));
        if (saved != NULL) {
            struct reader in = reader_of(saved->state);
            TRY(feed_load(job->feeds[i], &in, err));
        }
    }
    return OK;
}

enum status resume_queries(struct job *job, struct error *err)
{
    return state_dir_damaged(checkpoint_dir(job->checkpoint), "state", load_queries(job, err), err);
}

static enum status load_state(struct job *job, struct error *err)
{
    const struct state_dir *dir = checkpoint_dir(job->checkpoint);
    TRY(state_dir_damaged(dir, "state", load_feeds(job, err), err));
    return resume_queries(job, err);
}

/* A sink of a query that the checkpoint does not know may have epochs of an earlier one of that
 * name. Every other must be where the checkpoint is, or one epoch ahead if that one can be done
 * again. */
static enum status check_outlet(const struct outlet *outlet, const char *name, bool is_known,
                                const struct checkpoint_found *found, struct error *err)
{
    bool is_new = !is_known && outlet->committed <= found->epoch;
    return is_new ? OK : outlet_resume(outlet, name, found->epoch, found->has_intent, err);
}

static enum status check_sinks(struct job *job, const struct checkpoint_found *found,
                               struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct outlet *outlets[IMAGE_OUTLETS_MAX];
        const char *roles[IMAGE_OUTLETS_MAX];
        char name[128];
        struct slice query = query_name(job->queries[i]);
        bool is_known = resume_query(job, query) != NULL;
        uint32_t n = query_outlets(job->queries[i], outlets, roles);
        for (uint32_t k = 0; k < n; k++) {
            snprintf(name, sizeof name, "%.*s/%s", (int)query.len, (const char *)query.at,
                     roles[k]);
            TRY(check_outlet(outlets[k], name, is_known, found, err));
        }
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        bool is_known = resume_feed(job, feed_name(job->feeds[i])) != NULL;
        TRY(check_outlet(feed_outlet(job->feeds[i]), "bad rows", is_known, found, err));
    }
    return OK;
}

/* All sinks have come to epoch `last`, those that are new too. */
static enum status join_sinks(struct job *job, uint64_t last, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct outlet *outlets[IMAGE_OUTLETS_MAX];
        const char *roles[IMAGE_OUTLETS_MAX];
        uint32_t n = query_outlets(job->queries[i], outlets, roles);
        for (uint32_t k = 0; k < n; k++) {
            TRY(outlet_join(outlets[k], last, err));
        }
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(outlet_join(feed_outlet(job->feeds[i]), last, err));
    }
    return OK;
}

static void skip_until(struct job *job, uint64_t epoch)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        job->queries[i]->rows.skip_until = epoch;
        job->queries[i]->late.into.skip_until = epoch;
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_outlet(job->feeds[i])->skip_until = epoch;
    }
}

/* ---- start --------------------------------------------------------------------------------------
 */

/* The newest epoch that a sink has. */
static uint64_t newest_epoch(const struct job *job)
{
    uint64_t newest = 0;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        uint64_t epoch = query_committed(job->queries[i]);
        newest = epoch > newest ? epoch : newest;
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        uint64_t epoch = feed_outlet(job->feeds[i])->committed;
        newest = epoch > newest ? epoch : newest;
    }
    return newest;
}

/* A sink drops epochs that it has. If it has some of a job whose checkpoint is not here, a new job
 * begins behind them, and only if that is what somebody wants. */
static enum status start_fresh(struct job *job, const struct checkpoint_found *found,
                               struct error *err)
{
    struct bytebuf image = {0};
    enum status status = job->config.new_state ? OK : check_sinks(job, found, err);
    if (status != OK) {
        error_hint(err,
                   "nothing is in \"%s\": is it the right directory? --new-state begins a "
                   "new job behind what the sink has",
                   checkpoint_dir(job->checkpoint)->path);
        return status;
    }
    uint64_t newest = newest_epoch(job);
    job->epoch = newest + 1;
    job->settled = job->snapshot_epoch = newest;
    TRY(join_sinks(job, newest, err));
    epoch_image(job, true, &image);
    status = checkpoint_start(job->checkpoint, newest, bytebuf_slice(&image), err);
    bytebuf_release(&image);
    return status == OK ? epoch_begin(job, err) : status;
}

/* From here on the directory is written to. `needed`: checkpoint_continue. */
static enum status continue_files(struct job *job, const struct inlog_mark *needed,
                                  struct error *err)
{
    const struct image_head *head = &recovered_image(job->recovered)->head;
    TRY(deadlog_verify(checkpoint_dir(job->checkpoint), &head->dead, err));
    TRY(checkpoint_continue(job->checkpoint, &head->input, needed, err));
    return deadlog_recover(&job->dead, &head->dead, err);
}

/* Nothing is kept but what the sinks have: the epochs go on behind theirs. */
static enum status start_replay(struct job *job, const struct checkpoint_found *found,
                                struct error *err)
{
    TRY(check_sinks(job, found, err));
    const struct inlog_mark *from = &recovered_image(job->recovered)->head.input;
    struct slice forgotten;
    TRY(continue_files(job, from, err));
    while (checkpoint_pending(job->checkpoint, &forgotten)) {
    }
    job->committed_input = *from;
    job->epoch = found->epoch + (found->has_intent ? 2 : 1);
    TRY(join_sinks(job, job->epoch - 1, err));
    struct bytebuf image = {0};
    epoch_image(job, true, &image);
    enum status status =
        checkpoint_snapshot(job->checkpoint, job->epoch - 1, bytebuf_slice(&image), err);
    bytebuf_release(&image);
    job->settled = job->snapshot_epoch = job->epoch - 1;
    return status == OK ? epoch_begin(job, err) : status;
}

/* Where a stream that was not read before begins, and whether it is in the input log, must be known
 * before anything is read of it, or the INTENT of its first epoch could not be done again: an epoch
 * without input goes before. */
static enum status keep_new_feeds(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (resume_feed(job, feed_name(job->feeds[i])) == NULL) {
            return epoch_end(job, err);
        }
    }
    return OK;
}

/* Back to where the last COMMIT was; then the epoch behind it once more. */
static enum status recover(struct job *job, const struct checkpoint_found *found, struct error *err)
{
    struct inlog_mark from = recovered_image(job->recovered)->head.input;
    struct intent intent = {.input = from};
    if (found->has_intent) {
        struct slice record = found->records[found->n_records - 1].payload;
        enum status status = intent_read(&job->found, record, &intent, err);
        TRY(state_dir_damaged(checkpoint_dir(job->checkpoint), "log", status, err));
    }
    TRY(load_state(job, err));
    TRY(continue_files(job, &intent.input, err));
    job->snapshot_epoch = found->epoch - found->n_records / 2;
    job->epoch = found->epoch + 1;
    job->committed_input = from;
    job->done = recovered_image(job->recovered)->head.is_complete;
    skip_until(job, found->epoch);
    TRY(epoch_begin(job, err));
    if (found->has_intent) {
        TRY(redo_epoch(job, &intent, err));
    }
    /* It was synced when the log was taken up. */
    TRY(epoch_settle(job, found->epoch, err));
    return keep_new_feeds(job, err);
}

static enum status start_again(struct job *job, const struct checkpoint_found *found,
                               struct error *err)
{
    TRY(check_removed(job, err));
    TRY(check_sinks(job, found, err));
    TRY(join_sinks(job, found->epoch, err));
    TRY(recover(job, found, err));
    return redo_pending(job, err);
}

enum status job_start(struct job *job, struct error *err)
{
    CHECK(job->checkpoint != NULL && !job->started);
    const struct checkpoint_found *found = checkpoint_found(job->checkpoint);
    job_set_now(job, clock_now_us(job->clock.host));
    TRY(found->is_fresh      ? start_fresh(job, found, err)
        : job->config.replay ? start_replay(job, found, err)
                             : start_again(job, found, err));
    recovered_free(job->recovered);
    job->recovered = NULL;
    arena_clear(&job->found);
    checkpoint_forget(job->checkpoint);
    job->started = true;
    return OK;
}

bool job_resumed(const struct job *job, uint64_t *epoch, bool *redone)
{
    *epoch = job->resumed_epoch;
    *redone = job->redone;
    return job->resumed_epoch > 0;
}

void job_checkpoint(struct job *job)
{
    job->wants_snapshot = job->checkpoint != NULL;
    if (job->config.host != NULL) {
        job_checkpoint(job->config.host);
    }
}
