/* stream_sampler: see stream_sampler.h. */
#include "shell/stream_sampler.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/io/secrets.h"

enum {
    /* How long to wait for more lines once there is one, in all and for each: types are guessed
     * better from several, but whoever sends one now and then wants to see it. */
    MORE_LINES_MS = 200,
    NEXT_LINE_MS = 50,
    SILENCE_MS = 1000, /* then it is said what we wait for */
    WAIT_MS_MAX = 60 * 1000,
};

/* A source that was looked at and waits for its job. */
struct kept_source {
    struct kept_source *next;
    const struct stream_def *stream; /* address of its definition */
    struct source *source;
    struct source_config config; /* the source points to it */
    struct bytebuf bytes;
    uint32_t split;         /* that they are from */
    enum source_state last; /* what it said last */
};

struct stream_sampler {
    const struct fs *fs;
    const struct clock *clock;
    bool once;
    struct kept_source *kept;
    struct kept_source *given; /* their sources are the jobs', their configs are still needed */
};

struct stream_sampler *stream_sampler_new(const struct fs *fs, const struct clock *clock)
{
    struct stream_sampler *sampler = mem_zalloc(sizeof *sampler);
    sampler->fs = fs;
    sampler->clock = clock;
    return sampler;
}

static void kept_free_all(struct kept_source *kept)
{
    while (kept != NULL) {
        struct kept_source *next = kept->next;
        source_close(kept->source);
        bytebuf_release(&kept->bytes);
        mem_free(kept);
        kept = next;
    }
}

void stream_sampler_free(struct stream_sampler *sampler)
{
    if (sampler != NULL) {
        kept_free_all(sampler->kept);
        kept_free_all(sampler->given);
        mem_free(sampler);
    }
}

void stream_sampler_set_once(struct stream_sampler *sampler, bool once)
{
    sampler->once = once;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* A look that is under way. */
struct look {
    struct source *source;
    struct bytebuf *bytes;
    const struct stream_def *stream;
    int64_t start_us;
    int64_t first_us;         /* when the first line was there; 0 = not yet */
    struct kept_source *kept; /* its split is known once there are bytes */
    bool waited;              /* since the last bytes came */
    bool said;                /* what we wait for */
};

static uint32_t count_lines(struct slice bytes)
{
    uint32_t n = 0;
    for (const uint8_t *end; bytes.len > 0 && (end = memchr(bytes.at, '\n', bytes.len)) != NULL;
         n++) {
        bytes = slice_of(end + 1, bytes.len - (size_t)(end - bytes.at) - 1);
    }
    return n;
}

static void take_notice(int number)
{
    (void)number;
}

/* At the prompt SIGINT is blocked where nobody listens to it; here somebody does. */
static int poll_or_interrupt(struct pollfd *wanted, nfds_t n, int64_t wait_ms)
{
    const struct sigaction heard = {.sa_handler = take_notice};
    const struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
    struct sigaction before;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    bool is_blocked = sigismember(&mask, SIGINT) == 1;
    sigdelset(&mask, SIGINT);
    if (is_blocked) {
        sigaction(SIGINT, &heard, &before);
    }
    int ready = ppoll(wanted, n, &wait, &mask);
    if (is_blocked) {
        sigaction(SIGINT, &before, NULL);
    }
    return ready;
}

/* Sleeps until the source has something to say. With lines there it does not wait long. A signal
 * that the shell catches ends the look. */
static enum status look_wait(struct look *look, bool has_line, struct error *err)
{
    int64_t now_us = clock_steady_us(clock_system());
    int64_t wake_us = source_wake_us(look->source);
    int64_t wait_ms = wake_us == INT64_MAX ? WAIT_MS_MAX : (wake_us - now_us) / US_PER_MS + 1;
    int64_t limit_ms = has_line ? NEXT_LINE_MS : look->said ? WAIT_MS_MAX : SILENCE_MS;
    wait_ms = wait_ms < limit_ms ? wait_ms : limit_ms;
    struct pollfd wanted = {.fd = source_wait_fd(look->source), .events = POLLIN};
    if (poll_or_interrupt(&wanted, wanted.fd >= 0, wait_ms < 0 ? 0 : wait_ms) < 0 &&
        errno == EINTR) {
        error_set(err, ERR_IO, "interrupted");
        error_hint(err, "with columns nobody has to look: CREATE STREAM s (a TEXT, n BIGINT) FROM");
        err->exit_code = 130;
        return ERR_IO;
    }
    now_us = clock_steady_us(clock_system());
    if (!has_line && !look->said && now_us - look->start_us > SILENCE_MS * US_PER_MS) {
        struct bytebuf uri = {0};
        secrets_hide(&uri, look->stream->uri.text);
        log_line(LOG_INFO, "waiting for the first lines of %s to see its columns",
                 bytebuf_text(&uri));
        bytebuf_release(&uri);
        look->said = true;
    }
    return OK;
}

static enum status look_read(struct look *look, uint32_t split, struct error *err)
{
    size_t room = SAMPLE_BYTES - look->bytes->len;
    size_t n = 0;
    uint8_t *at = bytebuf_reserve(look->bytes, room);
    TRY(source_read(look->source, split, at, room, &n, err));
    look->bytes->len += n;
    look->waited = false;
    look->kept->split = split;
    look->kept->last = SOURCE_MORE;
    return OK;
}

/* One thing that the source has to say; *enough when nothing more should be read. */
static enum status look_step(struct look *look, bool *enough, struct error *err)
{
    uint32_t split;
    enum source_state what;
    uint32_t lines = count_lines(bytebuf_slice(look->bytes));
    *enough = lines >= SAMPLE_LINES || look->bytes->len == SAMPLE_BYTES;
    if (*enough) {
        return OK;
    }
    TRY(source_poll(look->source, &split, &what, err));
    switch (what) {
    case SOURCE_MORE:
        if (look->bytes->len > 0 && split != look->kept->split) {
            *enough = true; /* another connection: bytes of two must not be mixed */
            return OK;
        }
        return look_read(look, split, err);
    case SOURCE_ENDED:
    case SOURCE_CUT:
        /* The end of another split, or of one that said nothing, is nobody's business here. */
        if (look->bytes->len > 0 && split == look->kept->split) {
            look->kept->last = what;
            *enough = true;
        }
        return OK;
    case SOURCE_DONE:
        look->kept->last = look->kept->last == SOURCE_CUT ? SOURCE_CUT : SOURCE_ENDED;
        *enough = true;
        return OK;
    case SOURCE_AGAIN:
        break;
    }
    /* Lines, a wait, and still nothing new, or waits enough. */
    int64_t now_us = clock_steady_us(clock_system());
    look->first_us = lines > 0 && look->first_us == 0 ? now_us : look->first_us;
    *enough = lines > 0 && (look->waited || now_us - look->first_us >= MORE_LINES_MS * US_PER_MS);
    look->waited = true;
    return *enough ? OK : look_wait(look, lines > 0, err);
}

/* Whole lines of what was read, at most SAMPLE_LINES; the last one may lack its end at the end. */
static struct slice whole_lines(const struct look *look)
{
    struct slice bytes = bytebuf_slice(look->bytes);
    size_t len = 0;
    for (uint32_t n = 0; n < SAMPLE_LINES && len < bytes.len; n++) {
        const uint8_t *end = memchr(bytes.at + len, '\n', bytes.len - len);
        if (end == NULL) {
            bool is_whole = look->kept->last == SOURCE_ENDED || bytes.len == SAMPLE_BYTES;
            return is_whole ? bytes : slice_of(bytes.at, len);
        }
        len = (size_t)(end - bytes.at) + 1;
    }
    return slice_of(bytes.at, len);
}

/* ---- the sampler of the catalog ------------------------------------------------------------- */

/* Another statement has looked at the same URI and no job has read it since. */
static struct kept_source *kept_find(struct stream_sampler *sampler,
                                     const struct stream_def *stream)
{
    for (struct kept_source *kept = sampler->kept; kept != NULL; kept = kept->next) {
        if (kept->stream == stream || slice_equal(kept->stream->uri.text, stream->uri.text)) {
            return kept;
        }
    }
    return NULL;
}

static void kept_drop(struct stream_sampler *sampler, struct kept_source *kept)
{
    struct kept_source **at = &sampler->kept;
    while (*at != kept) {
        at = &(*at)->next;
    }
    *at = kept->next;
    kept->next = NULL;
}

static enum status sampler_look(struct stream_sampler *sampler, struct kept_source *kept,
                                struct arena *arena, struct slice *out, struct error *err)
{
    struct look look = {
        .bytes = &kept->bytes,
        .kept = kept,
        .stream = kept->stream,
        .start_us = clock_steady_us(clock_system()),
    };
    if (kept->source == NULL) {
        kept->config = (struct source_config){
            .uri = &kept->stream->uri,
            .options = &kept->stream->options,
            .fs = sampler->fs,
            .clock = sampler->clock,
            .once = sampler->once,
            .look = true,
        };
        TRY(source_open(kept->stream->source, &kept->config, &kept->source, err));
        look.source = kept->source;
        for (bool enough = false; !enough;) {
            TRY(look_step(&look, &enough, err));
        }
    }
    *out = arena_copy(arena, whole_lines(&look));
    return OK;
}

static enum status stream_sample(void *owner, const struct stream_def *partial, struct arena *arena,
                                 struct slice *out, struct error *err)
{
    struct stream_sampler *sampler = owner;
    struct kept_source *kept = kept_find(sampler, partial);
    if (kept == NULL) {
        kept = mem_zalloc(sizeof *kept);
        kept->next = sampler->kept;
        sampler->kept = kept;
    }
    kept->stream = partial;
    enum status status = sampler_look(sampler, kept, arena, out, err);
    if (status != OK || (source_flags(kept->source) & SOURCE_REPLAYABLE) != 0) {
        kept_drop(sampler, kept);
        kept_free_all(kept);
    }
    return status;
}

struct sampler stream_sampler_interface(struct stream_sampler *sampler)
{
    return (struct sampler){.owner = sampler, .sample = stream_sample};
}

void stream_sampler_hand_over(struct stream_sampler *sampler, struct job *job,
                              const struct stream_def *stream)
{
    for (struct kept_source *kept = sampler->kept; kept != NULL; kept = kept->next) {
        if (kept->stream == stream) {
            struct feed_start start = {
                .source = kept->source,
                .split = kept->split,
                .bytes = bytebuf_slice(&kept->bytes),
                .last = kept->last,
            };
            job_feed_opened(job, stream, &start);
            kept->source = NULL;
            kept_drop(sampler, kept);
            bytebuf_release(&kept->bytes);
            kept->next = sampler->given;
            sampler->given = kept;
            return;
        }
    }
}
