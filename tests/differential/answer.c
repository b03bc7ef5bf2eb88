/* answer: see answer.h. */
#include "tests/differential/answer.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"

void answer_release(struct answer *answer)
{
    for (uint32_t i = 0; i < answer->n; i++) {
        mem_free(answer->lines[i]);
    }
    mem_free(answer->lines);
    *answer = (struct answer){0};
}

void answer_add(struct answer *answer, struct slice line)
{
    if (answer->n == answer->room) {
        answer->room = answer->room == 0 ? 16 : answer->room * 2;
        answer->lines = mem_realloc(answer->lines, answer->room * sizeof *answer->lines);
    }
    answer->lines[answer->n++] = mem_text(line.at, line.len);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void answer_sort(struct answer *answer)
{
    if (answer->n > 1) {
        qsort(answer->lines, answer->n, sizeof *answer->lines, compare_lines);
    }
}

bool answer_equal(const struct answer *a, const struct answer *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        if (strcmp(a->lines[i], b->lines[i]) != 0) {
            return false;
        }
    }
    return true;
}

void answer_print(struct bytebuf *out, const struct answer *answer)
{
    for (uint32_t i = 0; i < answer->n; i++) {
        bytebuf_printf(out, "  %s\n", answer->lines[i]);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static void money(struct bytebuf *out, const struct value *value)
{
    if (value->type.scale == 2) {
        bytebuf_printf(out, "%lld", (long long)value->i64);
    } else {
        bytebuf_printf(out, "%lld@%d", (long long)value->i64, value->type.scale);
    }
}

void answer_value(struct bytebuf *out, const struct value *value)
{
    if (value->is_null) {
        bytebuf_add_text(out, "NULL");
        return;
    }
    switch ((enum type_id)value->type.id) {
    case TYPE_BOOLEAN:
        bytebuf_add_text(out, value->boolean ? "true" : "false");
        return;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_INTERVAL:
        bytebuf_printf(out, "%lld", (long long)value->i64);
        return;
    case TYPE_DECIMAL:
        money(out, value);
        return;
    case TYPE_DOUBLE:
        /* Values here are larger, or what rounding has left of zero. */
        bytebuf_printf(out, "%.11g", fabs(value->f64) < 1e-9 ? 0 : value->f64);
        return;
    case TYPE_TEXT:
        textbuf_json(out, text_slice(value->text));
        return;
    case TYPE_NULL:
    case TYPE_COUNT:
        break;
    }
    PANIC("no such type");
}

/* ---- what a query has said ------------------------------------------------------------------- */

static void row_line(struct bytebuf *line, const struct batch *batch, uint32_t row)
{
    bytebuf_clear(line);
    for (uint32_t c = 0; c < batch->schema->n; c++) {
        struct value value = column_value(&batch->columns[c], row);
        bytebuf_add_text(line, c == 0 ? "" : " | ");
        answer_value(line, &value);
    }
}

static void row_key(struct bytebuf *key, const struct batch *batch, const struct plan *plan,
                    uint32_t row)
{
    bytebuf_clear(key);
    for (uint32_t k = 0; k < plan->n_keys; k++) {
        struct value value = column_value(&batch->columns[plan->keys[k]], row);
        bytebuf_add_text(key, " | ");
        answer_value(key, &value);
    }
}

static void remove_line(struct answer *answer, uint32_t i)
{
    mem_free(answer->lines[i]);
    answer->lines[i] = answer->lines[--answer->n];
}

/* The table of a changing result: keys[i] belongs to lines[i]. */
static void fold_row(struct answer *answer, struct answer *keys, struct slice line, const char *key,
                     bool is_delete)
{
    uint32_t i = 0;
    while (i < keys->n && strcmp(keys->lines[i], key) != 0) {
        i++;
    }
    if (i < keys->n) {
        remove_line(answer, i);
        remove_line(keys, i);
    } else if (is_delete) {
        answer_add(answer, slice_text("a delete of a row that is not there"));
        answer_add(keys, slice_text("deleted"));
        return;
    }
    if (!is_delete) {
        answer_add(answer, line);
        answer_add(keys, slice_text(key));
    }
}

/* Where the rows of the last trigger that brought some begin. */
static uint32_t last_trigger(const struct memory_rows *rows)
{
    uint32_t from = 0;
    bool ended = false;
    for (uint32_t i = 0; i < rows->n_batches; i++) {
        const struct batch *batch = memory_rows_batch(rows, i);
        if (batch == NULL) {
            ended = true;
        } else if (ended) {
            from = i;
            ended = false;
        }
    }
    return from;
}

void answer_take(struct answer *answer, const struct memory_rows *rows, const struct plan *plan)
{
    struct answer keys = {0};
    struct bytebuf line = {0};
    struct bytebuf key = {0};
    uint32_t first = plan->emit.kind == EMIT_COMPLETE ? last_trigger(rows) : 0;
    for (uint32_t i = first; i < rows->n_batches; i++) {
        const struct batch *batch = memory_rows_batch(rows, i);
        for (uint32_t r = 0; batch != NULL && r < batch->n; r++) {
            row_line(&line, batch, r);
            if (plan->changes) {
                bool is_delete = batch->ops != NULL && batch->ops[r] == ROW_DELETE;
                row_key(&key, batch, plan, r);
                fold_row(answer, &keys, bytebuf_slice(&line), bytebuf_text(&key), is_delete);
            } else {
                answer_add(answer, bytebuf_slice(&line));
            }
        }
    }
    bytebuf_release(&line);
    bytebuf_release(&key);
    answer_release(&keys);
}

void answer_log(struct answer *answer, const struct memory_rows *rows)
{
    struct bytebuf line = {0};
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < rows->n_batches; i++) {
        const struct batch *batch = memory_rows_batch(rows, i);
        for (uint32_t r = 0; batch != NULL && r < batch->n; r++) {
            bool is_delete = batch->ops != NULL && batch->ops[r] == ROW_DELETE;
            row_line(&line, batch, r);
            bytebuf_clear(&text);
            bytebuf_add_text(&text, is_delete ? "- " : "+ ");
            bytebuf_add(&text, line.at, line.len);
            answer_add(answer, bytebuf_slice(&text));
        }
    }
    bytebuf_release(&line);
    bytebuf_release(&text);
}
