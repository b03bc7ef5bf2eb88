/* saves: the state of a chain of operators as a checkpoint has it: one save of everything, then one
 * of what changed after the other.
 *
 *     struct saves saves = {0};
 *     saves_take(&saves, first);
 *     …
 *     saves_load(&saves, fresh);       // all of them
 *     saves_release(&saves); */
#ifndef TESTS_ENGINE_OPS_SAVES_H
#define TESTS_ENGINE_OPS_SAVES_H

#include "tests/support/testing.h"

#include "engine/base/mem.h"
#include "engine/ops/op.h"

enum { SAVES_MAX = 6 };

struct saves {
    struct bytebuf *at;
    uint32_t n;
};

static inline void saves_release(struct saves *saves)
{
    for (uint32_t i = 0; i < saves->n; i++) {
        bytebuf_release(&saves->at[i]);
    }
    mem_free(saves->at);
    *saves = (struct saves){0};
}

/* A chain begins anew when it is long, as with a snapshot. */
static inline void saves_take(struct saves *saves, struct op *first)
{
    if (saves->n == SAVES_MAX) {
        saves_release(saves);
    }
    saves->at = mem_realloc(saves->at, (saves->n + 1) * sizeof *saves->at);
    saves->at[saves->n] = (struct bytebuf){0};
    op_save_all(first, saves->n == 0, &saves->at[saves->n]);
    saves->n++;
}

static inline void saves_load(const struct saves *saves, struct op *fresh)
{
    struct error err = {0};
    struct entries *entries = entries_new();
    for (uint32_t i = 0; i < saves->n; i++) {
        assert_true(entries_apply(entries, bytebuf_slice(&saves->at[i])));
    }
    if (op_load_all(fresh, entries, &err) != OK) {
        fail_msg("load: %s", err.text);
    }
    entries_free(entries);
}

/* What one save of all says of it; false if it is refused. */
static inline bool saves_load_one(struct slice bytes, struct op *fresh, enum status *status)
{
    struct error err = {0};
    struct entries *entries = entries_new();
    bool ok = entries_apply(entries, bytes);
    *status = ok ? op_load_all(fresh, entries, &err) : ERR_STATE;
    entries_free(entries);
    return *status == OK;
}

#endif
