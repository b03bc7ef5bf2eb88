/* results: see results.h. */
#include "shell/results.h"

#include "engine/base/mem.h"

struct results {
    const struct clock *clock;
    struct present **items;
    uint32_t n;
};

struct results *results_new(const struct clock *clock)
{
    struct results *results = mem_zalloc(sizeof *results);
    results->clock = clock;
    return results;
}

void results_free(struct results *results)
{
    if (results == NULL) {
        return;
    }
    for (uint32_t i = 0; i < results->n; i++) {
        present_free(results->items[i]);
    }
    mem_free(results->items);
    mem_free(results);
}

static uint32_t index_of(const struct results *results, struct slice name)
{
    uint32_t i = 0;
    while (i < results->n && !slice_equal_nocase(present_name(results->items[i]), name)) {
        i++;
    }
    return i;
}

struct present *results_find(const struct results *results, struct slice name)
{
    uint32_t i = index_of(results, name);
    return i < results->n ? results->items[i] : NULL;
}

void results_forget(struct results *results, struct slice name)
{
    uint32_t i = index_of(results, name);
    if (i < results->n) {
        present_free(results->items[i]);
        results->items[i] = results->items[--results->n];
    }
}

struct present *results_begin(struct results *results, const struct plan *plan,
                              const struct retain *limits)
{
    results_forget(results, plan->name);
    results->items = mem_realloc(results->items, (results->n + 1) * sizeof(struct present *));
    return results->items[results->n++] = present_new(results->clock, plan, limits);
}
