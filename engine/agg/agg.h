/* agg: aggregate functions. An aggregate keeps its state in a *cell*, plain bytes inside a row of
 * state; an agg_set lays several aggregates out side by side in one cell and runs them over
 * columns.
 *
 *     struct agg_call calls[] = {…};               // agg_resolve; args = column numbers
 *     struct agg_set *set = agg_set_new(query_arena, calls, n_calls);
 *     uint8_t *cell = …;                           // agg_set_bytes(set), zeroed, 8-aligned:
 *                                                  // **all zero is the empty state**
 *     agg_set_add_many(set, cells, batch);         // row i goes to cells[i]
 *     agg_set_merge_many(set, into, from, n);      // panes → windows; from is unchanged
 *     agg_set_emit(set, cells, n, arena, out);     // n results per call; cells are unchanged
 *     agg_set_release_many(set, cells, n);         // only if agg_set_owns_memory(set)
 *     agg_set_free(set);
 *
 * Cells belong to the set that filled them, because it counts the bytes that they own; a set
 * belongs to one thread.
 *
 * Aggregates over the same argument share state: count, sum, avg, min and max of one i64 column are
 * one 40-byte cell {n, sum128, min, max} updated in one pass. Merge is mandatory for every
 * aggregate; an inverse exists only where it is exact (integers, decimals, counts). Results do not
 * depend on the order of merging except where SQL says so: first/last go by event time (arrival
 * number breaks ties), string_agg by arrival, DOUBLE sums by pane. */
#ifndef ENGINE_AGG_AGG_H
#define ENGINE_AGG_AGG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"
#include "engine/base/status.h"
#include "engine/data/batch.h"
#include "engine/data/column.h"
#include "engine/data/value.h"

struct agg_kind; /* agg_kind.h, for this room and its tests */
struct agg_set;

enum { AGG_ARGS_MAX = 2 };

/* One aggregate of a plan. */
struct agg_call {
    const struct agg_kind *kind;
    bool distinct;
    uint32_t n_args;                     /* column arguments; 0 for count(*) */
    struct type arg_types[AGG_ARGS_MAX]; /* what the arguments must be cast to before */
    uint32_t args[AGG_ARGS_MAX];         /* column numbers in the input; filled by the planner */
    struct value param;                  /* percentile's p, top_k's k, string_agg's separator */
    int time_column; /* for first/last: event time column, or -1 = arrival; planner */
    struct type result;
    bool result_not_null; /* counts */
};

/* True if `name` (any case) is an aggregate. */
bool agg_exists(struct slice name);

/* Walks the registry for SHOW FUNCTIONS and near names: name, signature and summary of entry
 * `index`, false at the end. */
bool agg_at(uint32_t index, const char **name, const char **signature, const char **summary);

/* Chooses the aggregate for argument types. `params` are the constant arguments behind the column
 * arguments (percentile(x, 0.9): one param). Fills *out except args and time_column. ERR_SQL
 * E0111/E0113, without place. */
MUST_CHECK enum status agg_resolve(struct arena *arena, struct slice name, bool distinct,
                                   const struct type *arg_types, uint32_t n_args,
                                   const struct value *params, uint32_t n_params,
                                   struct agg_call *out, struct error *err);

/* "count(DISTINCT city)"-like text; argument names from `schema`. */
void agg_call_print(struct bytebuf *out, const struct agg_call *call, const struct schema *schema);

struct agg_set *agg_set_new(struct arena *query, const struct agg_call *calls, uint32_t n_calls);
void agg_set_free(struct agg_set *set);

uint32_t agg_set_bytes(const struct agg_set *set); /* a multiple of 8; at least 8 */
bool agg_set_owns_memory(const struct agg_set *set);
/* True if every aggregate has an exact inverse. */
bool agg_set_invertible(const struct agg_set *set);
/* Bytes that live cells of this set own outside themselves. */
size_t agg_set_owned_bytes(const struct agg_set *set);
/* Runtime errors at output (sum does not fit) since the last call; resets the counter. */
uint64_t agg_set_take_errors(struct agg_set *set);

/* Adds row i of the batch to cells[i]; NULL arguments are skipped. Columns that calls name are
 * decoded. first_row of the batch gives arrival numbers. */
void agg_set_add_many(struct agg_set *set, uint8_t *const *cells, const struct batch *batch);
/* All rows of the batch into one cell. */
void agg_set_add_run(struct agg_set *set, uint8_t *cell, const struct batch *batch);

/* into[i] := into[i] + from[i]. */
void agg_set_merge_many(struct agg_set *set, uint8_t *const *into, uint8_t *const *from,
                        uint32_t n);
/* into[i] := into[i] - from[i]; only if agg_set_invertible. */
void agg_set_inverse_many(struct agg_set *set, uint8_t *const *into, uint8_t *const *from,
                          uint32_t n);
/* Takes one row away that agg_set_add_many had added; only if agg_set_invertible. */
void agg_set_retract_many(struct agg_set *set, uint8_t *const *cells, const struct batch *batch);

/* out[c] = result of call c for each of n cells; out has n_calls entries, memory and text in
 * `arena`. */
void agg_set_emit(struct agg_set *set, uint8_t *const *cells, uint32_t n, struct arena *arena,
                  struct column *out);

/* Frees what the cells own and makes them empty again. */
void agg_set_release_many(struct agg_set *set, uint8_t *const *cells, uint32_t n);

/* Snapshot of one cell. Load fills an empty cell; ERR_STATE if the bytes are damaged (the cell is
 * empty then). */
void agg_set_save(const struct agg_set *set, const uint8_t *cell, struct bytebuf *out);
MUST_CHECK enum status agg_set_load(struct agg_set *set, uint8_t *cell, struct reader *in,
                                    struct error *err);

/* How windows sliding over panes are kept exactly: "exact inverse" or "merge", for EXPLAIN. */
const char *agg_set_eviction(const struct agg_set *set);

#endif
