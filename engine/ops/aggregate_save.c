/* aggregate_save: the state of op_aggregate as bytes and back. Ids are not saved: rows go by key,
 * so a loaded state may number them anew.
 *
 *     u8 version, u8 has_next, i64 next_window, i64 watermark, i64 every_next_us
 *     u32 panes { i64 index, rows }       rows = u32 n { key, u8 dirty, cell }
 *     u32 shown { i64 window, u32 n { key } }
 *     u8 knows { u32 n { key, u32 fills_left, cell } } */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/aggregate.h"
#include "engine/ops/groups.h"

enum { AGGREGATE_STATE_VERSION = 1 };

/* The ids set in a bitmap, in the order of keys; mem_free them. */
static uint32_t *ids_by_key(const struct aggregate_op *agg, const uint64_t *words, uint32_t n_words,
                            uint32_t *n)
{
    uint32_t *ids = mem_alloc(((size_t)n_words * 64 + 1) * sizeof *ids);
    *n = bits_indexes(words, n_words * 64, ids);
    table_sort(agg->table, ids, *n);
    return ids;
}

static void save_pane(const struct aggregate_op *agg, const struct pane *pane, struct bytebuf *out)
{
    uint32_t n = pane->n_touched;
    uint32_t *ids = mem_alloc(((size_t)n + 64) * sizeof *ids);
    uint8_t **cells = mem_alloc(((size_t)n + 64) * sizeof *cells);
    uint32_t at = 0;
    uint32_t found = pane_walk(&agg->panes, pane, &at, n + 64, ids, cells);
    CHECK(found == n);
    codec_put_i64(out, pane->index);
    codec_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        groups_save(agg->table, ids[i], out);
        codec_put_u8(out, pane->any_dirty && bits_get(pane->dirty, ids[i]));
        agg_set_save(agg->set, cells[i], out);
    }
    mem_free(cells);
    mem_free(ids);
}

static void save_shown(const struct aggregate_op *agg, const struct shown *shown,
                       struct bytebuf *out)
{
    uint32_t n;
    uint32_t *ids = ids_by_key(agg, shown->words, shown->n_words, &n);
    codec_put_i64(out, shown->window);
    codec_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        groups_save(agg->table, ids[i], out);
    }
    mem_free(ids);
}

static void save_known(const struct aggregate_op *agg, struct bytebuf *out)
{
    uint32_t n;
    uint32_t *ids = ids_by_key(agg, agg->known->touched, agg->known->touched_words, &n);
    codec_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        groups_save(agg->table, ids[i], out);
        codec_put_u32(out, agg->fills_left[ids[i]]);
        agg_set_save(agg->set, pane_cell(&agg->panes, agg->known, ids[i]), out);
    }
    mem_free(ids);
}

void aggregate_save(const struct op *op, struct bytebuf *out)
{
    const struct aggregate_op *agg = (const struct aggregate_op *)op;
    codec_put_u8(out, AGGREGATE_STATE_VERSION);
    codec_put_u8(out, agg->has_next);
    codec_put_i64(out, agg->next_window);
    codec_put_i64(out, agg->watermark);
    codec_put_i64(out, agg->every_next_us);
    codec_put_u32(out, agg->panes.n);
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        save_pane(agg, agg->panes.at[i], out);
    }
    codec_put_u32(out, agg->n_shown);
    for (uint32_t i = 0; i < agg->n_shown; i++) {
        save_shown(agg, &agg->shown[i], out);
    }
    codec_put_u8(out, agg->known != NULL);
    if (agg->known != NULL) {
        save_known(agg, out);
    }
}

static enum status load_pane(struct aggregate_op *agg, struct reader *in, struct error *err)
{
    int64_t index = reader_i64(in);
    uint32_t n = reader_u32(in);
    if (!reader_ok(in) || panes_find(&agg->panes, index) != NULL) {
        return error_set(err, ERR_STATE, "saved pane is damaged");
    }
    struct pane *pane = panes_get(&agg->panes, index);
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        uint32_t id = groups_load(agg->table, agg->op.node, in);
        bool dirty = reader_u8(in) != 0;
        if (!reader_ok(in)) {
            break;
        }
        pane_reserve(&agg->panes, pane, table_id_end(agg->table));
        if (pane_has(pane, id)) {
            return error_set(err, ERR_STATE, "saved pane holds a key twice");
        }
        TRY(agg_set_load(agg->set, pane_touch(&agg->panes, pane, id), in, err));
        if (dirty && agg->panes.tracks_dirty) {
            pane_mark_dirty(pane, id);
        }
    }
    return OK;
}

static void load_shown(struct aggregate_op *agg, struct reader *in)
{
    int64_t window = reader_i64(in);
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        uint32_t id = groups_load(agg->table, agg->op.node, in);
        if (reader_ok(in)) {
            aggregate_set_shown(agg, window, id, true);
        }
    }
}

static enum status load_known(struct aggregate_op *agg, struct reader *in, struct error *err)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        uint32_t id = groups_load(agg->table, agg->op.node, in);
        uint32_t fills = reader_u32(in);
        if (!reader_ok(in)) {
            break;
        }
        if (agg->known->n_touched > 0 && pane_has(agg->known, id)) {
            return error_set(err, ERR_STATE, "saved groups hold a key twice");
        }
        aggregate_know(agg, id, fills);
        TRY(agg_set_load(agg->set, pane_cell(&agg->panes, agg->known, id), in, err));
    }
    return OK;
}

enum status aggregate_load(struct op *op, struct reader *in, struct error *err)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    if (reader_u8(in) != AGGREGATE_STATE_VERSION) {
        return error_set(err, ERR_STATE, "saved aggregate has an unknown version");
    }
    agg->has_next = reader_u8(in) != 0;
    agg->next_window = reader_i64(in);
    agg->watermark = reader_i64(in);
    agg->every_next_us = reader_i64(in);
    uint32_t n_panes = reader_u32(in);
    for (uint32_t i = 0; i < n_panes && reader_ok(in); i++) {
        TRY(load_pane(agg, in, err));
    }
    uint32_t n_shown = reader_u32(in);
    for (uint32_t i = 0; i < n_shown && reader_ok(in); i++) {
        load_shown(agg, in);
    }
    bool knows = reader_u8(in) != 0;
    if (knows != (agg->known != NULL)) {
        return error_set(err, ERR_STATE, "saved aggregate is of another plan");
    }
    return knows ? load_known(agg, in, err) : OK;
}
