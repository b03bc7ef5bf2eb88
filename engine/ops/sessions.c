/* sessions: see sessions.h. A group's sessions are a list from the newest to the oldest, so that
 * rows which come in order look at one. */
#include "engine/ops/sessions.h"

#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/rowkey.h"
#include "engine/ops/intake.h"

void sessions_init(struct sessions *sessions, const struct window_spec *window, struct table *table)
{
    *sessions = (struct sessions){.window = window, .table = table, .free = SESSION_NONE};
    timers_init(&sessions->timers, NULL, NULL);
}

void sessions_release(struct sessions *sessions)
{
    timers_release(&sessions->timers);
    mem_free(sessions->at);
    mem_free(sessions->newest);
}

/* ---- one session ----------------------------------------------------------------------------- */

int64_t sessions_window_end(const struct sessions *sessions, const struct session *session)
{
    return time_plus(session->last, sessions->window->size_us);
}

/* When a session whose last row is at `last` is closed. */
static int64_t closing_time(const struct sessions *sessions, int64_t last)
{
    return time_plus(time_plus(last, sessions->window->size_us), sessions->window->grace_us);
}

static bool is_closed(const struct sessions *sessions, int64_t last, int64_t watermark)
{
    return !sessions->never_closes && closing_time(sessions, last) <= watermark;
}

static bool fits(const struct sessions *sessions, int64_t start, int64_t last)
{
    int64_t max_us = sessions->window->session_max_us;
    return max_us == 0 || time_minus(last, start) <= max_us;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- ids ------------------------------------------------------------------------------------- */

static uint32_t take_id(struct sessions *sessions)
{
    if (sessions->free != SESSION_NONE) {
        uint32_t id = sessions->free;
        sessions->free = sessions->at[id].older;
        return id;
    }
    if (sessions->end == sessions->room) {
        CHECK(sessions->room < SESSION_LATE / 2);
        sessions->room = sessions->room == 0 ? 16 : sessions->room * 2;
        sessions->at = mem_realloc(sessions->at, sessions->room * sizeof *sessions->at);
    }
    return sessions->end++;
}

static void reserve_group(struct sessions *sessions, uint32_t group)
{
    if (group < sessions->n_groups) {
        return;
    }
    uint32_t n = sessions->n_groups == 0 ? 16 : sessions->n_groups;
    while (n <= group) {
        n *= 2;
    }
    sessions->newest = mem_realloc(sessions->newest, n * sizeof *sessions->newest);
    for (uint32_t i = sessions->n_groups; i < n; i++) {
        sessions->newest[i] = SESSION_NONE;
    }
    sessions->n_groups = n;
}

/* Puts a new session into the group's list behind `newer` (SESSION_NONE: as the newest). */
static uint32_t add_session(struct sessions *sessions, uint32_t group, int64_t start, int64_t last,
                            uint32_t newer)
{
    uint32_t id = take_id(sessions);
    uint32_t *link = newer == SESSION_NONE ? &sessions->newest[group] : &sessions->at[newer].older;
    sessions->at[id] = (struct session){.start = start,
                                        .last = last,
                                        .group = group,
                                        .older = *link,
                                        .is_there = true};
    *link = id;
    sessions->n++;
    table_retain(sessions->table, group);
    if (!sessions->never_closes) {
        timers_set(&sessions->timers, id, closing_time(sessions, last));
    }
    return id;
}

static void unlink_session(struct sessions *sessions, uint32_t id)
{
    uint32_t *link = &sessions->newest[sessions->at[id].group];
    while (*link != SESSION_NONE && *link != id) {
        link = &sessions->at[*link].older;
    }
    if (*link == id) { /* else it was absorbed */
        *link = sessions->at[id].older;
    }
}

void sessions_remove(struct sessions *sessions, uint32_t id)
{
    struct session *session = &sessions->at[id];
    CHECK(id < sessions->end && session->is_there);
    unlink_session(sessions, id);
    timers_remove(&sessions->timers, id);
    table_drop(sessions->table, session->group);
    session->is_there = false;
    session->older = sessions->free;
    sessions->free = id;
    sessions->n--;
}

/* ---- rows come ------------------------------------------------------------------------------- */

/* Where a row could go: `joins` is the oldest session that it may join, `newer` the next newer one
 * of the group, or, if it joins none, the one behind which a new session belongs. */
struct place {
    uint32_t joins;
    uint32_t newer;
};

static struct place find_place(const struct sessions *sessions, uint32_t group, int64_t time,
                               int64_t watermark)
{
    int64_t gap = sessions->window->size_us;
    struct place place = {SESSION_NONE, SESSION_NONE};
    uint32_t newer = SESSION_NONE;
    for (uint32_t id = sessions->newest[group]; id != SESSION_NONE; id = sessions->at[id].older) {
        const struct session *session = &sessions->at[id];
        if (time_plus(session->last, gap) < time || is_closed(sessions, session->last, watermark)) {
            break; /* older ones end before it */
        }
        bool touches = time_minus(session->start, gap) <= time;
        if (touches && fits(sessions, earlier(session->start, time), later(session->last, time))) {
            place = (struct place){id, newer};
        }
        newer = id;
    }
    if (place.joins != SESSION_NONE) {
        return place;
    }
    for (uint32_t id = sessions->newest[group]; id != SESSION_NONE; id = sessions->at[id].older) {
        if (sessions->at[id].start <= time) {
            break;
        }
        place.newer = id;
    }
    return place;
}

/* The session takes in the next newer one if they touch now. */
static uint32_t absorb_newer(struct sessions *sessions, uint32_t id, uint32_t newer)
{
    if (newer == SESSION_NONE) {
        return SESSION_NONE;
    }
    struct session *session = &sessions->at[id];
    const struct session *other = &sessions->at[newer];
    if (time_minus(other->start, sessions->window->size_us) > session->last ||
        !fits(sessions, session->start, later(session->last, other->last))) {
        return SESSION_NONE;
    }
    unlink_session(sessions, newer);
    session->last = later(session->last, other->last);
    return newer;
}

uint32_t sessions_place(struct sessions *sessions, uint32_t group, int64_t time, int64_t watermark,
                        uint32_t *absorbed)
{
    *absorbed = SESSION_NONE;
    reserve_group(sessions, group);
    struct place place = find_place(sessions, group, time, watermark);
    if (place.joins == SESSION_NONE) {
        return is_closed(sessions, time, watermark)
                   ? SESSION_LATE
                   : add_session(sessions, group, time, time, place.newer);
    }
    struct session *session = &sessions->at[place.joins];
    session->start = earlier(session->start, time);
    session->last = later(session->last, time);
    *absorbed = absorb_newer(sessions, place.joins, place.newer);
    return place.joins;
}

/* A session's last row may have moved on since its timer was set. */
static bool pop_due(struct sessions *sessions, int64_t watermark, uint32_t *id)
{
    int64_t time;
    while (timers_pop(&sessions->timers, watermark, id, &time)) {
        int64_t closes = closing_time(sessions, sessions->at[*id].last);
        if (closes <= watermark) {
            return true;
        }
        timers_set(&sessions->timers, *id, closes);
    }
    return false;
}

uint32_t sessions_at(const struct sessions *sessions, uint32_t group, int64_t time)
{
    uint32_t id = sessions->newest[group];
    while (id != SESSION_NONE && (sessions->at[id].start > time || sessions->at[id].last < time)) {
        id = sessions->at[id].older;
    }
    CHECK(id != SESSION_NONE);
    return id;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare_sessions(const void *a, const void *b, void *owner)
{
    const struct sessions *sessions = owner;
    const struct session *x = &sessions->at[*(const uint32_t *)a];
    const struct session *y = &sessions->at[*(const uint32_t *)b];
    if (x->last != y->last) {
        return x->last < y->last ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return rowkey_compare(table_key(sessions->table, x->group),
                          table_key(sessions->table, y->group));
}

void sessions_sort(const struct sessions *sessions, uint32_t *ids, uint32_t n)
{
    if (n > 1) {
        qsort_r(ids, n, sizeof *ids, compare_sessions, (void *)(uintptr_t)sessions);
    }
}

uint32_t *sessions_closed(struct sessions *sessions, int64_t watermark, uint32_t *n)
{
    uint32_t *ids = mem_alloc(((size_t)sessions->n + 1) * sizeof *ids);
    *n = 0;
    while (pop_due(sessions, watermark, &ids[*n])) {
        (*n)++;
    }
    sessions_sort(sessions, ids, *n);
    return ids;
}

static uint32_t *collect(const struct sessions *sessions, uint32_t *n)
{
    uint32_t *ids = mem_alloc(((size_t)sessions->n + 1) * sizeof *ids);
    *n = 0;
    for (uint32_t id = 0; id < sessions->end; id++) {
        if (sessions->at[id].is_there) {
            ids[(*n)++] = id;
        }
    }
    return ids;
}

uint32_t *sessions_all(const struct sessions *sessions, uint32_t *n)
{
    uint32_t *ids = collect(sessions, n);
    sessions_sort(sessions, ids, *n);
    return ids;
}

uint32_t sessions_restore(struct sessions *sessions, uint32_t group, int64_t start, int64_t last)
{
    reserve_group(sessions, group);
    return start > last ? SESSION_NONE : add_session(sessions, group, start, last, SESSION_NONE);
}

/* The first closing time, or a little before it. */
int64_t sessions_next_due(const struct sessions *sessions)
{
    return timers_next(&sessions->timers);
}

size_t sessions_bytes(const struct sessions *sessions)
{
    return sessions->room * sizeof *sessions->at + sessions->n_groups * sizeof *sessions->newest +
           timers_bytes(&sessions->timers);
}
