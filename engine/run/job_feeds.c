/* job_feeds: the streams that the queries of a job read, each once where it can be. See
 * job_parts.h.
 *
 * A feed is known by its name in what is kept on disk. That is the stream's; a second feed of the
 * same one, for a query that came when the first had read what can be read again, is "s#2". */
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/job_parts.h"

int job_feed_number(const struct job *job, struct slice name)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        if (slice_equal(feed_name(job->feeds[i]), name)) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- names -----------------------------------------------------------------------------------
 */

/* What can be read again goes on only with the query that had it; of what cannot there is one. */
static bool is_taken(const struct job *job, struct slice name)
{
    const struct image_feed *saved = resume_feed(job, name);
    return job_feed_number(job, name) >= 0 || (saved != NULL && saved->is_replayable);
}

static void add_free_name(const struct job *job, struct slice label, struct bytebuf *out)
{
    bytebuf_add(out, label.at, label.len);
    for (uint32_t number = 2; is_taken(job, bytebuf_slice(out)); number++) {
        out->len = label.len;
        bytebuf_printf(out, "#%u", number);
    }
}

/* Of a feed for that query. A new query goes on with a named stream where the job stands; what is
 * only named in FROM is its own. */
static void add_feed_name(const struct job *job, const struct stream_def *stream,
                          const struct image_query *saved, struct bytebuf *out)
{
    struct slice label = stream_label(stream);
    bool is_free = job_feed_number(job, label) < 0;
    if (saved != NULL && job_feed_number(job, saved->feed) < 0) {
        label = saved->feed;
    } else if (!is_free || stream->name.len == 0) {
        add_free_name(job, label, out);
        return;
    }
    bytebuf_add(out, label.at, label.len);
}

/* ---- feeds -----------------------------------------------------------------------------------
 */

/* Behind a checkpoint what comes is listened to; the number of a feed is its place. */
static void set_taps(struct job *job)
{
    const struct feed_tap tap = {
        .owner = job,
        .came = epoch_came,
        .rejected = epoch_rejected,
    };
    const struct feed_tap none = {.owner = NULL};
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        feed_set_tap(job->feeds[i], job->checkpoint != NULL ? &tap : &none, i);
    }
}

static void feed_goes_on(const struct job *job, struct feed *feed)
{
    const struct slice nothing = slice_of(NULL, 0);
    const struct image_feed *saved = resume_feed(job, feed_name(feed));
    if (saved != NULL) {
        bool goes_on = saved->is_replayable && !job->config.replay;
        feed_set_from(feed, goes_on ? saved->offsets : nothing, saved->bad);
    }
}

static struct feed *add_feed(struct job *job, const struct stream_def *stream,
                             const struct image_query *saved)
{
    struct bytebuf name = {0};
    CHECK(job->n_feeds < JOB_QUERIES_MAX);
    add_feed_name(job, stream, saved, &name);
    struct feed *feed = feed_new(&job->config, stream, bytebuf_slice(&name));
    bytebuf_release(&name);
    job->feeds[job->n_feeds++] = feed;
    set_taps(job);
    feed_goes_on(job, feed);
    return feed;
}

/* Before the start all queries of a stream read along, but for those that had a feed of their own
 * when they were saved. */
static struct feed *find_feed(const struct job *job, const struct stream_def *stream,
                              const struct image_query *saved)
{
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        struct feed *feed = job->feeds[i];
        bool is_saved = saved == NULL || slice_equal(feed_name(feed), saved->feed);
        if (feed_stream(feed) == stream && is_saved && feed_can_be_joined(feed)) {
            return feed;
        }
    }
    return NULL;
}

struct feed *job_feed(struct job *job, const struct stream_def *stream,
                      const struct image_query *saved)
{
    const struct job *host = job->config.host;
    struct feed *feed = host != NULL ? find_feed(host, stream, NULL) : NULL;
    feed = feed != NULL ? feed : find_feed(job, stream, saved);
    return feed != NULL ? feed : add_feed(job, stream, saved);
}

void job_feed_opened(struct job *job, const struct stream_def *stream,
                     const struct feed_start *start)
{
    feed_take(job_feed(job, stream, NULL), start);
}

/* Those that are `moved` are read by the other job from now on. */
static void move_feeds(struct job *from, struct job *to, const bool *moved)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < from->n_feeds; i++) {
        if (!moved[i]) {
            from->feeds[kept++] = from->feeds[i];
            continue;
        }
        CHECK(to->n_feeds < JOB_QUERIES_MAX);
        feed_set_config(from->feeds[i], &to->config);
        to->feeds[to->n_feeds++] = from->feeds[i];
    }
    from->n_feeds = kept;
    set_taps(from);
    set_taps(to);
}

/* A sink of bad rows would have to be another one here. */
void job_take_feed(struct job *job, const struct stream_def *stream)
{
    bool moved[JOB_QUERIES_MAX];
    struct job *guest = job->guest;
    if (guest == NULL) {
        return;
    }
    for (uint32_t i = 0; i < guest->n_feeds; i++) {
        struct feed *feed = guest->feeds[i];
        moved[i] = feed_stream(feed) == stream && !feed_is_replayable(feed) &&
                   stream->on_error != ON_ERROR_INTO;
    }
    move_feeds(guest, job, moved);
}

void job_leave_feeds(struct job *job)
{
    bool moved[JOB_QUERIES_MAX];
    if (job->guest == NULL) {
        return;
    }
    CHECK(job->cuts.len == 0);
    for (uint32_t i = 0; i < job->n_feeds; i++) {
        moved[i] = true;
        for (uint32_t k = 0; k < job->n_queries; k++) {
            moved[i] = moved[i] && job->queries[k]->feed != job->feeds[i];
        }
    }
    move_feeds(job, job->guest, moved);
}

void job_drop_idle_feeds(struct job *job)
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
    set_taps(job);
}
