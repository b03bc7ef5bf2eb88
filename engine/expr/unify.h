/* unify: the one type that several expressions come to (CASE, COALESCE, IN, comparisons). Types
 * alone are type_common's business (expr.h); here constants count: a NULL fits anything, a TEXT
 * constant beside another type is read as that type. */
#ifndef ENGINE_EXPR_UNIFY_H
#define ENGINE_EXPR_UNIFY_H

#include "engine/expr/expr.h"

/* `stray` receives the text constant that does not read as the type of the others, or is NULL if
 * the types themselves disagree. */
bool unify_common(struct expr *const *args, uint32_t n, struct type *out,
                  const struct expr **stray);

/* Whether a and b can be compared: they have a common type, or one is a TIMESTAMP and the other a
 * number. */
bool unify_comparable(struct expr *const args[2], const struct expr **stray);

/* Brings two comparable expressions to what the compare kernels take: one type, but for BIGINT and
 * DECIMAL of different scales, which they compare exactly. */
void unify_compared(struct arena *arena, struct expr *args[2]);

/* True for a TEXT constant that is not NULL. */
static inline bool expr_is_text_constant(const struct expr *e)
{
    return e->kind == EXPR_CONSTANT && e->type.id == TYPE_TEXT && !e->constant.is_null;
}

static inline bool expr_is_null(const struct expr *e)
{
    return e->kind == EXPR_CONSTANT && e->constant.is_null;
}

#endif
