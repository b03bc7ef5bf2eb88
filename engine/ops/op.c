/* op: see op.h. */
#include "engine/ops/op.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/intake.h"

void op_push(struct op *op, struct batch *batch)
{
    if (batch->n == 0) {
        return;
    }
    const struct late_columns *late = batch->late;
    uint64_t dropped = late == NULL ? 0 : late->n_dropped;
    op->stats.rows_in += batch->n;
    op->kind->push(op, batch);
    op->stats.rows_bad += late == NULL ? 0 : late->n_dropped - dropped;
}

uint64_t op_rows_bad(const struct op *op)
{
    return op->stats.rows_bad - (op->next == NULL ? 0 : op->next->stats.rows_bad);
}

/* The border behind the innermost query of the chain that begins with `op`; NULL: there is none. */
static struct op *border_of(struct op *op)
{
    while (op != NULL && op->node->kind != PLAN_SUBQUERY) {
        op = op->next;
    }
    return op;
}

int64_t op_watermark_behind(const struct op *op, int64_t watermark)
{
    bool is_time = watermark != TIME_NONE && watermark != TIME_END;
    bool trails = op->node->kind == PLAN_SUBQUERY && is_time;
    return trails ? time_minus(watermark, op->node->delay_us) : watermark;
}

static void advance_until(struct op *op, const struct op *end, int64_t watermark)
{
    for (; op != end && watermark != TIME_NONE; op = op->next) {
        if (op->kind->advance != NULL) {
            op->kind->advance(op, watermark);
        }
    }
}

static void trigger_until(struct op *op, const struct op *end, bool at_end)
{
    for (; op != end; op = op->next) {
        if (op->kind->trigger != NULL) {
            op->kind->trigger(op, at_end);
        }
    }
}

void op_advance(struct op *op, int64_t watermark, enum op_say say)
{
    for (struct op *border; (border = border_of(op)) != NULL; op = border->next) {
        advance_until(op, border, watermark);
        if (say != SAY_NOTHING) {
            trigger_until(op, border, say == SAY_LAST);
        }
        advance_until(border, border->next, watermark);
        watermark = op_watermark_behind(border, watermark);
    }
    advance_until(op, NULL, watermark);
}

/* Behind the last border. */
static struct op *outermost(struct op *op)
{
    for (struct op *border; (border = border_of(op)) != NULL;) {
        op = border->next;
    }
    return op;
}

void op_trigger(struct op *op, bool at_end)
{
    trigger_until(outermost(op), NULL, at_end);
}

static uint32_t count_ops(const struct op *op)
{
    uint32_t n = 0;
    for (; op != NULL; op = op->next) {
        n++;
    }
    return n;
}

void op_repeat(struct op *op)
{
    struct op_stats *stats = mem_alloc(count_ops(op) * sizeof *stats);
    struct op_context *context = op->context;
    const struct runtime_errors errors = context->program.errors;
    uint32_t n = 0;
    for (struct op *at = op; at != NULL; at = at->next) {
        stats[n++] = at->stats;
    }
    context->repeats = true;
    for (struct op *at = outermost(op); at != NULL; at = at->next) {
        if (at->kind->repeat != NULL) {
            at->kind->repeat(at);
            trigger_until(at->next, NULL, false);
        }
    }
    context->repeats = false;
    n = 0;
    for (struct op *at = op; at != NULL; at = at->next) {
        at->stats = stats[n++];
    }
    context->program.errors = errors;
    mem_free(stats);
}

/* ---- saved state --------------------------------------------------------------------------------
 */

void op_save_stats(const struct op *first, struct bytebuf *out)
{
    codec_put_u32(out, count_ops(first));
    for (const struct op *op = first; op != NULL; op = op->next) {
        codec_put_u64(out, op->stats.rows_in);
        codec_put_u64(out, op->stats.rows_out);
        codec_put_u64(out, op->stats.rows_bad);
        codec_put_u64(out, op->stats.rows_late);
        codec_put_u64(out, op->stats.rows_too_late);
        codec_put_u64(out, op->stats.rows_no_time);
        codec_put_u64(out, op->stats.rows_evicted);
        codec_put_u64(out, op->stats.fill_gaps);
    }
}

static void load_op_stats(struct op_stats *stats, struct reader *in)
{
    stats->rows_in = reader_u64(in);
    stats->rows_out = reader_u64(in);
    stats->rows_bad = reader_u64(in);
    stats->rows_late = reader_u64(in);
    stats->rows_too_late = reader_u64(in);
    stats->rows_no_time = reader_u64(in);
    stats->rows_evicted = reader_u64(in);
    stats->fill_gaps = reader_u64(in);
}

void op_load_stats(struct op *first, struct reader *in)
{
    uint32_t n = reader_u32(in);
    bool fits = n == count_ops(first);
    struct op *op = first;
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        struct op_stats other = {0};
        load_op_stats(fits ? &op->stats : &other, in);
        op = fits ? op->next : op;
    }
}

void op_save_all(struct op *first, bool whole, struct bytebuf *out)
{
    struct changelog log = {.out = out, .whole = whole};
    uint32_t number = 0;
    for (struct op *op = first; op != NULL; op = op->next) {
        if (op->kind->save != NULL) {
            CHECK(whole || op->is_saved);
            changelog_operator(&log, number++, op->kind->version, slice_text(op->kind->name));
            op->kind->save(op, &log);
            op->is_saved = true;
        }
    }
    changelog_end(&log);
}

enum status op_load_all(struct op *first, struct entries *entries, struct error *err)
{
    uint32_t number = 0;
    for (struct op *op = first; op != NULL; op = op->next) {
        struct slice name;
        uint8_t version;
        if (op->kind->load == NULL) {
            continue;
        }
        if (!entries_operator(entries, number, &name, &version) ||
            !slice_equal(name, slice_text(op->kind->name))) {
            return error_set(err, ERR_STATE, "saved state has nothing of operator \"%s\"",
                             op->kind->name);
        }
        if (version != op->kind->version) {
            return error_set(err, ERR_STATE, "saved state of operator \"%s\" is of version %u",
                             op->kind->name, version);
        }
        struct entries_walk walk = entries_walk(entries, number++);
        TRY(op->kind->load(op, &walk, err));
        op->is_saved = true;
    }
    return OK;
}

void op_save_head(struct changelog *log)
{
    changelog_put(log, 0);
    changelog_value(log);
}

enum status op_damaged(const struct op *op, struct error *err)
{
    return error_set(err, ERR_STATE, "saved state of operator \"%s\" is damaged", op->kind->name);
}

enum status op_load_head(const struct op *op, struct entries_walk *in, struct reader *out,
                         struct error *err)
{
    struct entry entry;
    if (!entries_next(in, &entry) || entry.section.len > 0 || entry.key.len > 0) {
        return op_damaged(op, err);
    }
    *out = reader_of(entry.value);
    return OK;
}

bool op_section_is(const struct entry *entry, char kind, int64_t *number)
{
    struct reader in = reader_of(entry->section);
    if (reader_u8(&in) != (uint8_t)kind) {
        return false;
    }
    uint64_t bits = changelog_number(reader_raw(&in, reader_left(&in)), &in);
    *number = (int64_t)(bits ^ UINT64_C(1) << 63);
    return reader_ok(&in);
}

void op_look_all(struct op *first, const struct op_look *look)
{
    for (struct op *op = first; op != NULL; op = op->next) {
        if (op->kind->look != NULL) {
            op->kind->look(op, look);
        }
    }
}

void op_measure_all(struct op *first)
{
    for (struct op *op = first; op != NULL; op = op->next) {
        if (op->kind->measure != NULL) {
            op->kind->measure(op);
        }
    }
}

void op_close_all(struct op *first)
{
    while (first != NULL) {
        struct op *next = first->next;
        if (first->kind->close != NULL) {
            first->kind->close(first);
        }
        first = next;
    }
}
