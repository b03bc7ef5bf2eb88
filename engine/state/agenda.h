/* agenda: rows that wait until their time has come, by (time, number).
 *
 *     struct agenda agenda = {0};
 *     agenda_add(&agenda, (struct agenda_row){time, number});      // numbers ascend
 *     while (agenda_pop(&agenda, before, &row)) { … }              // all with time < before, in
 * order agenda_release(&agenda);
 *
 * Rows that come in order of time wait in a queue, the others in a heap: order costs nothing. */
#ifndef ENGINE_STATE_AGENDA_H
#define ENGINE_STATE_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agenda_row {
    int64_t time;
    uint64_t number;
};

/* Zero is empty. */
struct agenda {
    struct agenda_row *queue;
    uint32_t head; /* rows of the queue that are gone */
    uint32_t tail;
    uint32_t queue_room;
    struct agenda_row *heap;
    uint32_t n_heap;
    uint32_t heap_room;
};

void agenda_release(struct agenda *agenda);

/* Rows of equal times leave in the order of their numbers. */
void agenda_add(struct agenda *agenda, struct agenda_row row);
/* Takes out the first row if its time is below `before`; INT64_MAX takes any. */
bool agenda_pop(struct agenda *agenda, int64_t before, struct agenda_row *row);
/* The first time; INT64_MAX if there is none. */
int64_t agenda_next(const struct agenda *agenda);

static inline uint64_t agenda_rows(const struct agenda *agenda)
{
    return (uint64_t)(agenda->tail - agenda->head) + agenda->n_heap;
}

size_t agenda_bytes(const struct agenda *agenda);

#endif
