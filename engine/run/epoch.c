/* epoch: what came in an epoch and how it ends (exactly-once.md §2). See job_parts.h.
 *
 *     1  what came is in the input log, unless it can be read again      epoch_came
 *     2  the input log is synced
 *     3  INTENT is written and synced: what the epoch was made of
 *     4  the sinks commit, and rejected rows are on disk
 *     5  COMMIT is written, not synced: redo would come to the same
 *     6  the next sync makes COMMIT durable; then what only redo needed goes */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/plan/fingerprint.h"
#include "engine/run/job_parts.h"
#include "engine/state/changelog_groups.h"

/* Cuts of an epoch are kept in memory; this many of them end it early. */
enum { CUTS_BYTES_MAX = 16 << 20 };

/* Room for images that is not given back between epochs. */
enum { ROOM_BYTES_MAX = 8 << 20 };

/* How long a COMMIT that nothing follows may wait for its sync. */
#define SYNC_WAIT_US US_PER_SECOND

/* How often a job that has nothing to do looks whether a merge is over. */
#define MERGE_LOOK_US (100 * US_PER_MS)

/* ---- what came ----------------------------------------------------------------------------------
 */

void epoch_cut(struct job *job, const struct cut *cut)
{
    if (job->checkpoint == NULL) {
        return;
    }
    if (job->cuts.len == 0) {
        job->epoch_due_us = clock_steady_us(job->clock.host) + job->config.checkpoint_us;
    }
    cut_put(&job->cuts, cut);
}

enum status epoch_came(void *owner, const struct feed *feed, const struct cut *cut,
                       struct slice bytes, struct error *err)
{
    struct job *job = owner;
    epoch_cut(job, cut);
    if (feed_is_replayable(feed)) {
        return OK;
    }
    struct bytebuf payload = {0};
    redo_put_input(&payload, feed, cut, bytes);
    enum status status =
        checkpoint_input(job->checkpoint, job->epoch, bytebuf_slice(&payload), err);
    bytebuf_release(&payload);
    return status;
}

void epoch_rejected(void *owner, const struct feed *feed, const struct found_bad *found)
{
    struct job *job = owner;
    deadlog_add(&job->dead, stream_label(feed_stream(feed)), found);
}

/* ---- records ------------------------------------------------------------------------------------
 */

static enum status put_intent(struct job *job, struct error *err)
{
    struct arena arena;
    struct bytebuf payload = {0};
    arena_init(&arena);
    struct intent intent = {
        .input = checkpoint_input_end(job->checkpoint),
        .n_feeds = job->n_feeds,
        .feeds = arena_zalloc(&arena, job->n_feeds * sizeof(struct intent_feed)),
        .n_queries = job->n_queries,
        .queries = arena_zalloc(&arena, job->n_queries * sizeof(struct intent_query)),
        .cuts = bytebuf_slice(&job->cuts),
    };
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        struct bytebuf offsets = {0};
        feed_offsets(job->feeds[i], &offsets);
        intent.feeds[i].name = feed_name(job->feeds[i]);
        intent.feeds[i].offsets = arena_copy(&arena, bytebuf_slice(&offsets));
        bytebuf_release(&offsets);
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        intent.queries[i] = (struct intent_query){
            .name = query_name(job->queries[i]),
            .rows_out = job->queries[i]->progress.rows_out,
            .watermark = job->queries[i]->watermark.current,
        };
    }
    intent_put(&payload, &intent);
    enum status status =
        checkpoint_intent(job->checkpoint, job->epoch, bytebuf_slice(&payload), err);
    bytebuf_release(&payload);
    arena_release(&arena);
    return status;
}

static void put_feed(struct feed *feed, struct bytebuf *out)
{
    struct bytebuf offsets = {0};
    struct bytebuf state = {0};
    feed_offsets(feed, &offsets);
    feed_save(feed, &state);
    const struct image_feed saved = {
        .name = feed_name(feed),
        .is_replayable = feed_is_replayable(feed),
        .offsets = bytebuf_slice(&offsets),
        .bad = bytebuf_slice(&feed_outlet(feed)->position),
        .state = bytebuf_slice(&state),
    };
    image_put_feed(out, &saved);
    bytebuf_release(&state);
    bytebuf_release(&offsets);
}

static void empty_room(struct bytebuf *room)
{
    if (room->cap > ROOM_BYTES_MAX) {
        bytebuf_release(room);
    }
    bytebuf_clear(room);
}

/* What has changed is enough if the images before have the rest, and were of the same plan. What a
 * snapshot has is by key group. */
static void put_query(struct job *job, struct query *query, bool whole, struct bytebuf *out)
{
    struct outlet *outlets[IMAGE_OUTLETS_MAX];
    const char *roles[IMAGE_OUTLETS_MAX];
    struct bytebuf state = {0};
    struct bytebuf plan = {0};
    whole |= !query->is_kept;
    query_save(query, whole, &state, &job->changes);
    if (whole) {
        fingerprint_print(&plan, query->plan);
        changelog_by_group(bytebuf_slice(&job->changes), &job->grouped);
    }
    struct image_query saved = {
        .name = query_name(query),
        .feed = feed_name(query->feed),
        .plan = bytebuf_slice(&plan),
        .state = bytebuf_slice(&state),
        .is_whole = whole,
        .changes = bytebuf_slice(whole ? &job->grouped : &job->changes),
        .n_outlets = query_outlets(query, outlets, roles),
    };
    for (uint32_t i = 0; i < saved.n_outlets; i++) {
        saved.outlets[i] =
            (struct image_outlet){slice_text(roles[i]), bytebuf_slice(&outlets[i]->position)};
    }
    image_put_query(out, &saved);
    query->is_kept = true;
    empty_room(&job->changes);
    empty_room(&job->grouped);
    bytebuf_release(&plan);
    bytebuf_release(&state);
}

void epoch_image(struct job *job, bool whole, struct bytebuf *out)
{
    const struct image_head head = {
        .is_complete = job->done && !job->config.no_flush,
        .input = checkpoint_input_end(job->checkpoint),
        .dead = deadlog_mark(&job->dead),
        .n_feeds = job->n_feeds,
        .n_queries = job->n_queries,
    };
    image_begin(out, &head);
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        put_feed(job->feeds[i], out);
    }
    for (uint32_t i = 0; i < job->n_queries; i++) {
        put_query(job, job->queries[i], whole, out);
    }
}

/* ---- the end ------------------------------------------------------------------------------------
 */

/* A COMMIT is on disk: what was kept for its redo goes, who waited for it hears of it. */
enum status epoch_settle(struct job *job, uint64_t epoch, struct error *err)
{
    if (epoch <= job->settled) {
        return OK;
    }
    job->settled = epoch;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(query_settled(job->queries[i], epoch, err));
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(outlet_settled(feed_outlet(job->feeds[i]), epoch, err));
        feed_done(job->feeds[i]);
    }
    return checkpoint_input_trim(job->checkpoint, &job->committed_input, err);
}

static enum status take_snapshot(struct job *job, uint64_t epoch, struct slice image,
                                 struct error *err)
{
    job->wants_snapshot = false;
    job->snapshot_epoch = epoch;
    TRY(checkpoint_snapshot(job->checkpoint, epoch, image, err));
    return epoch_settle(job, epoch, err);
}

static uint64_t state_bytes(const struct job *job)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < job->n_queries; i++) {
        struct query_progress progress;
        query_measure(job->queries[i], &progress);
        bytes += progress.state_bytes;
    }
    return bytes;
}

/* The log may outgrow the state, but not by much: what is written is at most twice what changes.
 * (A state that has grown is larger than its last snapshot.) A record that is too large for the log
 * is a snapshot. */
static bool snapshot_is_due(const struct job *job, size_t commit_bytes)
{
    const struct job_config *config = &job->config;
    uint64_t log = checkpoint_log_bytes(job->checkpoint) + commit_bytes;
    bool is_full = config->log_bytes_max != 0 && log > config->log_bytes_max;
    return job->wants_snapshot || commit_bytes > config->commit_bytes_max || is_full ||
           (log > config->log_bytes_min && log > checkpoint_snapshot_bytes(job->checkpoint) &&
            log > state_bytes(job));
}

/* Writing all of a large state would hold everything up: its snapshot is made from the files. */
static bool should_merge(const struct job *job, size_t commit_bytes)
{
    return !job->wants_snapshot && commit_bytes <= job->config.commit_bytes_max &&
           (checkpoint_merges(job->checkpoint) || state_bytes(job) > job->config.merge_bytes_min);
}

/* All of the state is in the log or in a snapshot: input before it is not needed any more. */
static void set_committed(struct job *job)
{
    job->committed_input = checkpoint_input_end(job->checkpoint);
}

/* What a snapshot is made of. The input log begins anew behind it. */
static void whole_image(struct job *job)
{
    checkpoint_input_turn(job->checkpoint);
    bytebuf_clear(&job->image);
    epoch_image(job, true, &job->image);
    set_committed(job);
}

/* COMMIT(epoch), or a snapshot that says the same. */
static enum status put_commit(struct job *job, struct error *err)
{
    struct bytebuf *image = &job->image;
    enum status status;
    bool whole = job->wants_snapshot;
    if (whole) {
        whole_image(job);
    } else {
        epoch_image(job, false, image);
        set_committed(job);
    }
    bool is_due = snapshot_is_due(job, image->len);
    bool merges = is_due && should_merge(job, image->len);
    if (is_due && !merges) {
        if (!whole) {
            whole_image(job);
        }
        status = take_snapshot(job, job->epoch, bytebuf_slice(image), err);
    } else {
        status = checkpoint_commit(job->checkpoint, job->epoch, bytebuf_slice(image), err);
        job->sync_due_us = clock_steady_us(job->clock.host) + SYNC_WAIT_US;
    }
    if (status == OK && merges && !checkpoint_merges(job->checkpoint)) {
        checkpoint_merge(job->checkpoint, job->epoch, job->config.merges_in_place);
        job->merge_epoch = job->epoch;
    }
    empty_room(image);
    return status;
}

enum status epoch_begin(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(query_begin(job->queries[i], job->epoch, err));
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(outlet_begin(feed_outlet(job->feeds[i]), job->epoch, err));
    }
    return OK;
}

enum status epoch_end_redone(struct job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->n_queries; i++) {
        TRY(query_commit(job->queries[i], err));
    }
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        TRY(outlet_commit(feed_outlet(job->feeds[i]), err));
        feed_mark(job->feeds[i]);
    }
    TRY(deadlog_commit(&job->dead, err));
    TRY(put_commit(job, err));
    bytebuf_clear(&job->cuts);
    job->epoch++;
    return epoch_begin(job, err);
}

/* What is in the input log need not be sent again. */
static void tell_logged(struct job *job)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (!feed_is_replayable(job->feeds[i])) {
            feed_mark(job->feeds[i]);
            feed_done(job->feeds[i]);
        }
    }
}

enum status epoch_end(struct job *job, struct error *err)
{
    TRY(checkpoint_input_sync(job->checkpoint, err));
    tell_logged(job);
    TRY(put_intent(job, err));
    TRY(epoch_settle(job, job->epoch - 1, err)); /* its COMMIT stands before the INTENT */
    return epoch_end_redone(job, err);
}

/* Between epochs, when nothing has come since COMMIT. */
static enum status epoch_snapshot(struct job *job, struct error *err)
{
    CHECK(job->cuts.len == 0);
    whole_image(job);
    enum status status = take_snapshot(job, job->epoch - 1, bytebuf_slice(&job->image), err);
    empty_room(&job->image);
    return status;
}

/* ---- when ---------------------------------------------------------------------------------------
 */

static bool commit_waits(const struct job *job)
{
    return job->settled + 1 < job->epoch;
}

enum status epoch_sync(struct job *job, struct error *err)
{
    TRY(checkpoint_sync(job->checkpoint, err));
    return epoch_settle(job, job->epoch - 1, err);
}

/* A merge is over: the next generation begins, and all that was logged is on disk. */
static enum status take_merged(struct job *job, struct error *err)
{
    TRY(checkpoint_take_merged(job->checkpoint, err));
    job->snapshot_epoch = job->merge_epoch;
    job->n_merges++;
    return epoch_settle(job, job->epoch - 1, err);
}

enum status epoch_step(struct job *job, struct error *err)
{
    if (checkpoint_has_merged(job->checkpoint)) {
        TRY(take_merged(job, err));
    }
    int64_t now_us = clock_steady_us(job->clock.host);
    bool is_over = now_us >= job->epoch_due_us || job->done || job->wants_snapshot ||
                   job->cuts.len >= CUTS_BYTES_MAX;
    if (job->cuts.len > 0 && is_over) {
        return epoch_end(job, err);
    }
    if (job->wants_snapshot) {
        return epoch_snapshot(job, err);
    }
    return commit_waits(job) && now_us >= job->sync_due_us ? epoch_sync(job, err) : OK;
}

int64_t epoch_wake_us(const struct job *job)
{
    int64_t wake_us = INT64_MAX;
    if (job->checkpoint == NULL || !job->started) {
        return wake_us;
    }
    wake_us = job->cuts.len > 0 ? job->epoch_due_us : wake_us;
    if (checkpoint_merges(job->checkpoint)) {
        int64_t look_us = clock_steady_us(job->clock.host) + MERGE_LOOK_US;
        wake_us = look_us < wake_us ? look_us : wake_us;
    }
    return commit_waits(job) && job->sync_due_us < wake_us ? job->sync_due_us : wake_us;
}

enum status epoch_checkpoint(struct job *job, struct error *err)
{
    job->wants_snapshot = true;
    return epoch_step(job, err);
}

enum status epoch_finish(struct job *job, struct error *err)
{
    if (job->cuts.len > 0) {
        TRY(epoch_end(job, err));
    }
    if (job->snapshot_epoch + 1 < job->epoch || checkpoint_text_waits(job->checkpoint)) {
        TRY(epoch_snapshot(job, err));
    }
    return OK;
}
