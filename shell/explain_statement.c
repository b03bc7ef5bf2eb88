/* explain_statement: see explain_statement.h. */
#include "shell/explain_statement.h"

/* How long ANALYZE and WHY watch a stream without end, unless --for says it. */
#define WATCH_US (3 * US_PER_SECOND)

struct explain_end {
    bool why;
    struct bytebuf *out;
};

static void explain_finished(void *owner, struct query *const *queries, uint32_t n)
{
    const struct explain_end *end = owner;
    for (uint32_t i = 0; i < n; i++) {
        query_explain(queries[i], end->why, end->out);
    }
}

bool explain_runs(const struct statement *statement)
{
    bool watches = statement->explain == EXPLAIN_ANALYZE || statement->explain == EXPLAIN_WHY;
    return watches && !plan_scan(statement->plan->root)->stream->is_table;
}

static enum status watch(struct explain_end *end, const struct plan *plan, struct runner *runner,
                         struct error *err)
{
    struct runner_query query = {.plan = plan, .discard = true};
    bool finite = plan_scan(plan->root)->stream->finite;
    runner->queries = &query;
    runner->n_queries = 1;
    runner->finished = explain_finished;
    runner->owner = end;
    runner->for_us = runner->args->for_us == 0 && !finite ? WATCH_US : 0;
    return runner_run(runner, err);
}

enum status explain_statement(struct bytebuf *out, const struct statement *statement,
                              struct query *running, struct runner *runner, struct error *err)
{
    struct explain_end end = {.why = statement->explain == EXPLAIN_WHY, .out = out};
    switch (statement->explain) {
    case EXPLAIN_TEXT:
        plan_print(out, statement->plan);
        break;
    case EXPLAIN_JSON:
        plan_print_json(out, statement->plan);
        break;
    case EXPLAIN_DOT:
        plan_print_dot(out, statement->plan);
        break;
    case EXPLAIN_ANALYZE:
    case EXPLAIN_WHY:
        if (running != NULL) {
            query_explain(running, end.why, out);
        } else if (runner != NULL) {
            return watch(&end, statement->plan, runner, err);
        }
        break;
    }
    return OK;
}
