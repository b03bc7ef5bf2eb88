/* ops: the constructors of all operators, one for each kind of plan node. op_build.c chooses. The
 * operator and what it keeps for the whole query are in context->query; state is freed by its
 * close. None of them can fail: what cannot run was refused when the plan was made. */
#ifndef ENGINE_OPS_OPS_H
#define ENGINE_OPS_OPS_H

struct op;
struct op_context;
struct plan_node;

struct op *op_filter_new(struct op_context *context, const struct plan_node *node);
/* PLAN_EXTEND and PLAN_PROJECT. */
struct op *op_project_new(struct op_context *context, const struct plan_node *node);
/* PLAN_AGGREGATE without a window and over hopping or cumulating ones. */
struct op *op_aggregate_new(struct op_context *context, const struct plan_node *node);
/* PLAN_AGGREGATE over WINDOW_SESSION. */
struct op *op_session_new(struct op_context *context, const struct plan_node *node);
/* PLAN_AGGREGATE over WINDOW_ROWS. */
struct op *op_count_window_new(struct op_context *context, const struct plan_node *node);
struct op *op_over_new(struct op_context *context, const struct plan_node *node);
struct op *op_window_rows_new(struct op_context *context, const struct plan_node *node);
struct op *op_distinct_new(struct op_context *context, const struct plan_node *node);
struct op *op_sort_new(struct op_context *context, const struct plan_node *node);
struct op *op_limit_new(struct op_context *context, const struct plan_node *node);
struct op *op_until_new(struct op_context *context, const struct plan_node *node);
struct op *op_subquery_new(struct op_context *context, const struct plan_node *node);

#endif
