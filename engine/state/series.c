/* series: see series.h. */
#include "engine/state/series.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { SERIES_ROOM_MIN = 4 };

void series_pool_init(struct series_pool *pool, const struct record_layout *layout)
{
    uint32_t bytes = layout->n_texts > 0 ? (uint32_t)sizeof(uint8_t *) : layout->fixed_bytes;
    *pool = (struct series_pool){.layout = layout, .stride = (uint32_t)sizeof(int64_t) + bytes};
}

static void series_resize(struct series_pool *pool, struct series *series, uint32_t room)
{
    uint8_t *at = mem_alloc((size_t)room * pool->stride);
    if (series->n > 0) {
        memcpy(at, series->at + (size_t)series->head * pool->stride,
               (size_t)series->n * pool->stride);
    }
    mem_free(series->at);
    pool->bytes += (size_t)room * pool->stride;
    pool->bytes -= (size_t)series->room * pool->stride;
    series->at = at;
    series->head = 0;
    series->room = room;
}

/* One more element fits behind the last. Half of the room in front of the first is worth a move
 * instead of growth: each row is moved at most once for each row that left. */
static void series_reserve(struct series_pool *pool, struct series *series)
{
    if (series->head + series->n < series->room) {
        return;
    }
    if (series->head >= series->room / 2 && series->head > 0) {
        memmove(series->at, series->at + (size_t)series->head * pool->stride,
                (size_t)series->n * pool->stride);
        series->head = 0;
        return;
    }
    CHECK(series->room <= UINT32_MAX / 2);
    series_resize(pool, series, series->room == 0 ? SERIES_ROOM_MIN : series->room * 2);
}

/* Where a row with this time goes: rows come mostly in order, so the search begins at the end. */
static uint64_t place_for(const struct series_pool *pool, const struct series *series, int64_t time)
{
    uint64_t end = series_end(series);
    if (series->n == 0 || series_time(pool, series, end - 1) <= time) {
        return end;
    }
    return time == INT64_MAX ? end : series_seek(pool, series, time + 1, end);
}

uint64_t series_insert(struct series_pool *pool, struct series *series, int64_t time,
                       const uint8_t *record, uint32_t bytes)
{
    uint64_t position = place_for(pool, series, time);
    series_reserve(pool, series);
    uint8_t *at = series_element(pool, series, position);
    memmove(at + pool->stride, at, (size_t)(series_end(series) - position) * pool->stride);
    series->n++;
    memcpy(at, &time, sizeof time);
    at += sizeof time;
    if (pool->layout->n_texts > 0) {
        uint8_t *copy = mem_alloc(bytes);
        memcpy(copy, record, bytes);
        memcpy(at, &copy, sizeof copy);
        pool->bytes += bytes;
    } else if (bytes > 0) {
        DCHECK(bytes == pool->layout->fixed_bytes);
        memcpy(at, record, bytes);
    }
    return position;
}

/* The first position in [low, high) whose time is at least `time`, or high. */
static uint64_t seek_between(const struct series_pool *pool, const struct series *series,
                             int64_t time, uint64_t low, uint64_t high)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (series_time(pool, series, middle) < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t series_seek(const struct series_pool *pool, const struct series *series, int64_t time,
                     uint64_t hint)
{
    uint64_t first = series->first;
    uint64_t end = series_end(series);
    uint64_t low = hint < first ? first : hint > end ? end : hint;
    uint64_t high = low;
    uint64_t step = 1;
    if (low < end && series_time(pool, series, low) < time) {
        do { /* everything below `low` is smaller */
            low = high + 1;
            high = end - high > step ? high + step : end;
            step *= 2;
        } while (high < end && series_time(pool, series, high) < time);
        return seek_between(pool, series, time, low, high);
    }
    while (low > first && series_time(pool, series, low - 1) >= time) {
        high = low - 1; /* everything from `high` on is not smaller */
        low = high - first > step ? high - step : first;
        step *= 2;
    }
    return seek_between(pool, series, time, low, high);
}

static void forget_record(struct series_pool *pool, const struct series *series, uint64_t position)
{
    const uint8_t *record = series_record(pool, series, position);
    pool->bytes -= record_bytes(pool->layout, record);
    mem_free((void *)(uintptr_t)record);
}

void series_drop_before(struct series_pool *pool, struct series *series, uint64_t position)
{
    CHECK(position >= series->first && position <= series_end(series));
    for (uint64_t i = series->first; pool->layout->n_texts > 0 && i < position; i++) {
        forget_record(pool, series, i);
    }
    uint32_t n = (uint32_t)(position - series->first);
    series->head += n;
    series->n -= n;
    series->first = position;
    if (series->n < series->room / 8 && series->room > 8 * SERIES_ROOM_MIN) {
        series_resize(pool, series, series->room / 4);
    }
}

void series_clear(struct series_pool *pool, struct series *series)
{
    series_drop_before(pool, series, series_end(series));
    pool->bytes -= (size_t)series->room * pool->stride;
    mem_free(series->at);
    *series = (struct series){.first = series->first};
}
