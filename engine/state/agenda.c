/* agenda: see agenda.h. */
#include "engine/state/agenda.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { AGENDA_ROOM_MIN = 64 };

void agenda_release(struct agenda *agenda)
{
    mem_free(agenda->queue);
    mem_free(agenda->heap);
    *agenda = (struct agenda){0};
}

static bool row_before(struct agenda_row a, struct agenda_row b)
{
    return a.time != b.time ? a.time < b.time : a.number < b.number;
}

static uint32_t more_room(uint32_t room)
{
    CHECK(room <= UINT32_MAX / 2);
    return room == 0 ? AGENDA_ROOM_MIN : room * 2;
}

static void queue_add(struct agenda *agenda, struct agenda_row row)
{
    uint32_t n = agenda->tail - agenda->head;
    if (agenda->tail == agenda->queue_room && agenda->head > n) {
        memcpy(agenda->queue, agenda->queue + agenda->head, n * sizeof row);
        agenda->head = 0;
        agenda->tail = n;
    }
    if (agenda->tail == agenda->queue_room) {
        agenda->queue_room = more_room(agenda->queue_room);
        agenda->queue = mem_realloc(agenda->queue, agenda->queue_room * sizeof row);
    }
    agenda->queue[agenda->tail++] = row;
}

static void heap_add(struct agenda *agenda, struct agenda_row row)
{
    if (agenda->n_heap == agenda->heap_room) {
        agenda->heap_room = more_room(agenda->heap_room);
        agenda->heap = mem_realloc(agenda->heap, agenda->heap_room * sizeof row);
    }
    uint32_t at = agenda->n_heap++;
    while (at > 0 && row_before(row, agenda->heap[(at - 1) / 2])) {
        agenda->heap[at] = agenda->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    agenda->heap[at] = row;
}

static struct agenda_row heap_take(struct agenda *agenda)
{
    struct agenda_row first = agenda->heap[0];
    struct agenda_row last = agenda->heap[--agenda->n_heap];
    uint32_t at = 0;
    for (uint32_t child = 1; child < agenda->n_heap; child = 2 * at + 1) {
        if (child + 1 < agenda->n_heap &&
            row_before(agenda->heap[child + 1], agenda->heap[child])) {
            child++;
        }
        if (!row_before(agenda->heap[child], last)) {
            break;
        }
        agenda->heap[at] = agenda->heap[child];
        at = child;
    }
    agenda->heap[at] = last;
    return first;
}

void agenda_add(struct agenda *agenda, struct agenda_row row)
{
    bool is_empty = agenda->head == agenda->tail;
    if (is_empty || row_before(agenda->queue[agenda->tail - 1], row)) {
        queue_add(agenda, row);
    } else {
        heap_add(agenda, row);
    }
}

/* True if the first row is the heap's. There must be a row. */
static bool heap_is_first(const struct agenda *agenda)
{
    if (agenda->n_heap == 0 || agenda->head == agenda->tail) {
        return agenda->n_heap > 0;
    }
    return row_before(agenda->heap[0], agenda->queue[agenda->head]);
}

int64_t agenda_next(const struct agenda *agenda)
{
    if (agenda_rows(agenda) == 0) {
        return INT64_MAX;
    }
    return heap_is_first(agenda) ? agenda->heap[0].time : agenda->queue[agenda->head].time;
}

bool agenda_pop(struct agenda *agenda, int64_t before, struct agenda_row *row)
{
    if (agenda_rows(agenda) == 0 || (before != INT64_MAX && agenda_next(agenda) >= before)) {
        return false;
    }
    *row = heap_is_first(agenda) ? heap_take(agenda) : agenda->queue[agenda->head++];
    return true;
}

size_t agenda_bytes(const struct agenda *agenda)
{
    return ((size_t)agenda->queue_room + agenda->heap_room) * sizeof(struct agenda_row);
}
