/* expr: a typed, resolved scalar expression. Plain const data in the arena of its statement or
 * query. Made bottom-up by these constructors (sql/bind.c is their main caller), which resolve
 * names, insert casts and fold constants; run by program.h.
 *
 *     struct expr *amount = expr_column(arena, 5, type_decimal(12, 2), false);
 *     struct expr *limit = expr_constant(arena, value_bigint(100));
 *     struct expr *args[] = {amount, limit};
 *     TRY(expr_call(arena, slice_text(">"), args, 2, at, &condition, err));
 *
 * Aggregates are not expressions here: by the time a plan is made they are columns. */
#ifndef ENGINE_EXPR_EXPR_H
#define ENGINE_EXPR_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/base/status.h"
#include "engine/data/schema.h"
#include "engine/data/value.h"

struct function; /* function.h */

enum expr_kind {
    EXPR_CONSTANT,
    EXPR_COLUMN,
    EXPR_CALL, /* operators, casts, IS NULL, LIKE, AND, OR, NOT and functions alike */
    EXPR_CASE, /* args: condition, value, condition, value, …, [else]; odd count = has else */
};

/* AND, OR and IN may have more than EXPR_ARGS_MAX: they are nested then. More nodes than
 * EXPR_NODES_MAX are refused: NULLIF and BETWEEN stand for their first argument twice, so that a
 * nest of them doubles at each level. */
enum { EXPR_DEPTH_MAX = 200, EXPR_ARGS_MAX = 256, EXPR_NODES_MAX = 1 << 18 };

struct expr {
    enum expr_kind kind;
    struct type type;
    bool not_null; /* proven never NULL */
    uint16_t depth;
    uint32_t nodes; /* of the tree, this one included */
    int64_t at;     /* byte offset in the statement, for errors; -1 = none */
    struct value constant;
    uint32_t column;
    const struct function *function;
    uint32_t n_args;
    struct expr **args;
};

struct expr *expr_constant(struct arena *arena, struct value value);
struct expr *expr_column(struct arena *arena, uint32_t column, struct type type, bool not_null);
/* The same for a column of `schema`. */
struct expr *expr_field(struct arena *arena, const struct schema *schema, uint32_t column);

/* Calls the function or operator `name` ("+", "=", "and", "not", "is null", "like", "lower", "~",
 * …; the list is functions.def). Chooses the overload, casts arguments implicitly, folds to a
 * constant where all arguments are constants and the function is deterministic. ERR_SQL E0110 (no
 * such function, with near names), E0111 (wrong argument types or number, says which are accepted),
 * placed at `at`. */
MUST_CHECK enum status expr_call(struct arena *arena, struct slice name, struct expr *const *args,
                                 uint32_t n_args, int64_t at, struct expr **out, struct error *err);

/* CASE: values are brought to one common type. COALESCE, NULLIF, GREATEST, LEAST are calls. */
MUST_CHECK enum status expr_case(struct arena *arena, struct expr *const *args, uint32_t n_args,
                                 int64_t at, struct expr **out, struct error *err);

/* CAST(e AS type); `try_cast` gives NULL without counting an error. The same expression if it has
 * the type already. ERR_SQL E0112 where no cast exists. */
MUST_CHECK enum status expr_cast(struct arena *arena, struct expr *e, struct type type,
                                 bool try_cast, int64_t at, struct expr **out, struct error *err);

/* The type that values of both types are brought to implicitly (PostgreSQL's rules on our seven
 * types: NULL < anything; BIGINT < DECIMAL < DOUBLE; a TEXT *constant* beside another type is read
 * as that type). False if there is none. */
bool type_common(struct type a, struct type b, struct type *out);

/* Structural equality (same columns, functions, constants). */
bool expr_equal(const struct expr *a, const struct expr *b);

/* Marks the columns that `e` reads: bit i of words (bits.h). */
void expr_columns(const struct expr *e, uint64_t *words);

/* A copy with column i replaced by replace[i] (an expression over another schema). */
struct expr *expr_substitute(struct arena *arena, const struct expr *e,
                             struct expr *const *replace);

/* Relative cost of one row, for ordering the parts of an AND: column and constant 0, integer
 * compare 1, text equality 2, LIKE 4, regex 30, … */
uint32_t expr_cost(const struct expr *e);

/* As SQL, columns by their names in `schema` (or $3 where schema is NULL). */
void expr_print(struct bytebuf *out, const struct expr *e, const struct schema *schema);

#endif
