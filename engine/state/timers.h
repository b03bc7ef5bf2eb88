/* timers: deadlines in event time, at most one for each id, earliest first.
 *
 *     struct timers timers;
 *     timers_init(&timers, compare_ids, owner);
 *     timers_set(&timers, id, deadline_us);                  // adds or moves
 *     while (timers_pop(&timers, watermark, &id, &deadline_us)) { … }
 *     timers_release(&timers);
 *
 * A binary heap that knows where each id stands. Equal deadlines come in the order that the caller
 * gives (as a rule that of the keys behind the ids), so the order of output depends on nothing
 * else. Not saved: who sets timers can set them again. */
#ifndef ENGINE_STATE_TIMERS_H
#define ENGINE_STATE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Order of two ids with the same deadline: <0, 0, >0. It must not change while they are set. */
typedef int timers_compare_fn(const void *owner, uint32_t a, uint32_t b);

struct timer {
    int64_t time;
    uint32_t id;
};

struct timers {
    struct timer *heap;
    uint32_t n;
    uint32_t room;
    uint32_t *places; /* by id: its place in the heap, TIMER_NOT_SET */
    uint32_t n_places;
    timers_compare_fn *compare;
    const void *owner;
};

/* `compare` NULL: by id. */
void timers_init(struct timers *timers, timers_compare_fn *compare, const void *owner);
void timers_release(struct timers *timers);

void timers_set(struct timers *timers, uint32_t id, int64_t time);
/* Does nothing if the id has no deadline. */
void timers_remove(struct timers *timers, uint32_t id);
/* False if the id has no deadline; *time is untouched then. */
bool timers_get(const struct timers *timers, uint32_t id, int64_t *time);

/* The earliest deadline; INT64_MAX if there is none. */
int64_t timers_next(const struct timers *timers);
/* Takes out the earliest deadline if it is at or before `now`; false if it is not. */
bool timers_pop(struct timers *timers, int64_t now, uint32_t *id, int64_t *time);

size_t timers_bytes(const struct timers *timers);

#endif
