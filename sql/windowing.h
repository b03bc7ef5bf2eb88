/* windowing: a WINDOW clause, in native form, to a window_spec. Refuses what cannot be meant, with
 * both readings where two systems differ. */
#ifndef SQL_WINDOWING_H
#define SQL_WINDOWING_H

#include "engine/base/fs.h"
#include "engine/plan/plan.h"
#include "sql/ast.h"

/* Panes of one window: size / gcd(size, slide). Each key may have state in every one. */
enum { WINDOW_PANES_MAX = 100000 };

/* ERR_SQL E0117 with place; ERR_LIMIT for too many panes. WINDOW_NONE if the clause is absent.
 * clock_ticks is left to the planner. */
MUST_CHECK enum status window_bind(struct arena *arena, const struct fs *fs,
                                   const struct ast_window *ast, struct window_spec *out,
                                   struct error *err);

#endif
