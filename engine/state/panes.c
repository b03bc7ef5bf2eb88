/* panes: see panes.h. */
#include "engine/state/panes.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum {
    PACK_FRACTION = 8, /* a pane that holds less than 1/8 of the ids is worth packing */
};

void panes_init(struct panes *panes, struct table *table, uint32_t cell_bytes)
{
    CHECK(cell_bytes > 0 && cell_bytes % 8 == 0);
    *panes = (struct panes){.table = table, .cell_bytes = cell_bytes};
}

static uint32_t chunk_start(unsigned chunk)
{
    return chunk == 0 ? 0 : (uint32_t)PANE_CHUNK_MIN << (chunk - 1);
}

static size_t chunk_bytes(const struct panes *panes, unsigned chunk)
{
    uint32_t ids = chunk == 0 ? PANE_CHUNK_MIN : chunk_start(chunk);
    return (size_t)ids * panes->cell_bytes;
}

static void *chunk_memory(const struct panes *panes, const struct pane *pane, unsigned chunk)
{
    return (void *)(pane->chunks[chunk] + (uintptr_t)chunk_start(chunk) * panes->cell_bytes);
}

static bool chunk_is_there(const struct pane *pane, unsigned chunk)
{
    return pane->touched_words * 64 > chunk_start(chunk);
}

static size_t packed_bytes(const struct panes *panes, const struct pane *pane)
{
    return (size_t)pane->n_touched * (sizeof(uint32_t) + panes->cell_bytes);
}

static size_t pane_bytes(const struct panes *panes, const struct pane *pane)
{
    size_t bytes = sizeof *pane + (size_t)pane->touched_words * 2 * sizeof(uint64_t);
    if (pane->packed_ids != NULL) {
        bytes += packed_bytes(panes, pane);
    }
    for (unsigned chunk = 0; chunk < PANE_CHUNKS && chunk_is_there(pane, chunk); chunk++) {
        bytes += chunk_bytes(panes, chunk);
    }
    return bytes;
}

static void pane_free(struct panes *panes, struct pane *pane)
{
    panes->bytes -= pane_bytes(panes, pane);
    for (unsigned chunk = 0; chunk < PANE_CHUNKS && chunk_is_there(pane, chunk); chunk++) {
        mem_pages_free(chunk_memory(panes, pane, chunk), chunk_bytes(panes, chunk));
    }
    mem_free(pane->touched);
    mem_free(pane->changed);
    mem_free(pane->dirty);
    mem_free(pane->packed_changed);
    mem_free(pane->packed_ids);
    mem_free(pane->packed_cells);
    mem_free(pane);
}

/* Zeroes what was touched, so that the pane is as new. Cells of 64 neighbouring ids lie together in
 * one chunk (chunks begin at multiples of 512), so they are cleared in one go where any of them was
 * used. */
static void pane_clear(const struct panes *panes, struct pane *pane)
{
    for (uint32_t word = 0; word < pane->touched_words; word++) {
        if (pane->touched[word] != 0) {
            memset(pane_cell(panes, pane, word * 64), 0, (size_t)64 * panes->cell_bytes);
        }
    }
    memset(pane->touched, 0, (size_t)pane->touched_words * sizeof(uint64_t));
    memset(pane->changed, 0, (size_t)pane->touched_words * sizeof(uint64_t));
    pane->n_touched = 0;
    pane->is_saved = false;
    if (panes->tracks_dirty) {
        pane_clear_dirty(pane);
    }
}

void pane_clear_dirty(struct pane *pane)
{
    if (pane->any_dirty) {
        memset(pane->dirty, 0, (size_t)pane->touched_words * sizeof(uint64_t));
        pane->any_dirty = false;
    }
}

static uint64_t *words_grow(uint64_t *words, uint32_t from, uint32_t to)
{
    words = mem_realloc(words, (size_t)to * sizeof *words);
    memset(words + from, 0, (size_t)(to - from) * sizeof *words);
    return words;
}

void pane_reserve(struct panes *panes, struct pane *pane, uint32_t id_end)
{
    while (pane->touched_words * 64 < id_end) {
        uint32_t words = pane->touched_words == 0 ? PANE_CHUNK_MIN / 64 : pane->touched_words * 2;
        unsigned chunk = pane->touched_words == 0
                             ? 0
                             : 31u - (unsigned)__builtin_clz(pane->touched_words * 64 >> 9);
        CHECK(chunk < PANE_CHUNKS);
        pane->touched = words_grow(pane->touched, pane->touched_words, words);
        pane->changed = words_grow(pane->changed, pane->touched_words, words);
        if (panes->tracks_dirty) {
            pane->dirty = words_grow(pane->dirty, pane->touched_words, words);
        }
        size_t bytes = chunk_bytes(panes, chunk);
        pane->chunks[chunk] =
            (uintptr_t)mem_pages(bytes) - (uintptr_t)chunk_start(chunk) * panes->cell_bytes;
        panes->bytes += bytes + (size_t)(words - pane->touched_words) * 2 * sizeof(uint64_t);
        pane->touched_words = words;
    }
}

struct pane *panes_loose(struct panes *panes, bool holds_keys)
{
    struct pane *pane;
    if (panes->n_spare > 0) {
        pane = panes->spare[--panes->n_spare];
    } else {
        pane = mem_zalloc(sizeof *pane);
        panes->bytes += sizeof *pane;
        pane_reserve(panes, pane, 1);
    }
    pane->holds_keys = holds_keys;
    return pane;
}

static void pane_drop_keys(struct panes *panes, const struct pane *pane)
{
    uint32_t ids[64];
    uint8_t *cells[64];
    uint32_t at = 0;
    uint32_t n;
    while (pane->holds_keys && (n = pane_walk(panes, pane, &at, 64, ids, cells)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            table_drop_later(panes->table, ids[i]);
        }
    }
    table_sweep(panes->table);
}

void panes_drop_loose(struct panes *panes, struct pane *pane)
{
    pane_drop_keys(panes, pane);
    if (pane->packed_ids != NULL || panes->n_spare == PANES_SPARE) {
        pane_free(panes, pane);
        return;
    }
    pane_clear(panes, pane);
    panes->spare[panes->n_spare++] = pane;
}

void panes_release(struct panes *panes)
{
    while (panes->n > 0) {
        pane_free(panes, panes->at[--panes->n]);
    }
    while (panes->n_spare > 0) {
        pane_free(panes, panes->spare[--panes->n_spare]);
    }
    mem_free(panes->at);
    panes->at = NULL;
}

uint32_t panes_lower(const struct panes *panes, int64_t index)
{
    uint32_t low = 0;
    uint32_t high = panes->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (panes->at[middle]->index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct pane *panes_find(const struct panes *panes, int64_t index)
{
    uint32_t at = panes_lower(panes, index);
    return at < panes->n && panes->at[at]->index == index ? panes->at[at] : NULL;
}

struct pane *panes_get(struct panes *panes, int64_t index)
{
    uint32_t at = panes_lower(panes, index);
    if (at < panes->n && panes->at[at]->index == index) {
        return panes->at[at];
    }
    if (panes->n == panes->room) {
        panes->room = panes->room == 0 ? 16 : panes->room * 2;
        panes->at = mem_realloc(panes->at, (size_t)panes->room * sizeof(struct pane *));
    }
    memmove(panes->at + at + 1, panes->at + at, (size_t)(panes->n - at) * sizeof(struct pane *));
    struct pane *pane = panes_loose(panes, true);
    pane->index = index;
    panes->at[at] = pane;
    panes->n++;
    return pane;
}

void panes_drop(struct panes *panes, struct pane *pane)
{
    uint32_t at = panes_lower(panes, pane->index);
    CHECK(at < panes->n && panes->at[at] == pane);
    panes->n--;
    memmove(panes->at + at, panes->at + at + 1, (size_t)(panes->n - at) * sizeof(struct pane *));
    panes_drop_loose(panes, pane);
}

void pane_touch_first(struct panes *panes, struct pane *pane, uint32_t id)
{
    bits_set(pane->changed, id);
    if (bits_get(pane->touched, id)) {
        return;
    }
    bits_set(pane->touched, id);
    pane->n_touched++;
    if (pane->holds_keys) {
        table_retain(panes->table, id);
    }
}

void pane_remove(struct pane *pane, uint32_t id)
{
    bits_clear(pane->touched, id);
    bits_clear(pane->changed, id);
    pane->n_touched--;
}

/* ---- what changed -------------------------------------------------------------------------------
 */

static uint32_t packed_changes(const struct panes *panes, const struct pane *pane, uint32_t *ids,
                               uint8_t **cells)
{
    if (pane->packed_changed == NULL) {
        return 0;
    }
    uint32_t n = bits_indexes(pane->packed_changed, pane->n_touched, ids);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = ids[i];
        ids[i] = pane->packed_ids[at];
        cells[i] = pane->packed_cells + (size_t)at * panes->cell_bytes;
    }
    return n;
}

uint32_t pane_changes(const struct panes *panes, const struct pane *pane, uint32_t *ids,
                      uint8_t **cells)
{
    if (pane->packed_ids != NULL) {
        return packed_changes(panes, pane, ids, cells);
    }
    uint32_t n = 0;
    for (uint32_t word = 0; word < pane->touched_words; word++) {
        for (uint64_t bits = pane->changed[word]; bits != 0; bits &= bits - 1) {
            ids[n] = word * 64 + (uint32_t)__builtin_ctzll(bits);
            cells[n] = pane_cell(panes, pane, ids[n]);
            n++;
        }
    }
    return n;
}

static uint64_t *all_bits(uint32_t n)
{
    uint64_t *words = mem_zalloc(((size_t)bits_words(n) + 1) * sizeof *words);
    for (uint32_t i = 0; i < n; i++) {
        bits_set(words, i);
    }
    return words;
}

void pane_change_all(struct pane *pane)
{
    if (pane->packed_ids == NULL) {
        memcpy(pane->changed, pane->touched, (size_t)pane->touched_words * sizeof(uint64_t));
    } else if (pane->n_touched > 0) {
        mem_free(pane->packed_changed);
        pane->packed_changed = all_bits(pane->n_touched);
    }
}

void pane_saved(struct pane *pane)
{
    pane->is_saved = true;
    mem_free(pane->packed_changed);
    pane->packed_changed = NULL;
    if (pane->packed_ids == NULL) {
        memset(pane->changed, 0, (size_t)pane->touched_words * sizeof(uint64_t));
    }
}

/* ---- walking and packing ------------------------------------------------------------------------
 */

uint32_t pane_ids(const struct pane *pane, uint32_t from, uint32_t max, uint32_t *ids,
                  uint32_t *next_word)
{
    uint32_t n = 0;
    uint32_t word = from;
    for (; word < pane->touched_words && n + 64 <= max; word++) {
        for (uint64_t bits = pane->touched[word]; bits != 0; bits &= bits - 1) {
            ids[n++] = word * 64 + (uint32_t)__builtin_ctzll(bits);
        }
    }
    *next_word = word;
    return n;
}

uint32_t pane_walk(const struct panes *panes, const struct pane *pane, uint32_t *at, uint32_t max,
                   uint32_t *ids, uint8_t **cells)
{
    uint32_t n;
    if (pane->packed_ids != NULL) {
        uint32_t left = pane->n_touched - *at;
        n = left < max ? left : max;
        memcpy(ids, pane->packed_ids + *at, (size_t)n * sizeof *ids);
        for (uint32_t i = 0; i < n; i++) {
            cells[i] = pane->packed_cells + (size_t)(*at + i) * panes->cell_bytes;
        }
        *at += n;
        return n;
    }
    do { /* words without a key are not the end */
        n = pane_ids(pane, *at, max, ids, at);
    } while (n == 0 && *at < pane->touched_words);
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = pane_cell(panes, pane, ids[i]);
    }
    return n;
}

/* Which of the packed keys have changed; NULL if none has. */
static uint64_t *pack_changed(const struct pane *pane, const uint32_t *ids, uint32_t n)
{
    uint64_t *changed = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (bits_get(pane->changed, ids[i])) {
            changed = changed == NULL ? mem_zalloc(bits_words(n) * sizeof *changed) : changed;
            bits_set(changed, i);
        }
    }
    return changed;
}

void pane_pack(struct panes *panes, struct pane *pane)
{
    if (pane->packed_ids != NULL || pane->n_touched == 0 ||
        pane->n_touched > table_id_end(panes->table) / PACK_FRACTION) {
        return;
    }
    uint32_t n = pane->n_touched;
    uint32_t *ids = mem_alloc((size_t)n * sizeof *ids + 64 * sizeof *ids);
    uint8_t *packed = mem_alloc((size_t)n * panes->cell_bytes);
    uint8_t *cells[64];
    uint32_t at = 0;
    uint32_t done = 0;
    for (uint32_t got; (got = pane_walk(panes, pane, &at, 64, ids + done, cells)) > 0;) {
        for (uint32_t i = 0; i < got; i++) {
            memcpy(packed + (size_t)(done + i) * panes->cell_bytes, cells[i], panes->cell_bytes);
        }
        done += got;
    }
    CHECK(done == n);
    /* The dense memory goes back as a spare pane; this one keeps its place. */
    struct pane *shell = mem_alloc(sizeof *shell);
    *shell = *pane;
    shell->holds_keys = false;
    *pane = (struct pane){.index = shell->index,
                          .n_touched = n,
                          .holds_keys = pane->holds_keys,
                          .is_saved = pane->is_saved,
                          .packed_changed = pack_changed(shell, ids, n),
                          .packed_ids = ids,
                          .packed_cells = packed};
    panes->bytes += sizeof *pane + packed_bytes(panes, pane);
    panes_drop_loose(panes, shell);
}

void pane_unpack(struct panes *panes, struct pane *pane)
{
    if (pane->packed_ids == NULL) {
        return;
    }
    struct pane packed = *pane;
    struct pane *dense = panes_loose(panes, false);
    pane_reserve(panes, dense, table_id_end(panes->table));
    for (uint32_t i = 0; i < packed.n_touched; i++) {
        memcpy(pane_touch(panes, dense, packed.packed_ids[i]),
               packed.packed_cells + (size_t)i * panes->cell_bytes, panes->cell_bytes);
        if (packed.packed_changed == NULL || !bits_get(packed.packed_changed, i)) {
            bits_clear(dense->changed, packed.packed_ids[i]);
        }
    }
    panes->bytes -= sizeof *pane + packed_bytes(panes, pane);
    *pane = *dense;
    pane->index = packed.index;
    pane->holds_keys = packed.holds_keys;
    pane->is_saved = packed.is_saved;
    mem_free(dense);
    mem_free(packed.packed_changed);
    mem_free(packed.packed_ids);
    mem_free(packed.packed_cells);
}
