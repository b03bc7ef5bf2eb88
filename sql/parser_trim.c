/* parser_trim: TRIM and POSITION as the standard writes them, with words between their arguments.
 */
#include "sql/errors.h"
#include "sql/parser_actions.h"

/* trim(side characters FROM text) by its side, without one by "both". */
static const struct trim {
    const char *side;
    const char *function;
} trims[] = {
    {"both", "trim"},
    {"leading", "ltrim"},
    {"trailing", "rtrim"},
};

static const struct trim *trim_of(struct slice side)
{
    for (size_t i = 0; i < sizeof trims / sizeof trims[0]; i++) {
        if (slice_equal_nocase(side, slice_text(trims[i].side))) {
            return &trims[i];
        }
    }
    return NULL;
}

struct ast_expr *act_trim(struct parser *p, struct ast_name name, struct ast_expr *what,
                          struct ast_expr *text, struct token end)
{
    /* A side reads as a name, and before a literal as the type of it. */
    bool names_side = what->kind == AST_NAME || what->kind == AST_TYPED;
    const struct trim *trim =
        names_side ? trim_of(what->kind == AST_NAME ? what->text : what->type) : NULL;
    what->next = NULL; /* it stood in front of the text, and comes behind it */
    struct ast_list args = act_list(p, (struct ast_list){0}, text);
    if (trim != NULL) {
        name.text = slice_text(trim->function);
    }
    if (trim == NULL || what->kind == AST_TYPED) {
        what->kind = trim == NULL ? what->kind : AST_TEXT;
        args = act_list(p, args, what);
    }
    return act_call(p, name, args, end);
}

struct ast_expr *act_call_in(struct parser *p, struct ast_name name, struct ast_expr *part,
                             struct ast_expr *text, struct token end)
{
    if (!slice_equal_nocase(name.text, slice_text("position")) && parser_is_well(p)) {
        error_set(p->err, ERR_SQL, "IN inside %.*s(…) is not understood", (int)name.text.len,
                  (const char *)name.text.at);
        error_hint(p->err, "position(part IN text) is; a list stands in (…)");
        parser_fail(p, E_SYNTAX, name.span);
    }
    return act_call(p, name, act_list(p, act_list(p, (struct ast_list){0}, part), text), end);
}
