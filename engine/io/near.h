/* near: the names that somebody may have meant, for hints. Shared by options and kinds.
 *
 *     struct near near;
 *     near_init(&near, slice_text("delimeter"));
 *     for (each known name) {
 *         near_try(&near, name);
 *     }
 *     near_hint(&near, err);                 // did you mean "delimiter"?
 */
#ifndef ENGINE_IO_NEAR_H
#define ENGINE_IO_NEAR_H

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { NEAR_NAMES_MAX = 3, NEAR_DISTANCE_MAX = 3 };

struct near {
    struct slice wanted;
    unsigned limit; /* a third of the letters may be wrong, no more */
    unsigned n;
    struct {
        const char *name;
        unsigned distance;
    } best[NEAR_NAMES_MAX]; /* nearest first; of two as near, the earlier */
};

void near_init(struct near *near, struct slice wanted);
void near_try(struct near *near, const char *name);
/* Sets the hint of `err`, or leaves it if nothing is near. */
void near_hint(const struct near *near, struct error *err);

#endif
