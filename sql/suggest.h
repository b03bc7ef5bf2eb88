/* suggest: "did you mean": keeps the candidates nearest to a word that was not found.
 *
 *     struct suggest suggest = suggest_for(word);
 *     for (each known name) { suggest_add(&suggest, name); }
 *     suggest_hint(&suggest, err);        // = help: did you mean "status" or "state"? */
#ifndef SQL_SUGGEST_H
#define SQL_SUGGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { SUGGEST_MAX = 3 };

struct suggest {
    struct slice word;
    unsigned limit;    /* edits beyond this are not near; 0 = the word is too short for any */
    unsigned distance; /* of the best so far */
    bool upper;        /* shows the names in upper case, as the language is written */
    uint32_t n;
    struct slice best[SUGGEST_MAX]; /* all at `distance`; not copied */
};

struct suggest suggest_for(struct slice word);
void suggest_add(struct suggest *suggest, struct slice candidate);
/* Sets the hint if something is near; returns whether. */
bool suggest_hint(const struct suggest *suggest, struct error *err);

#endif
