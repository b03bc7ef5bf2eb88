/* prepared: a statement and the memory that its plan is in; a list of those that were collected to
 * run together, or run in the background.
 *
 *     struct prepared *prepared = prepared_new();
 *     …statement_prepare(catalog, &prepared->arena, text, &prepared->statement, err)…
 *     status = prepared_list_take(&list, &prepared, err);
 *     prepared_free(prepared);                             // NULL if the list took it
 *     prepared_list_clear(&list);
 */
#ifndef SHELL_PREPARED_H
#define SHELL_PREPARED_H

#include "shell/runner.h"
#include "sql/statement.h"

struct prepared {
    struct arena arena; /* lifetime: the statement's, or its query's */
    struct statement statement;
};

struct prepared *prepared_new(void);
void prepared_free(struct prepared *prepared); /* NULL is fine */

/* All zero bytes are the empty list. */
struct prepared_list {
    struct prepared *items[RUNNER_QUERIES_MAX];
    uint32_t n;
};

/* Moves it to the end of the list, NULL stays behind. ERR_LIMIT if the list is full. */
MUST_CHECK enum status prepared_list_take(struct prepared_list *list, struct prepared **prepared,
                                          struct error *err);
void prepared_list_drop(struct prepared_list *list); /* the last one */
/* Frees those whose query has that name. */
void prepared_list_remove(struct prepared_list *list, struct slice name);
void prepared_list_clear(struct prepared_list *list);

#endif
