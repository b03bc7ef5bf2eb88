/* kept_rows: what the operators of PLAN_WINDOW_ROWS share (SELECT without aggregates over a
 * window): rows are kept in a log, windows are lists of their numbers, and a window leaves as rows
 * of [window_start, window_end] and the input's columns, in the order they came.
 *
 * op_window_rows.c    hopping, tumbling and cumulating windows; chooses between the three
 * op_session_rows.c   session windows
 * op_count_rows.c     windows of n rows */
#ifndef ENGINE_OPS_KEPT_ROWS_H
#define ENGINE_OPS_KEPT_ROWS_H

#include "engine/ops/intake.h"
#include "engine/ops/look_end.h"
#include "engine/state/rowlog.h"

struct kept_rows {
    struct op op;
    struct intake intake;
    struct record_layout layout; /* of the columns that somebody wants */
    struct rowlog *log;
    struct program *having;
    struct arena emit; /* lifetime: one emitted batch */
    int64_t watermark; /* of the last advance */
};

/* Numbers of rows, in the order they were added. Zero is empty. */
struct number_list {
    uint64_t *at;
    uint32_t n;
    uint32_t room;
};

void number_list_add(struct number_list *list, uint64_t number);
void number_list_release(struct number_list *list);
void number_list_sort(struct number_list *list);
void number_list_save(const struct number_list *list, struct bytebuf *out);
/* False if the bytes are damaged. */
bool number_list_load(struct number_list *list, struct reader *in);

void kept_rows_init(struct kept_rows *kept, struct op_context *context,
                    const struct plan_node *node, const struct op_kind *kind);
void kept_rows_release(struct kept_rows *kept);

/* Pushes the window's rows. */
void kept_rows_emit(struct kept_rows *kept, int64_t start, int64_t end, const uint64_t *numbers,
                    uint32_t n);

/* Whoever looks hears of the columns that are kept; what kept_rows_emit pushes, HAVING aside, is
 * his until look_end_take. */
void kept_rows_look(struct kept_rows *kept, const struct op_look *look, struct look_end *end);

struct op *op_session_rows_new(struct op_context *context, const struct plan_node *node);
struct op *op_count_rows_new(struct op_context *context, const struct plan_node *node);

#endif
