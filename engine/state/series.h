/* series: the rows of one group by event time: a sorted sequence that mostly grows at its end and
 * is forgotten from its front. Rows of equal times stand in the order they came.
 *
 *     struct series_pool pool;                             // what all groups' series share
 *     series_pool_init(&pool, &layout);                    // record.h: the columns of a row
 *     struct series series = {0};
 *     position = series_insert(&pool, &series, time, record, bytes);
 *     from = series_seek(&pool, &series, time - size, hint);
 *     …series_record(&pool, &series, position)…
 *     series_drop_before(&pool, &series, from);
 *     series_clear(&pool, &series);
 *
 * A position counts from the group's first row ever and stays a row's own while rows in front of it
 * are forgotten; only a row that comes late moves the ones behind it up. */
#ifndef ENGINE_STATE_SERIES_H
#define ENGINE_STATE_SERIES_H

#include <string.h>

#include "engine/state/record.h"

/* Rows of fixed size stand in the series; others on the heap, and the series points to them. */
struct series_pool {
    const struct record_layout *layout;
    uint32_t stride; /* bytes of an element: its time, then the record or its address */
    size_t bytes;    /* held by all series of the pool */
};

/* Zero is empty. */
struct series {
    uint8_t *at;
    uint32_t head; /* elements in front of the first */
    uint32_t n;
    uint32_t room;
    uint64_t first; /* position of the first */
};

/* `layout` must outlive the pool. */
void series_pool_init(struct series_pool *pool, const struct record_layout *layout);

/* Copies the record in behind all rows with a time at or before `time`; returns its position. */
uint64_t series_insert(struct series_pool *pool, struct series *series, int64_t time,
                       const uint8_t *record, uint32_t bytes);

/* The first position whose time is at least `time`, or the end. Costs the logarithm of how far that
 * is from `hint`, any number. */
uint64_t series_seek(const struct series_pool *pool, const struct series *series, int64_t time,
                     uint64_t hint);

/* Forgets the rows in front of `position`. */
void series_drop_before(struct series_pool *pool, struct series *series, uint64_t position);

/* Forgets all rows and gives the memory back. Positions go on from where they were. */
void series_clear(struct series_pool *pool, struct series *series);

static inline uint64_t series_end(const struct series *series)
{
    return series->first + series->n;
}

static inline uint8_t *series_element(const struct series_pool *pool, const struct series *series,
                                      uint64_t position)
{
    return series->at + (size_t)(series->head + (position - series->first)) * pool->stride;
}

static inline int64_t series_time(const struct series_pool *pool, const struct series *series,
                                  uint64_t position)
{
    int64_t time;
    memcpy(&time, series_element(pool, series, position), sizeof time);
    return time;
}

/* Valid until the next insert or drop. */
static inline const uint8_t *series_record(const struct series_pool *pool,
                                           const struct series *series, uint64_t position)
{
    const uint8_t *at = series_element(pool, series, position) + sizeof(int64_t);
    return pool->layout->n_texts > 0 ? *(const uint8_t *const *)(const void *)at : at;
}
#endif
