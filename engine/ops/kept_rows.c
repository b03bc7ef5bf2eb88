/* kept_rows: see kept_rows.h. */
#include "engine/ops/kept_rows.h"

#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/wanted.h"

/* ---- lists of rows --------------------------------------------------------------------------- */

void number_list_add(struct number_list *list, uint64_t number)
{
    if (list->n == list->room) {
        CHECK(list->room <= UINT32_MAX / 2);
        list->room = list->room == 0 ? 8 : list->room * 2;
        list->at = mem_realloc(list->at, list->room * sizeof *list->at);
    }
    list->at[list->n++] = number;
}

void number_list_release(struct number_list *list)
{
    mem_free(list->at);
    *list = (struct number_list){0};
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void number_list_sort(struct number_list *list)
{
    for (uint32_t i = 1; i < list->n; i++) {
        if (list->at[i - 1] > list->at[i]) {
            qsort(list->at, list->n, sizeof *list->at, compare_numbers);
            return;
        }
    }
}

void number_list_save(const struct number_list *list, struct bytebuf *out)
{
    codec_put_u32(out, list->n);
    for (uint32_t i = 0; i < list->n; i++) {
        codec_put_u64(out, list->at[i]);
    }
}

bool number_list_load(struct number_list *list, struct reader *in)
{
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n && reader_ok(in); i++) {
        number_list_add(list, reader_u64(in));
    }
    return reader_ok(in);
}

/* ---- the operators' common part -------------------------------------------------------------- */

/* What is kept: columns that are read above the window, by HAVING too. */
static const uint64_t *columns_to_keep(struct op_context *context, const struct plan_node *node)
{
    if (context->wanted == NULL) {
        return NULL;
    }
    struct plan_node passes = *node;
    passes.n_keys = 0;
    return wanted_below(context->query, &passes, context->wanted);
}

void kept_rows_init(struct kept_rows *kept, struct op_context *context,
                    const struct plan_node *node, const struct op_kind *kind)
{
    kept->op = (struct op){.kind = kind, .node = node, .context = context};
    const uint64_t *wanted = columns_to_keep(context, node);
    record_layout_init(&kept->layout, context->query, &node->input->schema, wanted);
    size_t n_words = bits_words(node->input->schema.n);
    uint64_t *decoded = arena_zalloc(context->query, n_words * sizeof *decoded);
    for (uint32_t i = 0; i < kept->layout.n; i++) {
        bits_set(decoded, kept->layout.columns[i]);
    }
    intake_init(&kept->intake, &kept->op, decoded);
    CHECK(kept->intake.time_column >= 0);
    kept->log = rowlog_new(&kept->layout);
    kept->having = having_new(&kept->op);
    arena_init(&kept->emit);
    kept->watermark = TIME_NONE;
}

void kept_rows_release(struct kept_rows *kept)
{
    rowlog_free(kept->log);
    program_free(kept->having);
    arena_release(&kept->emit);
}

void kept_rows_look(struct kept_rows *kept, const struct op_look *look, struct look_end *end)
{
    const struct schema *schema = &kept->op.node->schema;
    size_t n = bits_words(schema->n);
    uint64_t *words = arena_zalloc(kept->op.context->query, n * sizeof *words);
    bits_set(words, 0); /* the window */
    bits_set(words, 1);
    for (uint32_t i = 0; i < kept->layout.n; i++) {
        bits_set(words, 2 + kept->layout.columns[i]);
    }
    look->columns(look->owner, &kept->op, schema, words);
    program_free(kept->having);
    kept->having = NULL;
    look_end_put(end, &kept->op, look, NULL);
}

void kept_rows_emit(struct kept_rows *kept, int64_t start, int64_t end, const uint64_t *numbers,
                    uint32_t n)
{
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        uint32_t part = n - done < BATCH_ROWS ? n - done : BATCH_ROWS;
        struct batch rows;
        struct batch out;
        arena_clear(&kept->emit);
        rowlog_read(kept->log, numbers + done, part, &kept->emit, &rows);
        emit_init(&kept->op, &kept->emit, kept->watermark, &out);
        out.n = part;
        out.columns[0] = column_constant_time(&kept->emit, start, part);
        out.columns[1] = column_constant_time(&kept->emit, end, part);
        memcpy(out.columns + 2, rows.columns, rows.schema->n * sizeof(struct column));
        emit_rows(&kept->op, kept->having, &out);
    }
}
