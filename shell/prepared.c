/* prepared: see prepared.h. */
#include "shell/prepared.h"

#include "engine/base/mem.h"

struct prepared *prepared_new(void)
{
    struct prepared *prepared = mem_zalloc(sizeof *prepared);
    arena_init(&prepared->arena);
    return prepared;
}

void prepared_free(struct prepared *prepared)
{
    if (prepared != NULL) {
        arena_release(&prepared->arena);
        mem_free(prepared);
    }
}

enum status prepared_list_take(struct prepared_list *list, struct prepared **prepared,
                               struct error *err)
{
    if (list->n == RUNNER_QUERIES_MAX) {
        return error_set(err, ERR_LIMIT, "at most %d queries run together", RUNNER_QUERIES_MAX);
    }
    list->items[list->n++] = *prepared;
    *prepared = NULL;
    return OK;
}

void prepared_list_drop(struct prepared_list *list)
{
    prepared_free(list->items[--list->n]);
}

void prepared_list_remove(struct prepared_list *list, struct slice name)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        if (slice_equal_nocase(list->items[i]->statement.name, name)) {
            prepared_free(list->items[i]);
        } else {
            list->items[kept++] = list->items[i];
        }
    }
    list->n = kept;
}

void prepared_list_clear(struct prepared_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        prepared_free(list->items[i]);
    }
    list->n = 0;
}
