/* timers: see timers.h. */
#include "engine/state/timers.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

#define TIMER_NOT_SET UINT32_MAX

void timers_init(struct timers *timers, timers_compare_fn *compare, const void *owner)
{
    *timers = (struct timers){.compare = compare, .owner = owner};
}

void timers_release(struct timers *timers)
{
    mem_free(timers->heap);
    mem_free(timers->places);
    timers_init(timers, timers->compare, timers->owner);
}

static bool timer_before(const struct timers *timers, struct timer a, struct timer b)
{
    if (a.time != b.time) {
        return a.time < b.time;
    }
    int order = timers->compare == NULL ? 0 : timers->compare(timers->owner, a.id, b.id);
    return order == 0 ? a.id < b.id : order < 0;
}

static void heap_put(struct timers *timers, uint32_t at, struct timer timer)
{
    timers->heap[at] = timer;
    timers->places[timer.id] = at;
}

/* Moves the hole at `at` up to where `timer` belongs. */
static uint32_t heap_rise(struct timers *timers, uint32_t at, struct timer timer)
{
    while (at > 0 && timer_before(timers, timer, timers->heap[(at - 1) / 2])) {
        heap_put(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return at;
}

/* Moves the hole at `at` down to where `timer` belongs. */
static uint32_t heap_sink(struct timers *timers, uint32_t at, struct timer timer)
{
    for (uint32_t child = 2 * at + 1; child < timers->n; child = 2 * at + 1) {
        if (child + 1 < timers->n &&
            timer_before(timers, timers->heap[child + 1], timers->heap[child])) {
            child++;
        }
        if (!timer_before(timers, timers->heap[child], timer)) {
            break;
        }
        heap_put(timers, at, timers->heap[child]);
        at = child;
    }
    return at;
}

static void heap_settle(struct timers *timers, uint32_t at, struct timer timer)
{
    at = heap_rise(timers, at, timer);
    heap_put(timers, heap_sink(timers, at, timer), timer);
}

static void reserve_place(struct timers *timers, uint32_t id)
{
    CHECK(id < TIMER_NOT_SET);
    if (id < timers->n_places) {
        return;
    }
    uint32_t n = timers->n_places == 0 ? 64 : timers->n_places;
    while (n <= id) {
        n = n > UINT32_MAX / 2 ? UINT32_MAX : n * 2;
    }
    timers->places = mem_realloc(timers->places, (size_t)n * sizeof *timers->places);
    for (uint32_t i = timers->n_places; i < n; i++) {
        timers->places[i] = TIMER_NOT_SET;
    }
    timers->n_places = n;
}

static uint32_t place_of(const struct timers *timers, uint32_t id)
{
    return id < timers->n_places ? timers->places[id] : TIMER_NOT_SET;
}

void timers_set(struct timers *timers, uint32_t id, int64_t time)
{
    reserve_place(timers, id);
    uint32_t at = timers->places[id];
    if (at == TIMER_NOT_SET) {
        if (timers->n == timers->room) {
            timers->room = timers->room == 0 ? 64 : timers->room * 2;
            timers->heap = mem_realloc(timers->heap, (size_t)timers->room * sizeof *timers->heap);
        }
        at = timers->n++;
    }
    heap_settle(timers, at, (struct timer){time, id});
}

static void take_out(struct timers *timers, uint32_t at)
{
    timers->places[timers->heap[at].id] = TIMER_NOT_SET;
    timers->n--;
    if (at < timers->n) {
        heap_settle(timers, at, timers->heap[timers->n]);
    }
}

void timers_remove(struct timers *timers, uint32_t id)
{
    uint32_t at = place_of(timers, id);
    if (at != TIMER_NOT_SET) {
        take_out(timers, at);
    }
}

bool timers_get(const struct timers *timers, uint32_t id, int64_t *time)
{
    uint32_t at = place_of(timers, id);
    if (at == TIMER_NOT_SET) {
        return false;
    }
    *time = timers->heap[at].time;
    return true;
}

int64_t timers_next(const struct timers *timers)
{
    return timers->n == 0 ? INT64_MAX : timers->heap[0].time;
}

bool timers_pop(struct timers *timers, int64_t now, uint32_t *id, int64_t *time)
{
    if (timers->n == 0 || timers->heap[0].time > now) {
        return false;
    }
    *id = timers->heap[0].id;
    *time = timers->heap[0].time;
    take_out(timers, 0);
    return true;
}

size_t timers_bytes(const struct timers *timers)
{
    return (size_t)timers->room * sizeof *timers->heap +
           (size_t)timers->n_places * sizeof *timers->places;
}
