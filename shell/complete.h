/* complete: what may stand where the cursor is: words that the grammar expects there, and names of
 * the catalog that make sense at that place.
 *
 *     struct candidates found;
 *     candidates_init(&found);
 *     complete_statement(catalog, before, word, &found);    // before: the text up to the word
 *     …found.items[0..found.n)…                             // sorted, each once
 *     candidates_release(&found);
 *
 * Streams, tables and views behind FROM and JOIN, sinks behind INTO, columns of the streams that
 * the statement names, functions, durations behind WINDOW and SLIDE, option names inside WITH,
 * settings behind SET, formats behind FORMAT. */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "engine/base/arena.h"
#include "sql/catalog.h"

enum { CANDIDATES_MAX = 512 };

struct candidates {
    struct arena arena;
    struct slice word; /* each begins with it, ASCII case ignored */
    const char *items[CANDIDATES_MAX];
    uint32_t n;
};

void candidates_init(struct candidates *found);
void candidates_release(struct candidates *found);
/* Takes a copy if it begins with the word and there is room. */
void candidates_add(struct candidates *found, struct slice text);
/* In order, each once. */
void candidates_sort(struct candidates *found);

/* `before` is the statement so far without `word`, which is what stands in front of the cursor and
 * may be empty. */
void complete_statement(const struct catalog *catalog, struct slice before, struct slice word,
                        struct candidates *found);

#endif
