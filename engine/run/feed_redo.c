/* feed_redo: a feed after a restart: its state as bytes and back, and what was read once read
 * again. See feed_parts.h. */
#include <poll.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/feed_parts.h"
#include "engine/run/state_dir.h"

/* How long a source that is asked again may have nothing just now: a broker takes its time, a file
 * does not. */
enum { REDO_TRIES_MIN = 1000, REDO_WAIT_MS = 10 };
#define REDO_PATIENCE_US (30 * US_PER_SECOND)

struct patience {
    uint32_t tries;
    int64_t start_us; /* steady time of the first one */
};

void feed_set_tap(struct feed *feed, const struct feed_tap *tap, uint32_t number)
{
    feed->tap = *tap;
    feed->number = number;
}

void feed_set_from(struct feed *feed, struct slice offsets, struct slice bad)
{
    bytebuf_add(&feed->from, offsets.at, offsets.len);
    bytebuf_add(&feed->bad_from, bad.at, bad.len);
}

bool feed_is_replayable(const struct feed *feed)
{
    return (source_flags(feed->source) & SOURCE_REPLAYABLE) != 0;
}

void feed_offsets(const struct feed *feed, struct bytebuf *out)
{
    source_offsets(feed->source, NULL, out);
}

/* ---- redo ---------------------------------------------------------------------------------------
 */

static enum status input_gap(const struct feed *feed, const char *split, struct error *err)
{
    error_set(err, ERR_STATE,
              "stream \"%.*s\": \"%s\" does not give again what was read of it before",
              (int)feed->stream->name.len, (const char *)feed->stream->name.at, split);
    error_hint(err, "it was cut or replaced; --replay-from earliest reads what is there now");
    error_exit_code(err, EXIT_INPUT_GAP);
    return ERR_STATE;
}

/* Ends that the source tells while it is asked for something else: they are said by the next step,
 * unless a cut says them first. */
static void keep_end(struct feed *feed, uint32_t split, enum source_state how)
{
    feed->ends = mem_realloc(feed->ends, (feed->n_ends + 1) * sizeof *feed->ends);
    feed->ends[feed->n_ends++] = (struct feed_end){split, how};
}

static bool has_end(const struct feed *feed, uint32_t split)
{
    for (uint32_t i = 0; i < feed->n_ends; i++) {
        if (feed->ends[i].split == split) {
            return true;
        }
    }
    return false;
}

bool feed_take_end(struct feed *feed, int split, struct feed_end *out)
{
    for (uint32_t i = 0; i < feed->n_ends; i++) {
        if (split < 0 || feed->ends[i].split == (uint32_t)split) {
            *out = feed->ends[i];
            feed->n_ends--;
            memmove(&feed->ends[i], &feed->ends[i + 1], (feed->n_ends - i) * sizeof *feed->ends);
            return true;
        }
    }
    return false;
}

/* One look at the source; false: it has given everything, or patience is at its end. */
static enum status ask_again(struct feed *feed, struct patience *patience, bool *goes_on,
                             struct error *err)
{
    uint32_t split;
    enum source_state state;
    TRY(source_poll(feed->source, &split, &state, err));
    if (state == SOURCE_ENDED || state == SOURCE_CUT) {
        keep_end(feed, split, state);
    }
    if (state == SOURCE_AGAIN && source_wait_fd(feed->source) >= 0) {
        struct pollfd wanted = {.fd = source_wait_fd(feed->source), .events = POLLIN};
        poll(&wanted, 1, REDO_WAIT_MS);
    }
    int64_t now_us = clock_steady_us(feed->config->clock);
    patience->start_us = patience->tries == 0 ? now_us : patience->start_us;
    patience->tries++;
    *goes_on = state != SOURCE_DONE &&
               (patience->tries < REDO_TRIES_MIN || now_us - patience->start_us < REDO_PATIENCE_US);
    return OK;
}

/* Asks the source until it has told of the split. */
static enum status await_split(struct feed *feed, uint32_t number, bool *known, struct error *err)
{
    struct patience patience = {.tries = 0};
    bool goes_on = true;
    while (number >= source_n_splits(feed->source) && goes_on) {
        TRY(ask_again(feed, &patience, &goes_on, err));
    }
    *known = number < source_n_splits(feed->source);
    return OK;
}

/* The next `n` bytes of the split, as its source gives them. */
static enum status read_again(struct feed_split *split, size_t n, struct error *err)
{
    struct feed *feed = split->feed;
    size_t end = split->len + n;
    for (size_t at = split->len; at < end;) {
        struct patience patience = {.tries = 0};
        size_t got = 0;
        bool goes_on = true;
        while (got == 0 && goes_on) {
            TRY(ask_again(feed, &patience, &goes_on, err));
            if (has_end(feed, split->number)) { /* it has become shorter */
                break;
            }
            TRY(source_read(feed->source, split->number, split->block + at, end - at, &got, err));
        }
        if (got == 0) {
            return input_gap(feed, split->name, err);
        }
        at += got;
    }
    return OK;
}

static enum status redo_read(struct feed_split *split, const struct cut *cut,
                             const struct slice *logged, struct error *err)
{
    size_t end = split->len + cut->bytes;
    feed_split_reserve(split, end > BLOCK_BYTES ? end : BLOCK_BYTES);
    if (logged == NULL) {
        TRY(read_again(split, cut->bytes, err));
    } else if (logged->len > 0) {
        memcpy(split->block + split->len, logged->at, logged->len);
    }
    feed_split_arrived(split, cut->bytes);
    return OK;
}

static enum status redo_split(struct feed *feed, const struct cut *cut, const struct slice *logged,
                              const char *name, struct error *err)
{
    struct feed_split *split;
    if (name == NULL) {
        bool known;
        TRY(await_split(feed, cut->split, &known, err));
        if (!known) {
            return input_gap(feed, "a split", err);
        }
        name = source_split_name(feed->source, cut->split);
    }
    TRY(feed_split_told(feed, cut->split, name, &split, err));
    if (cut->kind == CUT_READ) {
        TRY(redo_read(split, cut, logged, err));
    } else {
        struct feed_end end;
        (void)feed_take_end(feed, (int)cut->split, &end);
        feed_split_end(split, cut->kind == CUT_SPLIT_LOST);
    }
    return feed_check(feed, err);
}

enum status feed_redo(struct feed *feed, const struct cut *cut, const struct slice *logged,
                      const char *name, struct error *err)
{
    CHECK(logged == NULL || logged->len == cut->bytes);
    if (cut->kind == CUT_FEED_DONE) {
        TRY(feed_finish(feed, err));
        return feed_check(feed, err);
    }
    return redo_split(feed, cut, logged, name, err);
}

uint32_t feed_open_splits(const struct feed *feed, uint32_t *splits, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < feed->n_splits && n < max; i++) {
        if (feed->splits[i]->known && !feed->splits[i]->ended) {
            splits[n++] = i;
        }
    }
    return n;
}

/* ---- snapshot -----------------------------------------------------------------------------------
 */

enum { FEED_VERSION = 2, SPLIT_KNOWN = 1, SPLIT_ENDED = 2 };

void feed_save(const struct feed *feed, struct bytebuf *out)
{
    codec_put_u8(out, FEED_VERSION);
    codec_put_u64(out, feed->next_row);
    codec_put_i64(out, feed->arrival_us);
    codec_put_u64(out, feed->progress.bytes_in);
    codec_put_u64(out, feed->progress.rows_in);
    codec_put_u64(out, feed->progress.rows_bad);
    codec_put_u64(out, feed->progress.rows_unsplit);
    codec_put_u64(out, feed->progress.rows_nulled);
    codec_put_u32(out, feed->n_splits);
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        const struct feed_split *split = feed->splits[i];
        codec_put_bytes(out, slice_text(feed_split_name(feed, i)));
        codec_put_u64(out, split->position);
        codec_put_u8(out, (uint8_t)((split->known ? SPLIT_KNOWN : 0) |
                                    (split->ended ? SPLIT_ENDED : 0)));
        codec_put_bytes(out, split->decoder != NULL ? decoder_head(split->decoder) : split->head);
        codec_put_bytes(out, slice_of(split->block, split->len));
    }
}

static void split_load(struct feed_split *split, struct reader *in)
{
    struct slice name = reader_bytes(in);
    split->position = reader_u64(in);
    uint8_t flags = reader_u8(in);
    struct slice head = reader_bytes(in);
    struct slice tail = reader_bytes(in);
    if (!reader_ok(in)) {
        return;
    }
    feed_split_rename(split, name);
    split->head = arena_copy(&split->life, head);
    split->known = (flags & SPLIT_KNOWN) != 0; /* so the readers' saved state knows it too */
    split->ended = (flags & SPLIT_ENDED) != 0;
    if (tail.len > 0) {
        feed_split_reserve(split, tail.len > BLOCK_BYTES ? tail.len : BLOCK_BYTES);
        memcpy(split->block, tail.at, tail.len);
    }
    split->len = tail.len;
}

enum status feed_load(struct feed *feed, struct reader *in, struct error *err)
{
    uint8_t version = reader_u8(in);
    feed->next_row = reader_u64(in);
    feed->arrival_us = reader_i64(in);
    feed->progress.bytes_in = reader_u64(in);
    feed->progress.rows_in = reader_u64(in);
    feed->progress.rows_bad = reader_u64(in);
    feed->progress.rows_unsplit = reader_u64(in);
    feed->progress.rows_nulled = reader_u64(in);
    uint32_t n = reader_u32(in);
    if (!reader_ok(in) || version != FEED_VERSION || n > FEED_SPLITS_MAX) {
        return error_set(err, ERR_STATE, "saved input state is damaged");
    }
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        split_load(feed_split_at(feed, i), in);
    }
    return reader_ok(in) ? OK : error_set(err, ERR_STATE, "saved input state is damaged");
}
