/* kern_in: x IN (constants), by a set that is made once for a program. Other lists become OR of
 * comparisons. */
#include <math.h>

#include "engine/base/hash.h"
#include "engine/base/panic.h"
#include "engine/expr/kernels.h"
#include "engine/expr/unify.h"

/* ---- which lists ----------------------------------------------------------------------------- */

static enum status equal_call(struct arena *arena, struct expr *x, struct expr *item, int64_t at,
                              struct expr **out, struct error *err)
{
    struct expr *args[2] = {x, item};
    return expr_call(arena, slice_text("="), args, 2, at, out, err);
}

static enum status lower_to_or(struct arena *arena, const struct expr *call, struct expr **out,
                               struct error *err)
{
    struct expr *parts[EXPR_ARGS_MAX];
    uint32_t n = call->n_args - 1;
    for (uint32_t i = 0; i < n; i++) {
        TRY(equal_call(arena, call->args[0], call->args[i + 1], call->at, &parts[i], err));
    }
    if (n == 1) {
        *out = parts[0];
        return OK;
    }
    return expr_call(arena, slice_text("or"), parts, n, call->at, out, err);
}

/* Whether the list can be a set: constants that come to the type of x while x stays as it is. */
static bool list_is_set(struct arena *arena, const struct expr *call, struct expr **brought)
{
    struct expr *x = call->args[0];
    if (x->kind == EXPR_CONSTANT || x->type.id == TYPE_BOOLEAN || call->n_args < 3) {
        return false;
    }
    brought[0] = x;
    for (uint32_t i = 1; i < call->n_args; i++) {
        const struct expr *stray;
        struct expr *pair[2] = {x, call->args[i]};
        if (pair[1]->kind != EXPR_CONSTANT || !unify_comparable(pair, &stray)) {
            return false;
        }
        unify_compared(arena, pair);
        if (pair[0] != x || (pair[1]->type.scale != x->type.scale && !expr_is_null(pair[1]))) {
            return false;
        }
        brought[i] = pair[1];
    }
    return true;
}

static enum status lower_in(struct arena *arena, const struct expr *call, struct expr **out,
                            struct error *err)
{
    struct expr *brought[EXPR_ARGS_MAX];
    if (!list_is_set(arena, call, brought)) {
        return lower_to_or(arena, call, out, err);
    }
    *out = expr_make_call(arena, call->function, call->type, brought, call->n_args, call->at);
    return OK;
}

/* ---- the set --------------------------------------------------------------------------------- */

/* Open addressing, at most half full. Numbers are their bits, doubles made alike first (NaN, -0).
 */
struct value_set {
    bool has_null;
    uint32_t mask; /* slots - 1 */
    bool *used;
    union {
        uint64_t *words;
        struct text *texts;
    };
};

static inline uint64_t double_word(double value)
{
    uint64_t word;
    double alike = value != value ? (double)NAN : value + 0.0;
    memcpy(&word, &alike, sizeof word);
    return word;
}

static inline bool set_has_word(const struct value_set *set, uint64_t word)
{
    uint32_t i = (uint32_t)hash_u64(word) & set->mask;
    while (set->used[i]) {
        if (set->words[i] == word) {
            return true;
        }
        i = (i + 1) & set->mask;
    }
    return false;
}

static inline bool set_has_text(const struct value_set *set, struct text text)
{
    uint32_t i = (uint32_t)hash_bytes(text.at, text.len) & set->mask;
    while (set->used[i]) {
        if (slice_equal(text_slice(set->texts[i]), text_slice(text))) {
            return true;
        }
        i = (i + 1) & set->mask;
    }
    return false;
}

static void set_add(struct value_set *set, const struct value *value)
{
    enum physical physical = type_physical(value->type);
    uint64_t word = physical == PHYSICAL_F64 ? double_word(value->f64) : (uint64_t)value->i64;
    bool is_text = physical == PHYSICAL_TEXT;
    if (is_text ? set_has_text(set, value->text) : set_has_word(set, word)) {
        return;
    }
    uint64_t hash = is_text ? hash_bytes(value->text.at, value->text.len) : hash_u64(word);
    uint32_t i = (uint32_t)hash & set->mask;
    while (set->used[i]) {
        i = (i + 1) & set->mask;
    }
    set->used[i] = true;
    if (is_text) {
        set->texts[i] = value->text;
    } else {
        set->words[i] = word;
    }
}

static void *in_prepare(struct arena *query, const struct expr *call)
{
    struct value_set *set = arena_zalloc(query, sizeof *set);
    uint32_t slots = 4;
    while (slots < 2 * call->n_args) {
        slots *= 2;
    }
    set->mask = slots - 1;
    set->used = arena_zalloc(query, slots * sizeof *set->used);
    set->words = arena_zalloc(query, slots * sizeof(struct text)); /* the larger of the two */
    for (uint32_t i = 1; i < call->n_args; i++) {
        const struct value *value = &call->args[i]->constant;
        if (value->is_null) {
            set->has_null = true;
        } else {
            set_add(set, value);
        }
    }
    return set;
}

const struct function_setup in_setup = {.lower = lower_in, .prepare = in_prepare};

/* ---- the rows -------------------------------------------------------------------------------- */

static void find_words(const struct value_set *set, const uint64_t *values, uint32_t n,
                       uint8_t *found)
{
    for (uint32_t i = 0; i < n; i++) {
        found[i] = set_has_word(set, values[i]);
    }
}

static void find_doubles(const struct value_set *set, const double *values, uint32_t n,
                         uint8_t *found)
{
    for (uint32_t i = 0; i < n; i++) {
        found[i] = set_has_word(set, double_word(values[i]));
    }
}

static void find_texts(const struct value_set *set, const struct text *values, uint32_t n,
                       uint8_t *found)
{
    for (uint32_t i = 0; i < n; i++) {
        found[i] = set_has_text(set, values[i]);
    }
}

void in_run(struct kernel_call *call, struct column_out *out)
{
    const struct value_set *set = call->state;
    const struct column *x = call->args[0];
    uint8_t found[BATCH_ROWS];
    uint32_t n_words = bits_words(call->n);
    switch (type_physical(x->type)) {
    case PHYSICAL_I64:
        find_words(set, x->values, call->n, found);
        break;
    case PHYSICAL_F64:
        find_doubles(set, x->f64, call->n, found);
        break;
    case PHYSICAL_TEXT:
        find_texts(set, x->text, call->n, found);
        break;
    case PHYSICAL_BIT:
        PANIC("IN of BOOLEAN is OR");
    }
    bits_pack(found, call->n, out->bits);
    if (x->valid == NULL && !set->has_null) {
        return;
    }
    column_out_make_valid(out, call->n);
    for (uint32_t i = 0; i < n_words; i++) {
        uint64_t valid = x->valid == NULL ? ~(uint64_t)0 : x->valid[i];
        out->bits[i] &= valid;
        out->valid[i] = set->has_null ? out->bits[i] : valid;
    }
}
