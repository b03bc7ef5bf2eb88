/* aggregate_save: the state of op_aggregate as entries and back. Ids are not saved: rows go by key,
 * so a loaded state may number them anew.
 *
 *     section ""        "" = u8 has_next, i64 next_window, i64 watermark,
 *                            i64 every_next_us, u64 n_cleared, u8 knows
 *     section p index   group = u8 is_dirty, is_dirty: u64 n_cleared, cell        a pane
 *     section s window  group = ""                           rows that the reader has seen
 *     section k 0       group = u32 fills_left, cell                       FILL's groups
 *
 * A key is dirty, which is to say that it has something to say at the next trigger, if it was saved
 * as dirty and nothing has been cleared since: a trigger need not touch all keys that it clears. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/aggregate.h"
#include "engine/ops/groups.h"

/* Keys of a large table are not in the cache: they are fetched that far ahead. */
enum { AHEAD = 16 };

enum { SECTION_PANE = 'p', SECTION_SHOWN = 's', SECTION_KNOWN = 'k' };

/* ---- what is gone -------------------------------------------------------------------------------
 */

void aggregate_forgets_pane(struct aggregate_op *agg, const struct pane *pane)
{
    struct changelog gone = {.out = &agg->gone};
    if (pane->is_saved) {
        changelog_number_section(&gone, SECTION_PANE, pane->index);
        changelog_drop(&gone);
    }
}

void aggregate_forgets_shown(struct aggregate_op *agg, const struct shown *shown)
{
    struct changelog gone = {.out = &agg->gone};
    if (shown->is_saved) {
        changelog_number_section(&gone, SECTION_SHOWN, shown->window);
        changelog_drop(&gone);
    }
}

void aggregate_forgets_known(struct aggregate_op *agg, uint32_t id)
{
    struct changelog gone = {.out = &agg->gone};
    if (agg->known->is_saved) {
        changelog_number_section(&gone, SECTION_KNOWN, 0);
        changelog_erase(&gone);
        groups_put_key(agg->table, id, gone.out);
        changelog_done(&gone);
    }
}

/* ---- saving -------------------------------------------------------------------------------------
 */

static void put_key(const struct aggregate_op *agg, struct changelog *log, uint32_t id)
{
    changelog_put(log, groups_key_group(agg->table, id));
    groups_put_key(agg->table, id, log->out);
    changelog_value(log);
}

static void save_cell(const struct aggregate_op *agg, const struct pane *pane, uint32_t id,
                      const uint8_t *cell, struct changelog *log)
{
    bool is_dirty = pane->any_dirty && bits_get(pane->dirty, id);
    put_key(agg, log, id);
    codec_put_u8(log->out, is_dirty);
    if (is_dirty) {
        codec_put_u64(log->out, agg->n_cleared);
    }
    agg_set_save(agg->set, cell, log->out);
    changelog_done(log);
}

/* Keys of a pane that have changed, and their cells; mem_free them. */
struct changes {
    uint32_t *ids;
    uint8_t **cells;
    uint32_t n;
};

static struct changes changes_of(const struct aggregate_op *agg, struct pane *pane, bool whole)
{
    size_t room = (size_t)pane->n_touched + 64;
    struct changes changes = {.ids = mem_alloc(room * sizeof *changes.ids),
                              .cells = mem_alloc(room * sizeof *changes.cells)};
    if (whole) {
        pane_change_all(pane);
    }
    changes.n = pane_changes(&agg->panes, pane, changes.ids, changes.cells);
    return changes;
}

static void changes_release(struct changes *changes)
{
    mem_free(changes->ids);
    mem_free(changes->cells);
}

static void save_pane(const struct aggregate_op *agg, struct pane *pane, struct changelog *log)
{
    struct changes changes = changes_of(agg, pane, log->whole);
    if (changes.n > 0 || log->whole) {
        changelog_number_section(log, SECTION_PANE, pane->index);
    }
    for (uint32_t i = 0; i < changes.n; i++) {
        if (i + AHEAD < changes.n) {
            table_prefetch(agg->table, changes.ids[i + AHEAD]);
        }
        save_cell(agg, pane, changes.ids[i], changes.cells[i], log);
    }
    changes_release(&changes);
    pane_saved(pane);
}

static void save_shown(const struct aggregate_op *agg, struct shown *shown, struct changelog *log)
{
    uint32_t end = shown->n_words * 64;
    const uint64_t *which = log->whole ? shown->words : shown->changed;
    uint32_t *ids = mem_alloc(((size_t)end + 1) * sizeof *ids);
    uint32_t n = bits_indexes(which, end, ids);
    if (n > 0) {
        changelog_number_section(log, SECTION_SHOWN, shown->window);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (bits_get(shown->words, ids[i])) {
            put_key(agg, log, ids[i]);
        } else {
            changelog_erase(log);
            groups_put_key(agg->table, ids[i], log->out);
        }
        changelog_done(log);
    }
    mem_free(ids);
    memset(shown->changed, 0, shown->n_words * sizeof *shown->changed);
    shown->is_saved = true;
}

static void save_known(const struct aggregate_op *agg, struct changelog *log)
{
    struct changes changes = changes_of(agg, agg->known, log->whole);
    changelog_number_section(log, SECTION_KNOWN, 0);
    for (uint32_t i = 0; i < changes.n; i++) {
        put_key(agg, log, changes.ids[i]);
        codec_put_u32(log->out, agg->fills_left[changes.ids[i]]);
        agg_set_save(agg->set, changes.cells[i], log->out);
        changelog_done(log);
    }
    changes_release(&changes);
    pane_saved(agg->known);
}

static void save_head(const struct aggregate_op *agg, struct changelog *log)
{
    op_save_head(log);
    codec_put_u8(log->out, agg->has_next);
    codec_put_i64(log->out, agg->next_window);
    codec_put_i64(log->out, agg->watermark);
    codec_put_i64(log->out, agg->every_next_us);
    codec_put_u64(log->out, agg->n_cleared);
    codec_put_u8(log->out, agg->known != NULL);
    changelog_done(log);
}

void aggregate_save(struct op *op, struct changelog *log)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    save_head(agg, log);
    if (!log->whole) {
        bytebuf_add(log->out, agg->gone.at, agg->gone.len);
    }
    bytebuf_clear(&agg->gone);
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        save_pane(agg, agg->panes.at[i], log);
    }
    for (uint32_t i = 0; i < agg->n_shown; i++) {
        save_shown(agg, &agg->shown[i], log);
    }
    if (agg->known != NULL) {
        save_known(agg, log);
    }
}

/* ---- loading ------------------------------------------------------------------------------------
 */

static enum status load_cell(struct aggregate_op *agg, int64_t index, uint32_t id,
                             struct reader *in, struct error *err)
{
    bool is_dirty = reader_u8(in) != 0;
    uint64_t n_cleared = is_dirty ? reader_u64(in) : 0;
    struct pane *pane = panes_get(&agg->panes, index);
    pane_reserve(&agg->panes, pane, table_id_end(agg->table));
    TRY(agg_set_load(agg->set, pane_touch(&agg->panes, pane, id), in, err));
    if (is_dirty && n_cleared == agg->n_cleared && agg->panes.tracks_dirty) {
        pane_mark_dirty(pane, id);
    }
    return OK;
}

static enum status load_known(struct aggregate_op *agg, uint32_t id, struct reader *in,
                              struct error *err)
{
    aggregate_know(agg, id, reader_u32(in));
    return agg_set_load(agg->set, pane_cell(&agg->panes, agg->known, id), in, err);
}

static enum status load_entry(struct aggregate_op *agg, const struct entry *entry,
                              struct error *err)
{
    int64_t number;
    struct reader in = reader_of(entry->value);
    enum status status = OK;
    uint32_t id = groups_take_key(agg->table, agg->op.node, entry->key);
    if (id == TABLE_NO_ID) {
        return op_damaged(&agg->op, err);
    }
    if (op_section_is(entry, SECTION_PANE, &number) && window_has_pane(&agg->grid, number)) {
        status = load_cell(agg, number, id, &in, err);
    } else if (op_section_is(entry, SECTION_SHOWN, &number) && window_has(&agg->grid, number)) {
        aggregate_set_shown(agg, number, id, true);
    } else if (op_section_is(entry, SECTION_KNOWN, &number) && agg->known != NULL) {
        status = load_known(agg, id, &in, err);
    } else {
        in.failed = true;
    }
    if (status == OK && (!reader_ok(&in) || reader_left(&in) != 0)) {
        return op_damaged(&agg->op, err);
    }
    return status;
}

/* What was loaded is saved: it has not changed. */
static void loaded(struct aggregate_op *agg)
{
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        pane_saved(agg->panes.at[i]);
    }
    for (uint32_t i = 0; i < agg->n_shown; i++) {
        struct shown *shown = &agg->shown[i];
        memset(shown->changed, 0, shown->n_words * sizeof *shown->changed);
        shown->is_saved = true;
    }
    if (agg->known != NULL) {
        pane_saved(agg->known);
    }
}

enum status aggregate_load(struct op *op, struct entries_walk *in, struct error *err)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    struct reader head;
    struct entry entry;
    TRY(op_load_head(op, in, &head, err));
    agg->has_next = reader_u8(&head) != 0;
    agg->next_window = reader_i64(&head);
    agg->watermark = reader_i64(&head);
    agg->every_next_us = reader_i64(&head);
    agg->n_cleared = reader_u64(&head);
    bool knows = reader_u8(&head) != 0;
    if (!reader_ok(&head) || reader_left(&head) != 0 || knows != (agg->known != NULL) ||
        !window_has(&agg->grid, agg->next_window)) {
        return op_damaged(op, err);
    }
    while (entries_next(in, &entry)) {
        TRY(load_entry(agg, &entry, err));
    }
    loaded(agg);
    return OK;
}
