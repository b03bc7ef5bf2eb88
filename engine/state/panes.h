/* panes: rows of state by time and key. A *pane* is the stretch of event time between two window
 * borders; each row of input falls into one pane and is added once. In a pane, the cell of key id k
 * is at pane_cell(pane, k); cells are zeroed memory (the empty state of agg.h) until they are
 * touched.
 *
 *     struct panes panes;
 *     panes_init(&panes, table, agg_set_bytes(set));
 *     struct pane *pane = panes_get(&panes, index);        // made if it is not there
 *     cells[i] = pane_touch(&panes, pane, ids[i]);         // marks the key as present, and changed
 *     …
 *     panes_drop(&panes, pane);                            // cells own nothing any more: released
 * before panes_release(&panes);
 *
 * A pane is *dense* while rows come: a cell for every id, in chunks that never move. When its time
 * is over it can be *packed*: the cells that were touched, side by side, so that thousands of panes
 * with few keys each cost what they hold. Memory of dropped panes is kept for the next ones. */
#ifndef ENGINE_STATE_PANES_H
#define ENGINE_STATE_PANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bits.h"
#include "engine/state/table.h"

enum {
    /* Chunk 0 holds ids below 1024, chunk k ids from 512 × 2^k to 1024 × 2^k: small state stays
     * small, and growth moves nothing. */
    PANE_CHUNK_MIN = 1024,
    PANE_CHUNKS = 22, /* ids below 2^31 */
    PANES_SPARE = 8,
};

struct pane {
    int64_t index;
    uintptr_t chunks[PANE_CHUNKS]; /* address of id 0's cell if the chunk began there */
    uint64_t *touched;             /* bit per id: it is there */
    uint64_t *changed;             /* bit per id: it is, and has changed since the last save */
    uint32_t touched_words;        /* of both */
    uint32_t n_touched;
    bool holds_keys;      /* retains each touched key in the table */
    uint32_t *packed_ids; /* ascending, n_touched of them; NULL: the pane is dense */
    uint8_t *packed_cells;
    uint64_t *packed_changed; /* bit per packed key; NULL: none has changed since the last save */
    bool is_saved;            /* a save knows the pane */
    uint64_t *dirty; /* bit per id, changed since the last trigger; only if panes.tracks_dirty */
    bool any_dirty;
};

struct panes {
    struct table *table;
    uint32_t cell_bytes;
    uint32_t n;
    uint32_t room;
    struct pane **at; /* by index, ascending */
    struct pane *spare[PANES_SPARE];
    uint32_t n_spare;
    size_t bytes;
    bool tracks_dirty;
};

void panes_init(struct panes *panes, struct table *table, uint32_t cell_bytes);
void panes_release(struct panes *panes);

/* Position of the first pane with at least this index: 0 … panes->n. */
uint32_t panes_lower(const struct panes *panes, int64_t index);
/* NULL if it is not there. */
struct pane *panes_find(const struct panes *panes, int64_t index);
struct pane *panes_get(struct panes *panes, int64_t index);
void panes_drop(struct panes *panes, struct pane *pane);

/* A pane that is in no order, for merging into; give it back with panes_drop_loose. Without
 * `holds_keys` it must not outlive the panes it was merged from. */
struct pane *panes_loose(struct panes *panes, bool holds_keys);
void panes_drop_loose(struct panes *panes, struct pane *pane);

/* Makes room for ids below `id_end`: before pane_touch, once per batch. */
void pane_reserve(struct panes *panes, struct pane *pane, uint32_t id_end);

/* The address of a key's cell. The chunk must be there. */
static inline uint8_t *pane_cell(const struct panes *panes, const struct pane *pane, uint32_t id)
{
    unsigned chunk = 31u - (unsigned)__builtin_clz(id >> 9 | 1);
    return (uint8_t *)(pane->chunks[chunk] + (uintptr_t)id * panes->cell_bytes);
}

static inline bool pane_has(const struct pane *pane, uint32_t id)
{
    return (id >> 6) < pane->touched_words && bits_get(pane->touched, id);
}

void pane_touch_first(struct panes *panes, struct pane *pane, uint32_t id);

/* One test for both: a key that has changed is there. */
static inline uint8_t *pane_touch(struct panes *panes, struct pane *pane, uint32_t id)
{
    if (__builtin_expect(!bits_get(pane->changed, id), 0)) {
        pane_touch_first(panes, pane, id);
    }
    return pane_cell(panes, pane, id);
}

static inline void pane_mark_dirty(struct pane *pane, uint32_t id)
{
    bits_set(pane->dirty, id);
    pane->any_dirty = true;
}

void pane_clear_dirty(struct pane *pane);

/* The key is not there any more. Its cell is the caller's to clear, its place in the table to drop.
 */
void pane_remove(struct pane *pane, uint32_t id);

/* The ids of keys that have changed since pane_saved, ascending, and their cells; room for all
 * n_touched of them and 64 more. Returns how many. */
uint32_t pane_changes(const struct panes *panes, const struct pane *pane, uint32_t *ids,
                      uint8_t **cells);
/* All keys count as changed. */
void pane_change_all(struct pane *pane);
/* A save has everything: nothing has changed since. */
void pane_saved(struct pane *pane);

/* Packs a dense pane that holds few of the ids below its end; leaves others as they are. */
void pane_pack(struct panes *panes, struct pane *pane);
/* Makes a packed pane dense again: a late row goes into it. */
void pane_unpack(struct panes *panes, struct pane *pane);

/* Walks the keys of a dense or packed pane, ids ascending: fills ids[0..max) and cells[0..max) and
 * returns how many; 0 at the end. *at begins at 0; max must be at least 64. */
uint32_t pane_walk(const struct panes *panes, const struct pane *pane, uint32_t *at, uint32_t max,
                   uint32_t *ids, uint8_t **cells);

/* The ids present in a dense pane among words [from, …): fills ids[0..max), returns how many and in
 * *next_word where to go on. max must be at least 64. */
uint32_t pane_ids(const struct pane *pane, uint32_t from, uint32_t max, uint32_t *ids,
                  uint32_t *next_word);

#endif
