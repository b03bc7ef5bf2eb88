/* retained_source: reads the pieces of a retained stream again, as a finite source: in the order
 * they came, one piece a read, each with the time at which it arrived then. A split ends behind its
 * last piece, so that few are open however many connections there were. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/retained_parts.h"

struct seen_split {
    const struct retained_split *split;
    uint64_t position;        /* of its first piece */
    const struct piece *last; /* ends it */
};

struct retained_source {
    struct source base;
    struct source_kind kind;        /* the retained rows may be freed before the source */
    struct retained_chunk **chunks; /* held */
    uint32_t n_chunks;
    const struct piece **pieces; /* in order */
    uint32_t *splits;            /* of each */
    uint32_t n_pieces;
    struct seen_split *seen;
    uint32_t n_seen;
    uint32_t at;        /* next piece */
    size_t done;        /* bytes of it that were read */
    bool ends;          /* the split of the piece before is to be ended */
    int64_t arrival_us; /* of the last read */
    int64_t bytes;
};

static struct retained_source *source_of(struct source *source)
{
    return (struct retained_source *)(void *)source;
}

static const struct retained_source *source_const(const struct source *source)
{
    return (const struct retained_source *)(const void *)source;
}

/* ---- open, close ------------------------------------------------------------------------------
 */

static void retained_close(struct source *source)
{
    struct retained_source *it = source_of(source);
    for (uint32_t i = 0; i < it->n_chunks; i++) {
        retained_chunk_drop(it->chunks[i]);
    }
    mem_free(it->chunks);
    mem_free(it->pieces);
    mem_free(it->splits);
    mem_free(it->seen);
    mem_free(it);
}

static void hold_chunks(struct retained_source *it, const struct retained *retained)
{
    uint32_t n = 0;
    for (struct retained_chunk *chunk = retained->first; chunk != NULL; chunk = chunk->next) {
        n++;
    }
    it->chunks = mem_alloc((n + 1) * sizeof(struct retained_chunk *));
    for (struct retained_chunk *chunk = retained->first; chunk != NULL; chunk = chunk->next) {
        chunk->n_holders++;
        it->chunks[it->n_chunks++] = chunk;
    }
}

/* Number of the split, newest first: pieces of one come one behind the other, most often. */
static uint32_t split_number(struct retained_source *it, const struct piece *piece)
{
    for (uint32_t i = it->n_seen; i > 0; i--) {
        if (it->seen[i - 1].split == piece->split) {
            return i - 1;
        }
    }
    it->seen = mem_realloc(it->seen, (it->n_seen + 1) * sizeof *it->seen);
    it->seen[it->n_seen] = (struct seen_split){.split = piece->split, .position = piece->position};
    return it->n_seen++;
}

/* A piece that begins within a record cannot be read without the one before it. */
static bool is_readable(const struct retained_source *it, const struct piece *piece)
{
    if (!piece->goes_on) {
        return true;
    }
    for (uint32_t i = it->n_seen; i > 0; i--) {
        if (it->seen[i - 1].split == piece->split) {
            return true;
        }
    }
    return false;
}

static void list_pieces(struct retained_source *it, const struct retained *retained,
                        int64_t from_us)
{
    uint32_t room = 0;
    for (uint32_t c = 0; c < it->n_chunks; c++) {
        const struct retained_chunk *chunk = it->chunks[c];
        for (size_t at = c == 0 ? retained->first_at : 0; at < chunk->len;) {
            const struct piece *piece = piece_at(chunk, at);
            at += piece_room(piece->len);
            if (piece->arrival_us < from_us || !is_readable(it, piece)) {
                continue;
            }
            if (it->n_pieces == room) {
                room = room == 0 ? 64 : 2 * room;
                it->pieces = mem_realloc(it->pieces, room * sizeof(const struct piece *));
                it->splits = mem_realloc(it->splits, room * sizeof *it->splits);
            }
            uint32_t split = split_number(it, piece);
            it->seen[split].last = piece;
            it->pieces[it->n_pieces] = piece;
            it->splits[it->n_pieces++] = split;
            it->bytes += piece->len;
        }
    }
}

enum status retained_open(void *owner, const struct source_config *config, struct source **out,
                          struct error *err)
{
    (void)config;
    (void)err;
    const struct retained *retained = owner;
    struct retained_source *it = mem_zalloc(sizeof *it);
    int64_t age_us = retained->limits.age_us;
    it->kind = retained->kind;
    it->base.kind = &it->kind;
    hold_chunks(it, retained);
    list_pieces(it, retained, age_us > 0 ? clock_now_us(retained->clock) - age_us : INT64_MIN);
    *out = &it->base;
    return OK;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static enum status retained_poll(struct source *source, uint32_t *split, enum source_state *what,
                                 struct error *err)
{
    (void)err;
    struct retained_source *it = source_of(source);
    *split = 0;
    if (it->ends) {
        it->ends = false;
        *split = it->splits[it->at - 1];
        *what = SOURCE_ENDED;
        return OK;
    }
    *what = it->at < it->n_pieces ? SOURCE_MORE : SOURCE_DONE;
    if (it->at < it->n_pieces) {
        *split = it->splits[it->at];
    }
    return OK;
}

static enum status retained_read(struct source *source, uint32_t split, void *at, size_t max,
                                 size_t *n, struct error *err)
{
    (void)err;
    struct retained_source *it = source_of(source);
    *n = 0;
    if (it->at == it->n_pieces || it->splits[it->at] != split) {
        return OK;
    }
    const struct piece *piece = it->pieces[it->at];
    struct slice bytes = piece_bytes(piece);
    size_t left = bytes.len - it->done;
    *n = left < max ? left : max;
    memcpy(at, bytes.at + it->done, *n);
    it->done += *n;
    it->arrival_us = piece->arrival_us;
    if (it->done == bytes.len) {
        it->ends = it->seen[split].last == piece;
        it->at++;
        it->done = 0;
    }
    return OK;
}

/* A whole piece: it arrived at once. */
static size_t retained_room(const struct source *source, uint32_t split)
{
    const struct retained_source *it = source_const(source);
    bool is_next = it->at < it->n_pieces && it->splits[it->at] == split;
    return is_next ? it->pieces[it->at]->len - it->done : 0;
}

static void retained_past(const struct source *source, uint32_t split, struct source_past *out)
{
    const struct retained_source *it = source_const(source);
    const struct retained_split *of = it->seen[split].split;
    *out = (struct source_past){
        .arrival_us = it->arrival_us,
        .head = slice_of((const uint8_t *)of->head, of->head_len),
    };
}

/* ---- what it says of itself -------------------------------------------------------------------
 */

static unsigned retained_flags(const struct source *source)
{
    return SOURCE_FINITE | (source_const(source)->n_seen > 1 ? SOURCE_PARTITIONED : 0);
}

static int retained_wait_fd(const struct source *source)
{
    (void)source;
    return -1;
}

static int64_t retained_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t retained_n_splits(const struct source *source)
{
    return source_const(source)->n_seen;
}

static const char *retained_split_name(const struct source *source, uint32_t split)
{
    return source_const(source)->seen[split].split->name;
}

static uint64_t retained_split_start(const struct source *source, uint32_t split)
{
    return source_const(source)->seen[split].position;
}

static int64_t retained_total_bytes(const struct source *source)
{
    return source_const(source)->bytes;
}

void retained_kind_init(struct retained *retained)
{
    static const struct option_spec retained_options[] = {{0}};
    retained->kind = (struct source_kind){
        .scheme = "retained",
        .summary = "rows of a stream that were kept",
        .flags = SOURCE_FINITE | SOURCE_PARTITIONED,
        .options = retained_options,
        .open_of = retained_open,
        .owner = retained,
        .flags_of = retained_flags,
        .poll = retained_poll,
        .read = retained_read,
        .room = retained_room,
        .past = retained_past,
        .wait_fd = retained_wait_fd,
        .wake_us = retained_wake_us,
        .n_splits = retained_n_splits,
        .split_name = retained_split_name,
        .split_start = retained_split_start,
        .total_bytes = retained_total_bytes,
        .close = retained_close,
    };
}

const struct source_kind *retained_kind(const struct retained *retained)
{
    return &retained->kind;
}
