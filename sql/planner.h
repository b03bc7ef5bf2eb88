/* planner: a SELECT to a plan. */
#ifndef SQL_PLANNER_H
#define SQL_PLANNER_H

#include "sql/ast.h"
#include "sql/catalog.h"

struct plan_request {
    struct catalog *catalog;
    struct arena *arena;
    struct slice text; /* the whole statement */
    struct ast_select *select;
    const struct sink_def *sink; /* of INSERT INTO; NULL: where INTO says, or the console */
    bool goes_on; /* as rows come: other queries are not asked for their result, but read along.
                     So does every query where nobody keeps results */
    /* Out, if not NULL: the stream, view or query of the catalog that FROM, or that of a sub-query
     * or WITH query in it, names; NULL if it is a URI or stdin. */
    const struct catalog_entry **from;
};

/* Binds and plans. The plan is in the arena, points to definitions of the catalog, and has passed
 * plan_check. ERR_SQL, ERR_OPTION or ERR_LIMIT with code and place. */
MUST_CHECK enum status planner_plan(const struct plan_request *request, struct plan **out,
                                    struct error *err);

#endif
