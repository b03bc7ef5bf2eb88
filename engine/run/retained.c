/* retained: see retained.h. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"
#include "engine/run/retained_parts.h"

/* ---- splits and chunks ------------------------------------------------------------------------
 */

struct retained_split *retained_split_new(const char *name)
{
    struct retained_split *split = mem_zalloc(sizeof *split);
    split->n_holders = 1;
    split->name = mem_text(name, strlen(name));
    return split;
}

void retained_split_drop(struct retained_split *split)
{
    if (split != NULL && --split->n_holders == 0) {
        mem_free(split->name);
        mem_free(split->head);
        mem_free(split);
    }
}

static struct retained_chunk *chunk_new(size_t room)
{
    size_t cap = room > RETAINED_CHUNK_BYTES ? room : RETAINED_CHUNK_BYTES;
    struct retained_chunk *chunk = mem_alloc(sizeof *chunk + cap);
    *chunk = (struct retained_chunk){.n_holders = 1, .cap = cap};
    return chunk;
}

void retained_chunk_drop(struct retained_chunk *chunk)
{
    if (--chunk->n_holders > 0) {
        return;
    }
    for (size_t at = 0; at < chunk->len;) {
        const struct piece *piece = piece_at(chunk, at);
        at += piece_room(piece->len);
        retained_split_drop(piece->split);
    }
    mem_free(chunk);
}

/* ---- life -------------------------------------------------------------------------------------
 */

struct retained *retained_new(const struct clock *clock, const struct retain *limits)
{
    struct retained *retained = mem_zalloc(sizeof *retained);
    retained->clock = clock;
    retained->limits = *limits;
    retained_kind_init(retained);
    return retained;
}

void retained_clear(struct retained *retained)
{
    while (retained->first != NULL) {
        struct retained_chunk *next = retained->first->next;
        retained_chunk_drop(retained->first);
        retained->first = next;
    }
    retained->last = NULL;
    retained->first_at = 0;
    retained->bytes = 0;
    retained->rows = 0;
    retained->by_bytes = false;
}

void retained_free(struct retained *retained)
{
    if (retained != NULL) {
        retained_clear(retained);
        mem_free(retained);
    }
}

void retained_set_limits(struct retained *retained, const struct retain *limits)
{
    retained->limits = *limits;
}

bool retained_claim(struct retained *retained, const void *owner, bool anew)
{
    if (retained->writer != NULL) {
        return false;
    }
    if (anew) {
        retained_clear(retained);
    }
    retained->writer = owner;
    return true;
}

void retained_leave(struct retained *retained, const void *owner)
{
    if (retained->writer == owner) {
        retained->writer = NULL;
    }
}

/* ---- pieces -----------------------------------------------------------------------------------
 */

static const struct piece *oldest(const struct retained *retained)
{
    return piece_at(retained->first, retained->first_at);
}

/* The oldest piece; it must not be the newest. */
static void forget_oldest(struct retained *retained)
{
    size_t room = piece_room(oldest(retained)->len);
    retained->rows -= oldest(retained)->rows;
    retained->first_at += room;
    retained->bytes -= room;
    if (retained->first_at == retained->first->len) {
        struct retained_chunk *next = retained->first->next;
        CHECK(next != NULL);
        retained_chunk_drop(retained->first);
        retained->first = next;
        retained->first_at = 0;
    }
}

/* Down to the limits, but for the newest piece, which takes `newest` bytes. */
static void keep_limits(struct retained *retained, int64_t now_us, size_t newest)
{
    const struct retain *limits = &retained->limits;
    while (retained->bytes > newest) {
        bool is_old = limits->age_us > 0 && oldest(retained)->arrival_us < now_us - limits->age_us;
        bool is_much = retained->bytes > (uint64_t)limits->bytes;
        if (!is_old && !is_much) {
            return;
        }
        retained->by_bytes = retained->by_bytes || !is_old;
        forget_oldest(retained);
    }
}

static struct retained_chunk *chunk_with_room(struct retained *retained, size_t room)
{
    struct retained_chunk *last = retained->last;
    if (last != NULL && last->cap - last->len >= room) {
        return last;
    }
    struct retained_chunk *chunk = chunk_new(room);
    if (last == NULL) {
        retained->first = chunk;
    } else {
        last->next = chunk;
    }
    retained->last = chunk;
    return chunk;
}

static void take_head(struct retained_split *split, struct slice head)
{
    if (split->head == NULL && head.len > 0) {
        split->head = mem_text(head.at, head.len);
        split->head_len = head.len;
    }
}

void retained_add(struct retained *retained, struct retained_split *split,
                  const struct retained_piece *piece)
{
    size_t len = piece->bytes.len;
    size_t room = piece_room(len);
    CHECK(len <= UINT32_MAX);
    if (len == 0) {
        return;
    }
    struct retained_chunk *chunk = chunk_with_room(retained, room);
    struct piece *at = (struct piece *)(void *)(chunk->bytes + chunk->len);
    *at = (struct piece){
        .split = split,
        .arrival_us = piece->arrival_us,
        .position = piece->position,
        .len = (uint32_t)len,
        .rows = piece->rows,
        .goes_on = split->is_cut,
    };
    memcpy(at + 1, piece->bytes.at, len);
    chunk->len += room;
    retained->bytes += room;
    retained->rows += piece->rows;
    split->n_holders++;
    split->is_cut = !piece->is_whole && piece->bytes.at[len - 1] != '\n';
    take_head(split, piece->head);
    keep_limits(retained, piece->arrival_us, room);
}

void retained_measure(const struct retained *retained, struct retained_state *out)
{
    *out = (struct retained_state){
        .bytes = retained->bytes,
        .rows = retained->rows,
        .since_us = retained->first == NULL ? TIME_NONE : oldest(retained)->arrival_us,
        .by_bytes = retained->by_bytes,
    };
}
