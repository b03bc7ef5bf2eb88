/* sessions_saved: see sessions_saved.h. */
#include "engine/ops/sessions_saved.h"

#include <stdlib.h>

#include "engine/base/mem.h"

static void add(struct sessions_saved *saved, const struct entry *entry)
{
    if (saved->n == saved->room) {
        saved->room = saved->room == 0 ? 64 : saved->room * 2;
        saved->at = mem_realloc(saved->at, saved->room * sizeof *saved->at);
    }
    struct session_saved *session = &saved->at[saved->n++];
    session->rest = reader_of(entry->value);
    session->start = reader_i64(&session->rest);
    session->last = reader_i64(&session->rest);
    session->serial = changelog_number(entry->key, &session->rest);
    saved->is_damaged |= !reader_ok(&session->rest);
}

static int compare(const void *a, const void *b)
{
    const struct session_saved *x = a;
    const struct session_saved *y = b;
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

bool sessions_saved_take(struct sessions_saved *saved, struct entries_walk *walk,
                         struct entry *next)
{
    bool has_next;
    while ((has_next = entries_next(walk, next)) && slice_equal(next->section, slice_text("s"))) {
        add(saved, next);
    }
    if (saved->n > 0) {
        qsort(saved->at, saved->n, sizeof *saved->at, compare);
    }
    return has_next;
}
