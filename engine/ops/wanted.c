/* wanted: see wanted.h. */
#include "engine/ops/wanted.h"

#include "engine/base/bits.h"
#include "engine/base/panic.h"

static void want_exprs(const struct plan_node *node, uint64_t *words)
{
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        expr_columns(node->exprs[i], words);
    }
}

/* Keys, arguments and event time of a node that groups. */
static void want_groups(const struct plan_node *node, uint64_t *words)
{
    for (uint32_t i = 0; i < node->n_keys; i++) {
        bits_set(words, node->keys[i]);
    }
    for (uint32_t i = 0; i < node->n_calls; i++) {
        const struct agg_call *call = &node->calls[i];
        for (uint32_t arg = 0; arg < call->n_args; arg++) {
            bits_set(words, call->args[arg]);
        }
        if (call->time_column >= 0) {
            bits_set(words, (uint32_t)call->time_column);
        }
    }
    if (node->input->time_column >= 0) {
        bits_set(words, (uint32_t)node->input->time_column);
    }
}

static void want_sort(const struct plan_node *node, uint64_t *words)
{
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        bits_set(words, node->sort_keys[i].column);
    }
    for (uint32_t i = 0; node->kind == PLAN_SORT && i < 2; i++) {
        if (node->window_columns[i] >= 0) {
            bits_set(words, (uint32_t)node->window_columns[i]);
        }
    }
}

/* Columns of the input that stand in the output from number `first` on and are wanted there. */
static void want_passed(const struct plan_node *node, uint32_t first, const uint64_t *output,
                        uint64_t *words)
{
    for (uint32_t i = 0; i < node->input->schema.n; i++) {
        if (bits_get(output, first + i)) {
            bits_set(words, i);
        }
    }
}

/* True if the input's columns come out again; *first = where the first of them stands. */
static bool passes_columns(const struct plan_node *node, uint32_t *first)
{
    *first = node->kind == PLAN_WINDOW_ROWS ? 2 : 0;
    return node->kind != PLAN_PROJECT && node->kind != PLAN_AGGREGATE;
}

const uint64_t *wanted_below(struct arena *query, const struct plan_node *node,
                             const uint64_t *above)
{
    uint32_t first;
    bool passes = passes_columns(node, &first);
    bool all_are_keys = node->kind == PLAN_DISTINCT && node->n_keys == 0;
    if (passes && (above == NULL || all_are_keys)) {
        return NULL;
    }
    uint32_t n = node->input->schema.n;
    uint64_t *words = arena_zalloc(query, (size_t)bits_words(n) * sizeof *words);
    if (passes) {
        size_t n_output = bits_words(node->schema.n);
        uint64_t *output = arena_zalloc(query, n_output * sizeof *output);
        memcpy(output, above, n_output * sizeof *output);
        if (node->having != NULL) {
            expr_columns(node->having, output);
        }
        want_passed(node, first, output, words);
    }
    want_exprs(node, words);
    want_groups(node, words);
    want_sort(node, words);
    return words;
}
