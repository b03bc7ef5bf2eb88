/* sessions: stretches of event time in which a group was busy. What belongs to a session (a cell, a
 * list of rows) is the caller's, by session id.
 *
 *     struct sessions sessions;
 *     sessions_init(&sessions, &node->window, table);
 *     id = sessions_place(&sessions, group, time, watermark, &absorbed);
 *     if (id == SESSION_LATE) { … }
 *     if (absorbed != SESSION_NONE) { …merge what it has into id…; sessions_remove(&sessions,
 * absorbed); } … while (sessions_pop_due(&sessions, watermark, &id)) { …;
 * sessions_remove(&sessions, id); } sessions_release(&sessions);
 *
 * A row at t joins a session of its group if it is at most one gap away from it: a gap of exactly
 * `size_us` merges. It may bring two sessions together. A session ends one gap behind its last row,
 * and is closed, for ever, once window_end + grace <= watermark; a row that joins no open session
 * is late if the session it would begin, [t, t + gap), is closed already. So it depends on the rows
 * and their watermarks alone where a row goes, not on when closed sessions leave.
 *
 * MAX: a session never gets longer than session_max_us from its first to its last row. A row that
 * would make it so begins a new one, or joins a neighbour that has room; sessions that would be too
 * long together stay apart. The older neighbour is asked first. */
#ifndef ENGINE_OPS_SESSIONS_H
#define ENGINE_OPS_SESSIONS_H

#include "engine/plan/plan.h"
#include "engine/state/table.h"
#include "engine/state/timers.h"

#define SESSION_NONE UINT32_MAX
#define SESSION_LATE (UINT32_MAX - 1)

struct session {
    int64_t start; /* time of the first row */
    int64_t last;  /* time of the last row */
    uint32_t group;
    uint32_t older; /* next session of the group, SESSION_NONE = none; free list if not is_there */
    bool is_there;
};

struct sessions {
    const struct window_spec *window;
    struct table *table; /* of groups: retained once by each session */
    struct session *at;  /* by id */
    uint32_t end;        /* all ids are below */
    uint32_t room;
    uint32_t free;    /* first free id */
    uint32_t n;       /* sessions that are there */
    uint32_t *newest; /* by group: its newest session */
    uint32_t n_groups;
    struct timers timers; /* closing times, at most as late as the truth */
    bool never_closes;    /* EMIT COMPLETE: nothing is late */
};

void sessions_init(struct sessions *sessions, const struct window_spec *window,
                   struct table *table);
void sessions_release(struct sessions *sessions);

/* The session that a row goes to, or SESSION_LATE. *absorbed is the one that the row has joined to
 * it, or SESSION_NONE: it lies within the other one now, has to be removed, and is in no list. */
uint32_t sessions_place(struct sessions *sessions, uint32_t group, int64_t time, int64_t watermark,
                        uint32_t *absorbed);

/* Forgets the session; its id may be given to another. */
void sessions_remove(struct sessions *sessions, uint32_t id);

/* Sessions that are closed at the watermark, sorted; mem_free them. They are told once, and are
 * there until they are removed: from the back is fastest, since there a group's newest comes first.
 */
uint32_t *sessions_closed(struct sessions *sessions, int64_t watermark, uint32_t *n);

/* The newest session of the group that covers `time`. There must be one. */
uint32_t sessions_at(const struct sessions *sessions, uint32_t group, int64_t time);

/* window_end: one gap behind the last row. */
int64_t sessions_window_end(const struct sessions *sessions, const struct session *session);

/* Sorts ids by (window_end, window_start, group). */
void sessions_sort(const struct sessions *sessions, uint32_t *ids, uint32_t n);

/* All sessions, sorted; mem_free them. */
uint32_t *sessions_all(const struct sessions *sessions, uint32_t *n);

/* Brings one back as the newest of its group; SESSION_NONE if it ends before it starts. */
uint32_t sessions_restore(struct sessions *sessions, uint32_t group, int64_t start, int64_t last);

int64_t sessions_next_due(const struct sessions *sessions);
size_t sessions_bytes(const struct sessions *sessions);

#endif
