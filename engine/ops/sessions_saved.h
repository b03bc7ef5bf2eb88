/* sessions_saved: sessions that are read back. They are saved by serial number, and come back in
 * the order of their times, as sessions_restore wants them. */
#ifndef ENGINE_OPS_SESSIONS_SAVED_H
#define ENGINE_OPS_SESSIONS_SAVED_H

#include "engine/state/entries.h"

struct session_saved {
    int64_t start;
    int64_t last;
    uint64_t serial;
    struct reader rest; /* of the value */
};

/* Zero is empty; mem_free `at`. */
struct sessions_saved {
    struct session_saved *at;
    uint32_t n;
    uint32_t room;
    bool is_damaged;
};

/* Takes section s: i64 start, i64 last, rest by serial. True if there is an entry behind it, which
 * is in *next. */
bool sessions_saved_take(struct sessions_saved *saved, struct entries_walk *walk,
                         struct entry *next);

#endif
