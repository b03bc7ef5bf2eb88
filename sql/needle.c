/* needle: a literal without which no record can pass the filters, so that decoders may skip records
 * by searching raw bytes (plan.h, SCAN). */
#include <string.h>

#include "engine/expr/function.h"
#include "sql/planning.h"

/* The literal of col LIKE '%literal%', if a decoder may look for it in the raw bytes. */
static struct slice needle_of(const struct planning *p, const struct expr *e)
{
    struct slice none = {0};
    if (e->kind != EXPR_CALL || strcmp(function_name(e->function), "like") != 0 || e->n_args != 2 ||
        e->args[0]->kind != EXPR_COLUMN || e->args[1]->kind != EXPR_CONSTANT ||
        e->args[1]->constant.is_null) {
        return none;
    }
    uint32_t column = e->args[0]->column;
    bool is_content = column < p->stream->n_visible || column == p->stream->n_visible + HIDDEN_LINE;
    if (!is_content || e->args[0]->type.id != TYPE_TEXT) {
        return none;
    }
    struct slice pattern = text_slice(e->args[1]->constant.text);
    if (pattern.len < 3 || pattern.at[0] != '%' || pattern.at[pattern.len - 1] != '%') {
        return none;
    }
    struct slice literal = slice_of(pattern.at + 1, pattern.len - 2);
    for (size_t i = 0; i < literal.len; i++) {
        uint8_t c = literal.at[i];
        /* Quotes, backslashes and control bytes may look otherwise in the record. */
        if (c == '%' || c == '_' || c == '\\' || c == '"' || c < ' ') {
            return none;
        }
    }
    return literal;
}

/* Records without the literal may be skipped only if nobody needs them: not for their time, not to
 * be counted as bad. */
void planning_find_needle(struct planning *p)
{
    bool by_arrival = p->window.kind != WINDOW_NONE && p->scan->time_origin == TIME_FROM_ARRIVAL;
    if (p->scan->has_watermark || by_arrival || p->stream->on_error == ON_ERROR_FAIL ||
        p->stream->on_error == ON_ERROR_INTO) {
        return;
    }
    for (uint32_t i = 0; i < p->n_conditions; i++) {
        struct slice needle = needle_of(p, p->conditions[i]);
        if (needle.len > p->scan->needle.len) {
            p->scan->needle = needle;
        }
    }
}
