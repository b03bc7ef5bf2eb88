/* kern_case: CASE, COALESCE, GREATEST, LEAST: rows taken from several columns. */
#include "engine/expr/kernels.h"

/* ---- copying rows ---------------------------------------------------------------------------- */

static void take_i64(int64_t *restrict to, const int64_t *restrict from, uint64_t rows)
{
    if (rows == ~(uint64_t)0) {
        memcpy(to, from, 64 * sizeof *to);
        return;
    }
    for (; rows != 0; rows &= rows - 1) {
        int row = __builtin_ctzll(rows);
        to[row] = from[row];
    }
}

static void take_text(struct text *restrict to, const struct text *restrict from, uint64_t rows)
{
    for (; rows != 0; rows &= rows - 1) {
        int row = __builtin_ctzll(rows);
        to[row] = from[row];
    }
}

/* Rows `rows` (a word of them, number `word`) of `from` into `out`, NULLs too: out->valid is there
 * if any column has NULLs. */
static void take(struct column_out *out, const struct column *from, uint32_t word, uint64_t rows)
{
    uint64_t valid = from->valid == NULL ? ~(uint64_t)0 : from->valid[word];
    if (out->valid != NULL) {
        out->valid[word] = (out->valid[word] & ~rows) | (valid & rows);
    }
    switch (type_physical(out->type)) {
    case PHYSICAL_BIT:
        out->bits[word] = (out->bits[word] & ~rows) | (from->bits[word] & rows);
        break;
    case PHYSICAL_I64: /* doubles are moved as the same eight bytes */
    case PHYSICAL_F64:
        take_i64(out->i64 + (size_t)word * 64, from->i64 + (size_t)word * 64, rows);
        break;
    case PHYSICAL_TEXT:
        take_text(out->text + (size_t)word * 64, from->text + (size_t)word * 64, rows);
        break;
    }
}

/* The rows of word `word` that exist. */
static uint64_t word_rows(uint32_t n, uint32_t word)
{
    return word + 1 == bits_words(n) ? bits_tail(n) : ~(uint64_t)0;
}

/* ---- CASE ------------------------------------------------------------------------------------ */

static bool case_is_nullable(const struct kernel_call *call)
{
    bool is_nullable = call->n_args % 2 == 0;
    for (uint32_t k = 0; k < call->n_args; k++) {
        bool is_value = k % 2 == 1 || k == call->n_args - 1;
        is_nullable |= is_value && call->args[k]->valid != NULL;
    }
    return is_nullable;
}

static void case_word(struct kernel_call *call, struct column_out *out, uint32_t word)
{
    uint64_t left = word_rows(call->n, word);
    for (uint32_t k = 0; k + 1 < call->n_args && left != 0; k += 2) {
        const struct column *condition = call->args[k];
        uint64_t rows = condition->bits[word] & left;
        rows &= condition->valid == NULL ? ~(uint64_t)0 : condition->valid[word];
        take(out, call->args[k + 1], word, rows);
        left &= ~rows;
    }
    if (call->n_args % 2 == 1) {
        take(out, call->args[call->n_args - 1], word, left);
        return;
    }
    for (; left != 0; left &= left - 1) {
        column_out_null(out, word * 64 + (uint32_t)__builtin_ctzll(left), call->n);
    }
}

static void case_run(struct kernel_call *call, struct column_out *out)
{
    if (case_is_nullable(call)) {
        column_out_make_valid(out, call->n);
    }
    for (uint32_t word = 0; word < bits_words(call->n); word++) {
        case_word(call, out, word);
    }
}

const struct function function_case = {.name = "case",
                                       .run = case_run,
                                       .setup = &no_setup,
                                       .flags = OWN_NULLS | HIDDEN,
                                       .cost = 2};

/* ---- COALESCE -------------------------------------------------------------------------------- */

void coalesce_run(struct kernel_call *call, struct column_out *out)
{
    const struct column *last = call->args[call->n_args - 1];
    if (last->valid != NULL) {
        column_out_make_valid(out, call->n);
    }
    for (uint32_t word = 0; word < bits_words(call->n); word++) {
        uint64_t left = word_rows(call->n, word);
        for (uint32_t k = 0; k < call->n_args && left != 0; k++) {
            const struct column *arg = call->args[k];
            uint64_t rows = left & (arg->valid == NULL ? ~(uint64_t)0 : arg->valid[word]);
            rows = k + 1 == call->n_args ? left : rows;
            take(out, arg, word, rows);
            left &= ~rows;
        }
    }
}

/* ---- GREATEST, LEAST ------------------------------------------------------------------------- */

/* <0, 0, >0 as the compare kernels order; NaN is largest. */
static int order_f64(double a, double b)
{
    if (a != a || b != b) {
        return (a != a) - (b != b);
    }
    return (a > b) - (a < b);
}

static int order_rows(const struct column_out *a, const struct column *b, uint32_t row)
{
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return (int)bits_get(a->bits, row) - (int)bits_get(b->bits, row);
    case PHYSICAL_I64:
        return (a->i64[row] > b->i64[row]) - (a->i64[row] < b->i64[row]);
    case PHYSICAL_F64:
        return order_f64(a->f64[row], b->f64[row]);
    case PHYSICAL_TEXT:
        return slice_compare(text_slice(a->text[row]), text_slice(b->text[row]));
    }
    return 0;
}

/* Rows where `from` has a value that is further in the direction than what `out` has, or `out` has
 * none. */
static uint64_t better_rows(const struct kernel_call *call, const struct column_out *out,
                            const struct column *from, uint32_t word, int direction)
{
    uint64_t rows = word_rows(call->n, word);
    rows &= from->valid == NULL ? ~(uint64_t)0 : from->valid[word];
    uint64_t better = 0;
    for (; rows != 0; rows &= rows - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(rows);
        uint32_t row = word * 64 + bit;
        bool is_better = (out->valid != NULL && !bits_get(out->valid, row)) ||
                         order_rows(out, from, row) * direction < 0;
        better |= (uint64_t)is_better << bit;
    }
    return better;
}

static void choose_extreme(struct kernel_call *call, struct column_out *out, int direction)
{
    for (uint32_t k = 0; k < call->n_args; k++) {
        if (call->args[k]->valid != NULL && out->valid == NULL) {
            column_out_make_valid(out, call->n);
        }
    }
    for (uint32_t word = 0; word < bits_words(call->n); word++) {
        take(out, call->args[0], word, word_rows(call->n, word));
        for (uint32_t k = 1; k < call->n_args; k++) {
            uint64_t rows = better_rows(call, out, call->args[k], word, direction);
            take(out, call->args[k], word, rows);
        }
    }
}

void greatest_run(struct kernel_call *call, struct column_out *out)
{
    choose_extreme(call, out, 1);
}

void least_run(struct kernel_call *call, struct column_out *out)
{
    choose_extreme(call, out, -1);
}
