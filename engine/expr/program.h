/* program: expressions compiled to kernels over columns. One kernel call does one operation for all
 * rows of a batch; common sub-expressions are computed once.
 *
 *     struct program *p = program_new(query_arena, exprs, n_exprs, schema);
 *     for (each batch) {
 *         batch_require(batch, program_inputs(p, &n), n);
 *         program_run(p, &context, batch, columns);          // columns[i] = exprs[i], in
 * batch->arena
 *     }
 *     program_free(p);                                        // compiled patterns
 *
 * Kernels compute all rows densely. Parts that SQL would not evaluate (a CASE branch not taken, the
 * right side of AND where the left is false) are computed too, but their runtime errors do not
 * count: each failing kernel gets a mask of the rows that matter. */
#ifndef ENGINE_EXPR_PROGRAM_H
#define ENGINE_EXPR_PROGRAM_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/data/batch.h"
#include "engine/expr/expr.h"

struct program;

enum { RUNTIME_SAMPLE_BYTES = 200 };

/* Runtime errors of a query: x/0, overflow, bad CAST, regex over its match limit. The value is
 * NULL. */
struct runtime_errors {
    uint64_t count;
    char newest[RUNTIME_SAMPLE_BYTES]; /* "division by zero in amount / n" */
};

struct program_context {
    int64_t now_us; /* now(): the trigger time */
    struct runtime_errors errors;
};

/* Never fails: what can be wrong was refused when the expression was made. */
struct program *program_new(struct arena *query, struct expr *const *exprs, uint32_t n_exprs,
                            const struct schema *input);
void program_free(struct program *program);

/* The input columns it reads, ascending. Valid as long as the program. */
const uint32_t *program_inputs(const struct program *program, uint32_t *n);

/* Evaluates all expressions for the batch's rows; out[0..n_exprs) point into batch->arena or, for
 * plain column references, to what the batch holds. The input columns must be decoded. */
void program_run(struct program *program, struct program_context *context,
                 const struct batch *batch, struct column *out);

/* For programs whose expression 0 is BOOLEAN: writes the rows where it is TRUE into rows[0..n) and
 * returns n. */
uint32_t program_filter(struct program *program, struct program_context *context,
                        const struct batch *batch, uint32_t *rows);

/* Evaluates an expression without columns (DDL options, LIMIT, folding); text is in `arena`. */
struct value expr_evaluate(struct arena *arena, const struct expr *e,
                           struct program_context *context);

#endif
