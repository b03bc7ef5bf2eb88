/* kern_bool: three-valued logic on words of 64 rows, and the masks of rows that matter. */
#include "engine/expr/kernels.h"

static inline uint64_t valid_word(const struct column *column, uint32_t i)
{
    return column->valid == NULL ? ~(uint64_t)0 : column->valid[i];
}

/* A word of rows where the column is TRUE, and where it is FALSE. */
static inline uint64_t true_word(const struct column *column, uint32_t i)
{
    return column->bits[i] & valid_word(column, i);
}

static inline uint64_t false_word(const struct column *column, uint32_t i)
{
    return ~column->bits[i] & valid_word(column, i);
}

static bool any_nullable(const struct kernel_call *call)
{
    for (uint32_t k = 0; k < call->n_args; k++) {
        if (call->args[k]->valid != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- and, or, not ---------------------------------------------------------------------------- */

void and_run(struct kernel_call *call, struct column_out *out)
{
    bool is_nullable = any_nullable(call);
    if (is_nullable) {
        column_out_make_valid(out, call->n);
    }
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        uint64_t all_true = ~(uint64_t)0;
        uint64_t any_false = 0;
        for (uint32_t k = 0; k < call->n_args; k++) {
            all_true &= true_word(call->args[k], i);
            any_false |= false_word(call->args[k], i);
        }
        out->bits[i] = all_true;
        if (is_nullable) {
            out->valid[i] = all_true | any_false;
        }
    }
}

void or_run(struct kernel_call *call, struct column_out *out)
{
    bool is_nullable = any_nullable(call);
    if (is_nullable) {
        column_out_make_valid(out, call->n);
    }
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        uint64_t any_true = 0;
        uint64_t all_false = ~(uint64_t)0;
        for (uint32_t k = 0; k < call->n_args; k++) {
            any_true |= true_word(call->args[k], i);
            all_false &= false_word(call->args[k], i);
        }
        out->bits[i] = any_true;
        if (is_nullable) {
            out->valid[i] = any_true | all_false;
        }
    }
}

void not_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = ~call->args[0]->bits[i];
    }
}

/* ---- is -------------------------------------------------------------------------------------- */

void is_null_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = ~valid_word(call->args[0], i);
    }
}

void is_not_null_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = valid_word(call->args[0], i);
    }
}

void is_true_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = true_word(call->args[0], i);
    }
}

void is_false_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = false_word(call->args[0], i);
    }
}

void is_not_true_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = ~true_word(call->args[0], i);
    }
}

void is_not_false_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < bits_words(call->n); i++) {
        out->bits[i] = ~false_word(call->args[0], i);
    }
}

/* ---- masks ----------------------------------------------------------------------------------- */

/* Only the rows of the mask around it, if there is one. */
static void within(const struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; call->n_args == 2 && i < bits_words(call->n); i++) {
        out->bits[i] &= call->args[1]->bits[i];
    }
}

static void mask_true_run(struct kernel_call *call, struct column_out *out)
{
    is_true_run(call, out);
    within(call, out);
}

static void mask_not_true_run(struct kernel_call *call, struct column_out *out)
{
    is_not_true_run(call, out);
    within(call, out);
}

static void mask_not_false_run(struct kernel_call *call, struct column_out *out)
{
    is_not_false_run(call, out);
    within(call, out);
}

static void mask_null_run(struct kernel_call *call, struct column_out *out)
{
    is_null_run(call, out);
    within(call, out);
}

#define MASK(name_)                                                                                \
    const struct function name_ = {.name = #name_,                                                 \
                                   .run = name_##_run,                                             \
                                   .setup = &no_setup,                                             \
                                   .flags = NEVER_NULL | HIDDEN}

MASK(mask_true);
MASK(mask_not_true);
MASK(mask_not_false);
MASK(mask_null);

#undef MASK
