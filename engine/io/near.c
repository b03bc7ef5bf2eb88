/* near: see near.h. */
#include "engine/io/near.h"

void near_init(struct near *near, struct slice wanted)
{
    *near = (struct near){.wanted = wanted};
    near->limit = (unsigned)((wanted.len + 2) / 3);
    if (near->limit > NEAR_DISTANCE_MAX) {
        near->limit = NEAR_DISTANCE_MAX;
    }
}

void near_try(struct near *near, const char *name)
{
    unsigned distance = slice_distance(near->wanted, slice_text(name), near->limit);
    if (distance > near->limit) {
        return;
    }
    unsigned at = near->n;
    while (at > 0 && near->best[at - 1].distance > distance) {
        at--;
    }
    if (at == NEAR_NAMES_MAX) {
        return;
    }
    near->n += near->n < NEAR_NAMES_MAX;
    for (unsigned i = near->n - 1; i > at; i--) {
        near->best[i] = near->best[i - 1];
    }
    near->best[at].name = name;
    near->best[at].distance = distance;
}

void near_hint(const struct near *near, struct error *err)
{
    switch (near->n) {
    case 0:
        break;
    case 1:
        error_hint(err, "did you mean \"%s\"?", near->best[0].name);
        break;
    case 2:
        error_hint(err, "did you mean \"%s\" or \"%s\"?", near->best[0].name, near->best[1].name);
        break;
    default:
        error_hint(err, "did you mean \"%s\", \"%s\" or \"%s\"?", near->best[0].name,
                   near->best[1].name, near->best[2].name);
        break;
    }
}
