/* planner: a SELECT to a plan. */
#ifndef SQL_PLANNER_H
#define SQL_PLANNER_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* Binds and plans. `sink` is where INSERT INTO sends the rows; NULL: where INTO says, or to the
 * console. The plan is in `arena`, points to definitions of the catalog, and has passed plan_check.
 * `text` is the whole statement. ERR_SQL, ERR_OPTION or ERR_LIMIT with code and place. */
MUST_CHECK enum status planner_plan(struct catalog *catalog, struct arena *arena, struct slice text,
                                    struct ast_select *select, const struct sink_def *sink,
                                    struct plan **out, struct error *err);

#endif
