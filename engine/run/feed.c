/* feed: see feed.h. */
#include "engine/run/feed.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/bad_rows.h"
#include "engine/run/feed_parts.h"
#include "engine/run/hidden_columns.h"
#include "engine/run/retention.h"

struct feed *feed_new(const struct job_config *config, const struct stream_def *stream,
                      struct slice name)
{
    struct feed *feed = mem_zalloc(sizeof *feed);
    feed->config = config;
    feed->fails_at = UINT64_MAX;
    feed->stream = stream;
    feed->name = mem_text(name.at, name.len);
    feed->visible = (struct schema){stream->n_visible, stream->schema.fields};
    feed->bad = bad_rows_new(config, stream);
    feed->retained = retention_claim(config->retention, stream, feed);
    arena_init(&feed->batch);
    feed->progress.event_time_max = TIME_NONE;
    feed->progress.total_bytes = -1;
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    if (feed->retained != NULL) {
        retained_leave(feed->retained, feed);
    }
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        retained_split_drop(feed->splits[i]->retained);
        decoder_close(feed->splits[i]->decoder);
        arena_release(&feed->splits[i]->life);
        mem_free(feed->splits[i]->block);
        mem_free(feed->splits[i]->name);
        mem_free(feed->splits[i]);
    }
    mem_free(feed->splits);
    source_close(feed->source);
    bytebuf_release(&feed->from);
    bytebuf_release(&feed->bad_from);
    bytebuf_release(&feed->taken);
    mem_free(feed->ends);
    mem_free(feed->name);
    bad_rows_free(feed->bad);
    arena_release(&feed->batch);
    mem_free(feed);
}

void feed_set_config(struct feed *feed, const struct job_config *config)
{
    CHECK(feed->config->clock == config->clock);
    feed->config = config;
}

const struct stream_def *feed_stream(const struct feed *feed)
{
    return feed->stream;
}

struct slice stream_label(const struct stream_def *stream)
{
    return stream->name.len > 0       ? stream->name
           : stream->uri.path.len > 0 ? stream->uri.path
                                      : stream->uri.scheme;
}

struct slice feed_name(const struct feed *feed)
{
    return slice_text(feed->name);
}

const char *feed_split_name(const struct feed *feed, uint32_t split)
{
    const char *name = split < feed->n_splits ? feed->splits[split]->name : NULL;
    return name != NULL ? name : source_split_name(feed->source, split);
}

/* ---- columns ------------------------------------------------------------------------------------
 */

/* ON ERROR FAIL: rows behind the bad one have no effect, though they are in the same batch. */
static void reject_behind_failure(const struct feed_split *split, const uint32_t *origin,
                                  uint32_t n, uint64_t *reject)
{
    uint32_t before = feed_before_failure(split, split->feed->n_pushed);
    for (uint32_t i = n; i > 0 && origin[i - 1] >= before; i--) {
        bits_set(reject, i - 1);
    }
}

static void feed_fill(struct late_columns *late, struct arena *arena, uint32_t col,
                      const uint32_t *origin, uint32_t n, struct column *out, uint64_t *reject)
{
    struct feed_split *split = (struct feed_split *)late;
    struct feed *feed = split->feed;
    if (col >= feed->stream->n_visible) {
        const struct hidden_rows rows = {
            .source = feed->source,
            .decoder = split->decoder,
            .split = split->number,
            .split_name = feed_split_name(feed, split->number),
            .block = split->block,
            .position = split->position,
            .arrival_us = feed->arrival_us,
            .origin = origin,
            .n = n,
        };
        *out = hidden_column(arena, &rows, col - feed->stream->n_visible);
        return;
    }
    uint64_t nobody[BATCH_WORDS] = {0};
    decoder_column(split->decoder, arena, col, origin, n, out, late->peeks ? nobody : reject);
    reject_behind_failure(split, origin, n, reject);
}

/* ---- splits -------------------------------------------------------------------------------------
 */

static enum status split_open_decoder(struct feed_split *split, struct error *err)
{
    struct feed *feed = split->feed;
    split->reject = (struct reject_sink){
        .owner = split,
        .reject = feed_reject,
        .nulled = feed_nulled,
    };
    split->decoder_config = (struct decoder_config){
        .schema = &feed->visible,
        .options = &feed->stream->options,
        .format_argument = feed->stream->format_argument,
        .fs = feed->config->fs,
        .query = &split->life,
        .reject = &split->reject,
        .arrival_us = &feed->arrival_us,
        .resumed = split->position > 0,
        .head = split->head,
        .null_on_error = feed->stream->on_error == ON_ERROR_NULL,
        .needle = feed->needle,
    };
    return decoder_open(feed->stream->decoder, &split->decoder_config, &split->decoder, err);
}

struct feed_split *feed_split_at(struct feed *feed, uint32_t number)
{
    while (feed->n_splits <= number) {
        struct feed_split *split = mem_zalloc(sizeof *split);
        split->late.fill = feed_fill;
        split->feed = feed;
        split->number = feed->n_splits;
        arena_init(&split->life);
        feed->splits =
            mem_realloc(feed->splits, (feed->n_splits + 1) * sizeof(struct feed_split *));
        feed->splits[feed->n_splits++] = split;
    }
    return feed->splits[number];
}

/* Where the split begins, and what its decoder must know of what came before. */
static void split_take_start(struct feed_split *split)
{
    struct feed *feed = split->feed;
    struct source_past past;
    split->position = source_split_start(feed->source, split->number);
    if (source_past(feed->source, split->number, &past)) {
        split->head = past.head;
    }
}

static enum status split_get_ready(struct feed_split *split, struct error *err)
{
    struct feed *feed = split->feed;
    if (!split->is_open) {
        if (!split->known) {
            split_take_start(split);
        }
        TRY(split_open_decoder(split, err));
        split->is_open = true;
    }
    if (!split->known) {
        split->known = true;
        for (uint32_t i = 0; i < feed->n_readers; i++) {
            feed->readers[i].split(feed->readers[i].owner, split->number);
        }
    }
    return OK;
}

void feed_split_reserve(struct feed_split *split, size_t cap)
{
    if (split->cap < cap) {
        split->block = mem_realloc(split->block, cap);
        split->cap = cap;
    }
}

static void push_batch(struct feed_split *split, uint32_t n)
{
    struct feed *feed = split->feed;
    memset(feed->rejected, 0, sizeof feed->rejected);
    memset(feed->nulled, 0, sizeof feed->nulled);
    feed->n_pushed = n;
    for (uint32_t i = 0; i < feed->n_readers; i++) {
        struct batch batch;
        arena_clear(&feed->batch);
        batch_init(&batch, &feed->stream->schema, &feed->batch);
        batch.n = n;
        batch.late = &split->late;
        batch.first_row = feed->next_row;
        feed->readers[i].rows(feed->readers[i].owner, split->number, &batch);
    }
    feed->n_pushed = 0;
    feed->next_row += n;
    feed->progress.rows_in += n;
}

/* All whole records of the block; what is left moves to its front. */
static void split_decode(struct feed_split *split, bool is_final)
{
    struct feed *feed = split->feed;
    uint64_t unsplit = feed->progress.rows_unsplit;
    uint64_t rows_before = feed->progress.rows_in;
    size_t consumed = decoder_block(split->decoder, slice_of(split->block, split->len), is_final);
    CHECK(consumed <= split->len);
    uint32_t n;
    while (feed->failure.status == OK && (n = decoder_next(split->decoder, BATCH_ROWS)) > 0) {
        push_batch(split, feed_before_failure(split, n));
    }
    /* Records that could not even be split are in no batch, but they came in. */
    feed->progress.rows_in += feed->progress.rows_unsplit - unsplit;
    if (feed->retained != NULL) {
        feed_split_retain(split, consumed, feed->progress.rows_in - rows_before);
    }
    memmove(split->block, split->block + consumed, split->len - consumed);
    split->len -= consumed;
    split->position += consumed;
}

static enum status split_read(struct feed_split *split, size_t *n, struct error *err)
{
    struct feed *feed = split->feed;
    if (split->len == split->cap) { /* one record fills it; the decoder gives up at max_line */
        feed_split_reserve(split, split->cap == 0 ? BLOCK_BYTES : split->cap * 2);
    }
    feed_split_reserve(split, split->len + source_room(feed->source, split->number));
    TRY(source_read(feed->source, split->number, split->block + split->len, split->cap - split->len,
                    n, err));
    return OK;
}

void feed_split_arrived(struct feed_split *split, size_t n)
{
    struct feed *feed = split->feed;
    struct source_past past;
    int64_t now_us = source_past(feed->source, split->number, &past)
                         ? past.arrival_us
                         : clock_now_us(feed->config->clock);
    feed->arrival_us = now_us > feed->arrival_us ? now_us : feed->arrival_us;
    split->len += n;
    feed->progress.bytes_in += n;
    split_decode(split, (source_flags(feed->source) & SOURCE_MESSAGES) != 0);
}

/* A file that was at its end and has grown until a restart is still the same one; a number that a
 * connection had may be given to another. */
static bool feed_split_goes_on(const struct feed_split *split)
{
    return feed_is_replayable(split->feed) && !source_wants_done(split->feed->source);
}

/* What a lost connection left in the middle of a record is a bad row: nobody knows the rest. */
static void split_reject_tail(struct feed_split *split)
{
    feed_reject(split, 0, slice_of(split->block, split->len), -1, "cut off in the middle");
    split->feed->progress.rows_in++;
    split->position += split->len;
    split->len = 0;
}

/* Connections come and go: what is over costs nothing but its header, and that only if it may go on
 * after a restart. */
static void split_close_decoder(struct feed_split *split)
{
    struct bytebuf head = {0};
    struct slice said = split->decoder != NULL ? decoder_head(split->decoder) : split->head;
    if (feed_split_goes_on(split)) {
        bytebuf_add(&head, said.at, said.len);
    }
    decoder_close(split->decoder);
    split->decoder = NULL;
    arena_release(&split->life);
    arena_init(&split->life);
    split->head = arena_copy(&split->life, bytebuf_slice(&head));
    bytebuf_release(&head);
}

void feed_split_end(struct feed_split *split, bool is_cut)
{
    struct feed *feed = split->feed;
    if (split->ended) {
        return;
    }
    if (split->len > 0 && is_cut) {
        split_reject_tail(split);
    } else if (split->len > 0) {
        split_decode(split, true);
        CHECK(split->len == 0 || feed->failure.status != OK);
    }
    split->ended = true;
    retained_split_drop(split->retained);
    split->retained = NULL;
    split_close_decoder(split);
    mem_free(split->block);
    split->block = NULL;
    split->cap = split->len = 0;
    for (uint32_t i = 0; i < feed->n_readers; i++) {
        feed->readers[i].split_ended(feed->readers[i].owner, split->number);
    }
}

void feed_split_rename(struct feed_split *split, struct slice name)
{
    mem_free(split->name);
    split->name = mem_text(name.at, name.len);
}

enum status feed_split_told(struct feed *feed, uint32_t number, const char *name,
                            struct feed_split **out, struct error *err)
{
    struct feed_split *split = feed_split_at(feed, number);
    if (split->ended) {
        split->ended = split->end_done = split->end_mark = split->is_open = split->known = false;
        if (!feed_split_goes_on(split)) {
            split->position = split->done = split->mark = 0;
        }
    }
    if (!split->known) {
        feed_split_rename(split, slice_text(name));
    }
    *out = split;
    return split_get_ready(split, err);
}

void feed_mark(struct feed *feed)
{
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        feed->splits[i]->mark = feed->splits[i]->position;
        feed->splits[i]->end_mark = feed->splits[i]->ended;
    }
}

void feed_done(struct feed *feed)
{
    if (feed->source == NULL || !source_wants_done(feed->source)) {
        return;
    }
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        struct feed_split *split = feed->splits[i];
        if (!split->heard) {
            continue; /* a former run's: another connection may have its number by now */
        }
        if (split->mark > split->done || (split->end_mark && !split->end_done)) {
            split->done = split->mark;
            split->end_done = split->end_mark;
            source_done(feed->source, i, split->done);
        }
    }
}

/* ---- steps --------------------------------------------------------------------------------------
 */

void feed_take(struct feed *feed, const struct feed_start *start)
{
    CHECK(feed->source == NULL && (start->source != NULL || start->bytes.len == 0));
    feed->source = start->source;
    feed->start = *start;
    if (start->bytes.len > 0) {
        bytebuf_add(&feed->taken, start->bytes.at, start->bytes.len);
        feed->start.bytes = slice_of(NULL, 0);
        feed->starts = true;
    }
}

enum status feed_open(struct feed *feed, struct error *err)
{
    if (feed->source == NULL) {
        feed->source_config = (struct source_config){
            .uri = &feed->stream->uri,
            .options = &feed->stream->options,
            .fs = feed->config->fs,
            .clock = feed->config->clock,
            .once = feed->config->once || feed->stream->is_table,
            .from = bytebuf_slice(&feed->from),
            .format = slice_text(feed->stream->decoder->name),
        };
        TRY(source_open(feed->stream->source, &feed->source_config, &feed->source, err));
    }
    feed->progress.total_bytes = source_total_bytes(feed->source);
    return bad_rows_open(feed->bad, bytebuf_slice(&feed->bad_from), err);
}

bool feed_can_be_joined(const struct feed *feed)
{
    bool replayable = feed->source != NULL && (source_flags(feed->source) & SOURCE_REPLAYABLE) != 0;
    return !replayable || (feed->n_splits == 0 && !feed->progress.done);
}

/* Tells whoever listens before what came has an effect. */
static enum status feed_came(struct feed *feed, enum cut_kind kind, uint32_t split,
                             struct slice bytes, struct error *err)
{
    if (feed->tap.owner == NULL) {
        return OK;
    }
    const struct cut cut = {
        .kind = kind,
        .of = feed->number,
        .split = split,
        .bytes = (uint32_t)bytes.len,
        .time_us = clock_now_us(feed->config->clock),
    };
    return feed->tap.came(feed->tap.owner, feed, &cut, bytes, err);
}

/* What the source itself tells of; a redo tells feed_split_told. */
static enum status feed_hears(struct feed *feed, uint32_t number, struct feed_split **out,
                              struct error *err)
{
    TRY(feed_split_told(feed, number, source_split_name(feed->source, number), out, err));
    (*out)->heard = true;
    return OK;
}

static enum status feed_end_split(struct feed *feed, uint32_t number, enum source_state how,
                                  struct error *err)
{
    struct feed_split *split;
    bool is_cut = how == SOURCE_CUT;
    TRY(feed_hears(feed, number, &split, err));
    TRY(feed_came(feed, is_cut ? CUT_SPLIT_LOST : CUT_SPLIT_ENDED, number, slice_of(NULL, 0), err));
    feed_split_end(split, is_cut);
    return OK;
}

/* A split that is known and gives nothing has no effect; one that is new has. */
static enum status feed_read(struct feed *feed, uint32_t number, struct error *err)
{
    size_t n;
    struct feed_split *split;
    bool is_known =
        number < feed->n_splits && feed->splits[number]->known && !feed->splits[number]->ended;
    TRY(feed_hears(feed, number, &split, err));
    TRY(split_read(split, &n, err));
    if (n == 0 && is_known) {
        return OK;
    }
    TRY(feed_came(feed, CUT_READ, number, slice_of(split->block + split->len, n), err));
    feed_split_arrived(split, n);
    return OK;
}

/* Splits that a source lists are heard of before one of them is read: else the watermark would not
 * wait for the others, and their rows would be late. */
static enum status feed_hears_list(struct feed *feed, struct error *err)
{
    struct feed_split *split;
    if ((source_flags(feed->source) & SOURCE_LISTS_SPLITS) == 0) {
        return OK;
    }
    for (uint32_t i = feed->n_listed; i < source_n_splits(feed->source); i++) {
        if (i >= feed->n_splits || !feed->splits[i]->known) {
            TRY(feed_hears(feed, i, &split, err));
            TRY(feed_came(feed, CUT_READ, i, slice_of(NULL, 0), err));
        }
        feed->n_listed = i + 1;
        feed->has_grown = true;
    }
    return OK;
}

bool feed_take_growth(struct feed *feed)
{
    bool has_grown = feed->has_grown;
    feed->has_grown = false;
    return has_grown;
}

/* Bytes that were read before the job began (feed_take) are decoded before the source is asked. */
static enum status feed_start_taken(struct feed *feed, bool *worked, struct error *err)
{
    *worked = feed->starts;
    if (!feed->starts) {
        return OK;
    }
    struct feed_split *split;
    struct slice bytes = bytebuf_slice(&feed->taken);
    uint32_t number = feed->start.split;
    feed->starts = false;
    TRY(feed_hears(feed, number, &split, err));
    feed_split_reserve(split, bytes.len > BLOCK_BYTES ? bytes.len : BLOCK_BYTES);
    memcpy(split->block, bytes.at, bytes.len);
    TRY(feed_came(feed, CUT_READ, number, bytes, err));
    feed_split_arrived(split, bytes.len);
    bytebuf_release(&feed->taken);
    bytebuf_init(&feed->taken);
    if (feed->start.last == SOURCE_ENDED || feed->start.last == SOURCE_CUT) {
        return feed_end_split(feed, number, feed->start.last, err);
    }
    return OK;
}

enum status feed_finish(struct feed *feed, struct error *err)
{
    for (uint32_t i = 0; i < feed->n_splits; i++) {
        if (!feed->splits[i]->ended) {
            TRY(split_get_ready(feed->splits[i], err));
            feed_split_end(feed->splits[i], false);
        }
    }
    feed->progress.done = true;
    return OK;
}

static enum status feed_poll(struct feed *feed, enum job_state *what, struct error *err)
{
    uint32_t number;
    enum source_state state;
    struct feed_end end;
    *what = JOB_WORKED;
    if (feed_take_end(feed, -1, &end)) {
        return feed_end_split(feed, end.split, end.how, err);
    }
    TRY(source_poll(feed->source, &number, &state, err));
    TRY(feed_hears_list(feed, err));
    switch (state) {
    case SOURCE_MORE:
        return feed_read(feed, number, err);
    case SOURCE_ENDED:
    case SOURCE_CUT:
        return feed_end_split(feed, number, state, err);
    case SOURCE_AGAIN:
        *what = JOB_IDLE;
        return OK;
    case SOURCE_DONE:
        *what = JOB_DONE;
        TRY(feed_came(feed, CUT_FEED_DONE, 0, slice_of(NULL, 0), err));
        return feed_finish(feed, err);
    }
    PANIC("unknown source state");
}

enum status feed_step(struct feed *feed, enum job_state *what, struct error *err)
{
    if (feed->progress.done) {
        *what = JOB_DONE;
        return OK;
    }
    bool worked;
    TRY(feed_hears_list(feed, err));
    TRY(feed_start_taken(feed, &worked, err));
    *what = JOB_WORKED;
    if (!worked) {
        TRY(feed_poll(feed, what, err));
    }
    return feed_check(feed, err);
}

enum status feed_check(const struct feed *feed, struct error *err)
{
    if (feed->failure.status != OK) {
        *err = feed->failure;
        return err->status;
    }
    return OK;
}

int feed_wait_fd(const struct feed *feed)
{
    return feed->progress.done ? -1 : source_wait_fd(feed->source);
}

int64_t feed_wake_us(const struct feed *feed)
{
    return feed->progress.done ? INT64_MAX : source_wake_us(feed->source);
}

void feed_measure(const struct feed *feed, struct feed_progress *out)
{
    *out = feed->progress;
    out->n_splits = feed->n_splits;
    out->n_lost = feed->source == NULL ? 0 : source_n_lost(feed->source);
}
