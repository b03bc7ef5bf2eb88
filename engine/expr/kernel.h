/* kernel: what the parts of this room share: how a function of functions.def is described, and what
 * one kernel call sees. Not for other rooms.
 *
 *     static void lower_run(struct kernel_call *call, struct column_out *out)
 *     {
 *         const struct text *text = call->args[0]->text;
 *         for (uint32_t i = 0; i < call->n; i++) { out->text[i] = …text[i]…; }
 *     }
 *
 * The caller (program.c) has made `out` with room for call->n rows and, unless the function has
 * OWN_NULLS or NEVER_NULL, with NULL wherever an argument is NULL. A kernel computes NULL rows too
 * (their values are 0 or empty) and never writes out->valid except through kernel_fail and
 * column_out_null; afterwards the caller makes the values of NULL rows 0 or empty again. Bits of
 * `valid` and of BOOLEAN values beyond row n are undefined. */
#ifndef ENGINE_EXPR_KERNEL_H
#define ENGINE_EXPR_KERNEL_H

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/data/column.h"
#include "engine/expr/expr.h"
#include "engine/expr/program.h"

/* Errors of the catalogue (sql/errors.def) that this room gives. */
enum {
    E_NO_FUNCTION = 110,
    E_ARGUMENTS = 111,
    E_NO_CAST = 112,
    E_CONSTANT = 124, /* a constant is needed, or it is out of its range */
    E_PATTERN = 125,  /* not a regular expression */
    E_LITERAL = 126,  /* a text constant does not read as the type it stands beside */
};

enum function_flags {
    STRICT = 0,          /* NULL where an argument is NULL */
    OPERATOR_NAME = 1,   /* not called as name(…) */
    OWN_NULLS = 1 << 1,  /* the kernel decides what is NULL */
    NEVER_NULL = 1 << 2, /* never gives NULL */
    MAY_NULL = 1 << 3,   /* can give NULL for arguments that are not, without an error */
    FAILS = 1 << 4,      /* can have runtime errors */
    SKIPS = 1 << 5,      /* costly: leaves out rows that do not matter */
    VOLATILE = 1 << 6,   /* not a function of its arguments: never folded */
    MILLIS = 1 << 7,     /* a TIMESTAMP beside a number is read as milliseconds since 1970 */
    COMPARES = 1 << 8,   /* its T arguments are brought together as for a comparison */
    SCALES = 1 << 9,     /* its DECIMAL arguments are brought to one scale */
    QUIET = 1 << 10,     /* its runtime errors do not count */
    HIDDEN = 1 << 11,    /* has syntax of its own (CAST): not found by name */
    SET_ARGS = 1 << 12,  /* arguments behind the first are constants, which `prepare` takes */
};

struct kernel_call {
    const struct expr *expr;          /* the call that is evaluated */
    const struct column *const *args; /* n_args of them; constants have is_constant */
    uint32_t n_args;
    uint32_t n;           /* rows; at most BATCH_ROWS */
    const uint64_t *mask; /* rows that matter; NULL = all */
    void *state;          /* what setup->prepare made; NULL without */
    struct arena *batch;
    struct program_context *context;
    struct bytebuf *scratch; /* of the program; its content is anybody's */

    /* What kernel_fail noted. */
    uint32_t n_errors;
    const char *error;
    struct slice error_value; /* at == NULL: none */
};

typedef void kernel_fn(struct kernel_call *call, struct column_out *out);

/* What else there is to say about a function. Every member may be NULL. */
struct function_setup {
    /* Refuses calls whose constants make no sense. Arguments have their types already. Sets code
     * and place. */
    enum status (*check)(const struct expr *call, struct error *err);
    /* Another expression that means the same: what remains has a kernel. */
    enum status (*lower)(struct arena *arena, const struct expr *call, struct expr **out,
                         struct error *err);
    /* The result type where functions.def does not say it all (DECIMAL). */
    struct type (*type)(const struct expr *call);
    /* State of one call in a program: compiled patterns, sets. `release` gives back what is not in
     * the arena. */
    void *(*prepare)(struct arena *query, const struct expr *call);
    void (*release)(void *state);
};

struct function {
    const char *name;
    const char *args;   /* "text, start bigint[, length bigint]": read by overload.c */
    const char *result; /* a type, or T */
    const char *signature;
    const char *summary;
    kernel_fn *run;
    const struct function_setup *setup; /* never NULL */
    const char *alias;                  /* another name for this one, or NULL */
    uint16_t flags;
    uint16_t cost;
};

/* ---- inside a kernel ------------------------------------------------------------------------- */

/* Row `row` becomes NULL, and counts as a runtime error unless it was NULL or does not matter.
 * `what` is a literal: "division by zero". */
void kernel_fail(struct kernel_call *call, struct column_out *out, uint32_t row, const char *what);

/* The same about a text: `what` continues the sentence, "is no BIGINT". The bytes must live until
 * the kernel returns. */
void kernel_fail_text(struct kernel_call *call, struct column_out *out, uint32_t row,
                      const char *what, struct slice value);

/* Whether the result of a row is asked for. Kernels with SKIPS give anything for other rows. */
static inline bool kernel_wants(const struct kernel_call *call, const struct column_out *out,
                                uint32_t row)
{
    return (call->mask == NULL || bits_get(call->mask, row)) &&
           (out->valid == NULL || bits_get(out->valid, row));
}

/* Text of a NULL row, or of one that nobody asks for. */
static inline struct text text_none(void)
{
    return (struct text){(const uint8_t *)"", 0};
}

/* The constant argument `i` of a call, or NULL if it is not there or not a constant. */
static inline const struct value *call_constant(const struct expr *call, uint32_t i)
{
    return i < call->n_args && call->args[i]->kind == EXPR_CONSTANT ? &call->args[i]->constant
                                                                    : NULL;
}

/* ERR_SQL with `code`, placed at argument `i` of the call (or at the call). */
enum status call_refuse(struct error *err, int code, const struct expr *call, uint32_t i,
                        const char *format, ...) PRINTF_LIKE(5, 6);

/* Refuses argument `i` (if the call has it) unless it is a constant other than NULL. */
MUST_CHECK enum status call_need_constant(const struct expr *call, uint32_t i, const char *what,
                                          struct error *err);

/* Nothing that a kernel makes of a text may be longer, and all that one call makes together: input
 * can ask for any length (repeat, lpad, concat of concat). */
enum { TEXT_VALUE_MAX = 1 << 20, TEXT_CALL_MAX = 256 << 20 };

/* Where texts are written one after the other, in the batch's arena. */
struct text_room {
    struct arena *batch;
    uint8_t *next;
    uint8_t *end;
    size_t bytes; /* taken from the arena */
};

static inline struct text_room text_room_of(const struct kernel_call *call)
{
    return (struct text_room){.batch = call->batch};
}

/* The slow path of text_room_reserve. */
uint8_t *text_room_grow(struct text_room *room, size_t bytes);

/* Room for `bytes`: write there, then take what was written. */
static inline uint8_t *text_room_reserve(struct text_room *room, size_t bytes)
{
    if ((size_t)(room->end - room->next) < bytes) {
        return text_room_grow(room, bytes);
    }
    return room->next;
}

/* The bytes from the last reserve to `end` as a text. */
static inline struct text text_room_take(struct text_room *room, const uint8_t *end)
{
    struct text text = {room->next, (uint32_t)(end - room->next)};
    room->next += text.len;
    return text;
}

static inline struct text text_room_copy(struct text_room *room, struct slice bytes)
{
    uint8_t *at = text_room_reserve(room, bytes.len);
    if (bytes.len > 0) {
        memcpy(at, bytes.at, bytes.len);
    }
    return text_room_take(room, at + bytes.len);
}

/* False (and the row fails) if `bytes` more are over the limits above. */
bool text_room_allows(struct kernel_call *call, struct column_out *out, uint32_t row,
                      const struct text_room *room, size_t bytes);

/* ---- between the files of the room ----------------------------------------------------------- */

/* The setup of functions about which there is nothing more to say. */
extern const struct function_setup no_setup;

/* The kernel of a function whose setup lowers every call: never called. */
kernel_fn lowered_run;

/* CASE and CAST have syntax of their own and are not in functions.def. */
extern const struct function function_case;
extern const struct function function_cast;
extern const struct function function_try_cast;

/* Masks (kern_bool.c): the rows of args[1] (all rows without it) where args[0] is TRUE, is not
 * TRUE, is not FALSE, is NULL. */
extern const struct function mask_true;
extern const struct function mask_not_true;
extern const struct function mask_not_false;
extern const struct function mask_null;

/* Whether CAST between the types exists, and whether it can fail. */
bool cast_exists(struct type from, struct type to);
bool cast_fails(struct type from, struct type to);

/* Sets kind-independent members of a node from its arguments: args, n_args, depth, nodes. */
void expr_take_args(struct arena *arena, struct expr *e, struct expr *const *args, uint32_t n_args);

/* ERR_LIMIT if the node is too deep or has too many nodes. */
MUST_CHECK enum status expr_check_size(const struct expr *e, struct error *err);

/* A call whose arguments have the right types already: no resolution, but folding. */
struct expr *expr_make_call(struct arena *arena, const struct function *function, struct type type,
                            struct expr *const *args, uint32_t n_args, int64_t at);

/* Brings `e` to `type` implicitly: what expr_cast does, for types where it cannot be refused. */
struct expr *expr_bring(struct arena *arena, struct expr *e, struct type type);

/* The functions of this name, first to last in functions.def order: NULL when there are no more.
 * Start with previous = NULL. */
const struct function *function_next(struct slice name, const struct function *previous);

#endif
