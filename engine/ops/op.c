/* op: see op.h. */
#include "engine/ops/op.h"

#include "engine/base/panic.h"

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

void op_advance(struct op *op, int64_t watermark)
{
    for (; op != NULL; op = op->next) {
        if (op->kind->advance != NULL) {
            op->kind->advance(op, watermark);
        }
    }
}

void op_trigger(struct op *op, bool at_end)
{
    for (; op != NULL; op = op->next) {
        if (op->kind->trigger != NULL) {
            op->kind->trigger(op, at_end);
        }
    }
}

/* Counters of what happened; those of what is there now are measured again. */
static void stats_save(const struct op_stats *stats, struct bytebuf *out)
{
    codec_put_u64(out, stats->rows_in);
    codec_put_u64(out, stats->rows_out);
    codec_put_u64(out, stats->rows_bad);
    codec_put_u64(out, stats->rows_late);
    codec_put_u64(out, stats->rows_too_late);
    codec_put_u64(out, stats->rows_no_time);
    codec_put_u64(out, stats->rows_evicted);
    codec_put_u64(out, stats->fill_gaps);
}

static void stats_load(struct op_stats *stats, struct reader *in)
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

/* Each operator's counters and, if it keeps state, a section: its name and its bytes, so that bytes
 * of another plan are noticed. */
void op_save_all(const struct op *first, struct bytebuf *out)
{
    struct bytebuf section;
    bytebuf_init(&section);
    for (const struct op *op = first; op != NULL; op = op->next) {
        stats_save(&op->stats, out);
        if (op->kind->save == NULL) {
            continue;
        }
        bytebuf_clear(&section);
        op->kind->save(op, &section);
        codec_put_bytes(out, slice_text(op->kind->name));
        codec_put_bytes(out, bytebuf_slice(&section));
    }
    bytebuf_release(&section);
}

enum status op_load_all(struct op *first, struct reader *in, struct error *err)
{
    for (struct op *op = first; op != NULL; op = op->next) {
        stats_load(&op->stats, in);
        if (op->kind->load == NULL) {
            continue;
        }
        struct slice name = reader_bytes(in);
        struct reader section = reader_of(reader_bytes(in));
        if (!reader_ok(in) || !slice_equal(name, slice_text(op->kind->name))) {
            return error_set(err, ERR_STATE, "saved state has no section for operator \"%s\"",
                             op->kind->name);
        }
        TRY(op->kind->load(op, &section, err));
        if (!reader_ok(&section) || reader_left(&section) != 0) {
            return error_set(err, ERR_STATE, "saved state of operator \"%s\" is damaged",
                             op->kind->name);
        }
    }
    return reader_ok(in) ? OK : error_set(err, ERR_STATE, "saved counters are cut short");
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
