/* redo: what came before a crash once more (exactly-once.md §4): an epoch whose INTENT has no
 * COMMIT, cut by cut, to the same rows; then what is in the input log behind it. The bytes of both
 * may be wrong behind right checksums: that is exit 21. See job_parts.h. */
#include <inttypes.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/job_parts.h"

/* ---- the input log ------------------------------------------------------------------------------
 */

void redo_put_input(struct bytebuf *out, const struct feed *feed, const struct cut *cut,
                    struct slice bytes)
{
    bool has_split = cut->kind != CUT_FEED_DONE;
    codec_put_bytes(out, feed_name(feed));
    codec_put_bytes(out, slice_text(has_split ? feed_split_name(feed, cut->split) : ""));
    cut_put(out, cut);
    bytebuf_add(out, bytes.at, bytes.len);
}

struct logged {
    struct slice feed;
    struct slice split;
    struct cut cut;
    struct slice bytes;
};

static bool read_input(struct slice payload, struct logged *out)
{
    struct reader in = reader_of(payload);
    out->feed = reader_bytes(&in);
    out->split = reader_bytes(&in);
    if (!cut_next(&in, &out->cut) || out->cut.kind > CUT_FEED_DONE ||
        out->cut.split >= FEED_SPLITS_MAX) {
        return false;
    }
    out->bytes = reader_raw(&in, reader_left(&in));
    return out->bytes.len == (out->cut.kind == CUT_READ ? out->cut.bytes : 0);
}

static enum status intent_damaged(const struct job *job, struct error *err)
{
    return state_dir_bad(checkpoint_dir(job->checkpoint), "log", EXIT_STATE_CORRUPT,
                         "an INTENT record is damaged", err);
}

static enum status input_damaged(const struct job *job, struct error *err)
{
    return state_dir_bad(checkpoint_dir(job->checkpoint), "in", EXIT_STATE_CORRUPT,
                         "it does not hold what the log says came", err);
}

/* ---- redo ---------------------------------------------------------------------------------------
 */

static enum status redo_logged(struct job *job, struct feed *feed, const struct cut *cut,
                               const struct logged *logged, struct error *err)
{
    char *name = mem_text(logged->split.at, logged->split.len);
    const struct slice *bytes = cut->kind == CUT_READ ? &logged->bytes : NULL;
    job_set_now(job, cut->time_us);
    enum status status = feed_redo(feed, cut, bytes, name, err);
    mem_free(name);
    return status;
}

/* A cut of a feed whose bytes are in the input log: the next record there is its. */
static enum status redo_from_log(struct job *job, struct slice name, struct feed *feed,
                                 const struct cut *cut, struct error *err)
{
    struct slice payload;
    struct logged logged;
    if (!checkpoint_pending(job->checkpoint, &payload) || !read_input(payload, &logged) ||
        !slice_equal(logged.feed, name) || logged.cut.kind != cut->kind ||
        logged.cut.split != cut->split || logged.cut.bytes != cut->bytes) {
        return input_damaged(job, err);
    }
    return feed == NULL ? OK : redo_logged(job, feed, cut, &logged, err);
}

/* A feed that is not in the job any more has no effect, but its records are in the way. */
static enum status redo_feed(struct job *job, const struct intent *intent, const struct cut *cut,
                             struct error *err)
{
    const struct image_feed *saved =
        cut->of < intent->n_feeds
            ? image_feed_find(recovered_image(job->recovered), intent->feeds[cut->of].name)
            : NULL;
    if (saved == NULL) {
        return intent_damaged(job, err);
    }
    int number = job_feed_number(job, saved->name);
    struct feed *feed = number < 0 ? NULL : job->feeds[number];
    if (!saved->is_replayable) {
        return redo_from_log(job, saved->name, feed, cut, err);
    }
    return feed == NULL ? OK : feed_redo(feed, cut, NULL, NULL, err);
}

static enum status redo_query_end(struct job *job, const struct intent *intent,
                                  const struct cut *cut, struct error *err)
{
    if (cut->of >= intent->n_queries) {
        return intent_damaged(job, err);
    }
    int number = job_query_number(job, intent->queries[cut->of].name);
    return number < 0 ? OK : job_end_query(job, (uint32_t)number, cut->bytes != 0, err);
}

static enum status redo_cut(struct job *job, const struct intent *intent, const struct cut *cut,
                            struct error *err)
{
    job_set_now(job, cut->time_us);
    return cut->kind == CUT_TRIGGER     ? job_trigger(job, err)
           : cut->kind == CUT_QUERY_END ? redo_query_end(job, intent, cut, err)
                                        : redo_feed(job, intent, cut, err);
}

/* The sinks that have the epoch already were given these rows and no others. */
static enum status check_redone(const struct job *job, const struct intent *intent,
                                struct error *err)
{
    for (uint32_t i = 0; i < intent->n_queries; i++) {
        const struct intent_query *was = &intent->queries[i];
        int number = job_query_number(job, was->name);
        const struct query *query = number < 0 ? NULL : job->queries[number];
        if (query == NULL || query->changed ||
            (query->progress.rows_out == was->rows_out &&
             query->watermark.current == was->watermark)) {
            continue;
        }
        error_set(err, ERR_STATE,
                  "query \"%.*s\": epoch %" PRIu64
                  " comes out otherwise than before the restart: %" PRIu64
                  " rows and watermark %" PRId64 ", not %" PRIu64 " and %" PRId64,
                  (int)was->name.len, (const char *)was->name.at, job->epoch,
                  query->progress.rows_out, query->watermark.current, was->rows_out,
                  was->watermark);
        error_hint(err, "the input was changed since; --replay-from earliest begins with it anew");
        error_exit_code(err, EXIT_INPUT_GAP);
        return ERR_STATE;
    }
    return OK;
}

static enum status redo_cuts(struct job *job, const struct intent *intent, struct error *err)
{
    struct reader in = reader_of(intent->cuts);
    struct cut cut;
    while (cut_next(&in, &cut)) {
        TRY(redo_cut(job, intent, &cut, err));
    }
    if (!reader_ok(&in)) {
        return intent_damaged(job, err);
    }
    return check_redone(job, intent, err);
}

enum status redo_epoch(struct job *job, const struct intent *intent, struct error *err)
{
    TRY(redo_cuts(job, intent, err));
    job->redone = true;
    return epoch_end_redone(job, err);
}

/* ---- what waits ---------------------------------------------------------------------------------
 */

/* Came before the crash, but no INTENT speaks of it: it belongs to the epoch that is open now. */
static enum status take_pending(struct job *job, struct error *err)
{
    struct slice payload;
    enum status status = OK;
    while (status == OK && checkpoint_pending(job->checkpoint, &payload)) {
        struct logged logged;
        if (!read_input(payload, &logged)) {
            status = input_damaged(job, err);
            break;
        }
        int number = job_feed_number(job, logged.feed);
        if (number >= 0) {
            logged.cut.of = (uint32_t)number;
            epoch_cut(job, &logged.cut);
            status = redo_logged(job, job->feeds[number], &logged.cut, &logged, err);
            job->rows_waiting = true;
        }
    }
    return status;
}

/* Connections did not survive; what they left in the middle of a record is lost. */
static enum status cut_lost_splits(struct job *job, struct feed *feed, uint32_t number,
                                   struct error *err)
{
    uint32_t splits[64];
    uint32_t n;
    while ((n = feed_open_splits(feed, splits, 64)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            const struct cut cut = {
                .kind = CUT_SPLIT_LOST,
                .of = number,
                .split = splits[i],
                .time_us = job->clock.now_us,
            };
            TRY(epoch_came(job, feed, &cut, slice_of(NULL, 0), err));
            TRY(feed_redo(feed, &cut, NULL, feed_split_name(feed, splits[i]), err));
        }
    }
    return OK;
}

enum status redo_pending(struct job *job, struct error *err)
{
    TRY(take_pending(job, err));
    job_set_now(job, clock_now_us(job->clock.host));
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (!feed_is_replayable(job->feeds[i])) {
            TRY(cut_lost_splits(job, job->feeds[i], i, err));
        }
    }
    return OK;
}
