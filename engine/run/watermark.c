/* watermark: see watermark.h. */
#include "engine/run/watermark.h"

#include "engine/base/checked.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/extent.h"

enum { WATERMARK_SPLITS_MAX = 1 << 20 };

void watermark_init(struct watermark *mark, int64_t delay_us, int64_t max_future_us)
{
    *mark = (struct watermark){.delay_us = delay_us,
                               .max_future_us = max_future_us,
                               .current = TIME_NONE,
                               .former = TIME_NONE};
}

void watermark_release(struct watermark *mark)
{
    mem_free(mark->splits);
}

void watermark_open(struct watermark *mark, uint32_t split, int64_t now_us)
{
    if (split < mark->n && mark->splits[split].ended) {
        int64_t last = mark->splits[split].mark;
        mark->former = last > mark->former ? last : mark->former;
        mark->splits[split] = (struct watermark_split){.mark = TIME_NONE, .heard_us = now_us};
    }
    if (split < mark->n) {
        return;
    }
    mark->splits = mem_realloc(mark->splits, (split + 1) * sizeof *mark->splits);
    for (; mark->n <= split; mark->n++) {
        mark->splits[mark->n] = (struct watermark_split){.mark = TIME_NONE, .heard_us = now_us};
    }
}

static bool split_is_active(const struct watermark_split *split)
{
    return !split->idle && !split->ended;
}

int watermark_holder(const struct watermark *mark)
{
    int holder = -1;
    for (uint32_t i = 0; i < mark->n; i++) {
        if (split_is_active(&mark->splits[i]) &&
            (holder < 0 || mark->splits[i].mark < mark->splits[holder].mark)) {
            holder = (int)i;
        }
    }
    return holder;
}

uint32_t watermark_n_idle(const struct watermark *mark)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < mark->n; i++) {
        n += !split_is_active(&mark->splits[i]);
    }
    return n;
}

static void watermark_raise(struct watermark *mark, int64_t to)
{
    mark->current = to > mark->current ? to : mark->current;
}

static void watermark_follow(struct watermark *mark)
{
    int holder = watermark_holder(mark);
    if (holder >= 0) {
        watermark_raise(mark, mark->splits[holder].mark);
    }
}

void watermark_end(struct watermark *mark, uint32_t split)
{
    CHECK(split < mark->n);
    mark->splits[split].ended = true;
    watermark_follow(mark);
}

/* Smallest mark of the active splits other than `split`; TIME_END if there are none. */
static int64_t others_mark(const struct watermark *mark, uint32_t split)
{
    int64_t least = TIME_END;
    for (uint32_t i = 0; i < mark->n; i++) {
        if (i != split && split_is_active(&mark->splits[i]) && mark->splits[i].mark < least) {
            least = mark->splits[i].mark;
        }
    }
    return least;
}

/* Event times from here on are too far in the future to be believed. */
static int64_t future_limit(const struct watermark *mark, int64_t now_us)
{
    int64_t limit;
    int64_t base = now_us > mark->current ? now_us : mark->current;
    return checked_add(base, mark->max_future_us, &limit) ? TIME_END : limit;
}

static int64_t time_minus_delay(int64_t time_us, int64_t delay_us)
{
    int64_t mark;
    return checked_sub(time_us, delay_us, &mark) ? TIME_NONE + 1 : mark;
}

/* Row by row: the watermark just before each row, then what the row does to it. */
static void walk_rows(struct watermark *mark, uint32_t split, int64_t now_us,
                      const struct column *times, int64_t *before)
{
    struct watermark_split *own = &mark->splits[split];
    int64_t others = others_mark(mark, split);
    for (uint32_t i = 0; i < times->n; i++) {
        before[i] = mark->current;
        if (column_is_null(times, i)) {
            continue;
        }
        if (times->i64[i] > future_limit(mark, now_us)) {
            mark->rows_future++;
            continue;
        }
        int64_t moved = time_minus_delay(times->i64[i], mark->delay_us);
        own->mark = moved > own->mark ? moved : own->mark;
        watermark_raise(mark, own->mark < others ? own->mark : others);
    }
}

/* The same where every row has a time that is believed: nothing is asked of a row. */
static void walk_believed(struct watermark *mark, uint32_t split, const struct column *times,
                          int64_t *before)
{
    int64_t others = others_mark(mark, split);
    int64_t own = mark->splits[split].mark;
    int64_t current = mark->current;
    for (uint32_t i = 0; i < times->n; i++) {
        before[i] = current;
        int64_t moved = times->i64[i] - mark->delay_us;
        own = moved > own ? moved : own;
        int64_t least = own < others ? own : others;
        current = least > current ? least : current;
    }
    mark->splits[split].mark = own;
    mark->current = current;
}

/* True if no row of the batch can be late, so that its largest time says all. A row at the
 * watermark itself may still touch a session that ends there and is open for it: only rows above
 * are safe. */
static bool largest_time_is_enough(const struct watermark *mark, uint32_t split,
                                   const struct extent *extent, int64_t *own, int64_t *after)
{
    int64_t moved = extent->high - mark->delay_us;
    int64_t others = others_mark(mark, split);
    *own = moved > mark->splits[split].mark ? moved : mark->splits[split].mark;
    *after = *own < others ? *own : others;
    *after = *after > mark->current ? *after : mark->current;
    return extent->low > *after;
}

/* All rows have a time, none is beyond the guard, and the delay can be taken off each. */
static bool all_believed(const struct watermark *mark, int64_t now_us, const struct column *times,
                         struct extent *extent)
{
    int64_t lowest;
    if (times->valid != NULL) {
        return false;
    }
    *extent = extent_of(times->i64, times->n);
    return extent->high <= future_limit(mark, now_us) &&
           !checked_sub(extent->low, mark->delay_us, &lowest) && lowest > TIME_NONE;
}

void watermark_rows(struct watermark *mark, uint32_t split, int64_t now_us, struct batch *batch)
{
    const struct column *times = &batch->columns[batch->time_column];
    CHECK(split < mark->n && times->n == batch->n);
    if (batch->n == 0) {
        batch->watermark = mark->current;
        return;
    }
    struct watermark_split *own = &mark->splits[split];
    own->heard_us = now_us;
    own->idle = false;
    struct extent extent;
    int64_t own_after;
    int64_t after;
    bool believed = all_believed(mark, now_us, times, &extent);
    if (believed && !mark->is_exact &&
        largest_time_is_enough(mark, split, &extent, &own_after, &after)) {
        own->mark = own_after;
        mark->current = after;
        batch->watermarks = NULL;
    } else {
        int64_t *before = arena_alloc(batch->arena, batch->n * sizeof *before);
        if (believed) {
            walk_believed(mark, split, times, before);
        } else {
            walk_rows(mark, split, now_us, times, before);
        }
        batch->watermarks = before;
    }
    batch->watermark = mark->current;
}

int64_t watermark_newest_us(const struct watermark *mark, uint32_t split)
{
    int64_t newest;
    if (mark->splits[split].mark == TIME_NONE ||
        checked_add(mark->splits[split].mark, mark->delay_us, &newest)) {
        return TIME_NONE;
    }
    return newest;
}

void watermark_idle(struct watermark *mark, int64_t now_us, int64_t timeout_us)
{
    if (timeout_us < 0 || mark->n == 0) {
        return;
    }
    int64_t heard = TIME_NONE;
    int64_t largest = mark->former;
    bool all_idle = true;
    for (uint32_t i = 0; i < mark->n; i++) {
        struct watermark_split *split = &mark->splits[i];
        split->idle = split->idle || now_us - split->heard_us >= timeout_us;
        all_idle = all_idle && !split_is_active(split);
        heard = split->heard_us > heard ? split->heard_us : heard;
        largest = split->mark > largest ? split->mark : largest;
    }
    watermark_follow(mark);
    int64_t run_on;
    if (all_idle && largest != TIME_NONE && now_us - heard >= timeout_us &&
        !checked_add(largest, now_us - heard, &run_on)) {
        watermark_raise(mark, run_on);
    }
}

/* When the splits that hold the watermark below `event_us` are all idle while another one, which is
 * beyond it, is not yet: TIME_END if there is none such. */
static int64_t holders_idle_us(const struct watermark *mark, int64_t event_us, int64_t timeout_us)
{
    int64_t idle_at = TIME_NONE;
    bool is_passed = false;
    for (uint32_t i = 0; i < mark->n; i++) {
        const struct watermark_split *split = &mark->splits[i];
        if (!split_is_active(split)) {
            continue;
        }
        int64_t falls_silent = split->heard_us + timeout_us;
        is_passed = is_passed || split->mark >= event_us;
        idle_at = split->mark < event_us && falls_silent > idle_at ? falls_silent : idle_at;
    }
    return is_passed && idle_at != TIME_NONE ? idle_at : TIME_END;
}

int64_t watermark_due_us(const struct watermark *mark, int64_t event_us, int64_t timeout_us)
{
    int64_t heard = TIME_NONE;
    int64_t idle_at = TIME_NONE; /* when the last active split falls silent */
    int64_t largest = mark->former;
    for (uint32_t i = 0; i < mark->n; i++) {
        const struct watermark_split *split = &mark->splits[i];
        heard = split->heard_us > heard ? split->heard_us : heard;
        largest = split->mark > largest ? split->mark : largest;
        if (split_is_active(split) && split->heard_us + timeout_us > idle_at) {
            idle_at = split->heard_us + timeout_us;
        }
    }
    if (timeout_us < 0 || largest == TIME_NONE) {
        return TIME_END;
    }
    int64_t held_until = holders_idle_us(mark, event_us, timeout_us);
    int64_t run_on = heard + timeout_us > idle_at ? heard + timeout_us : idle_at;
    int64_t wait;
    if (checked_sub(event_us, largest, &wait) || checked_add(heard, wait, &wait)) {
        return held_until;
    }
    wait = wait > run_on ? wait : run_on;
    return wait < held_until ? wait : held_until;
}

void watermark_save(const struct watermark *mark, struct bytebuf *out)
{
    codec_put_i64(out, mark->current);
    codec_put_u64(out, mark->rows_future);
    codec_put_i64(out, mark->former);
    codec_put_u32(out, mark->n);
    for (uint32_t i = 0; i < mark->n; i++) {
        codec_put_i64(out, mark->splits[i].mark);
        codec_put_i64(out, mark->splits[i].heard_us);
        codec_put_u8(out, (uint8_t)(mark->splits[i].idle | mark->splits[i].ended << 1));
    }
}

bool watermark_load(struct watermark *mark, struct reader *in)
{
    mark->current = reader_i64(in);
    mark->rows_future = reader_u64(in);
    mark->former = reader_i64(in);
    uint32_t n = reader_u32(in);
    if (!reader_ok(in) || n > WATERMARK_SPLITS_MAX) {
        return false;
    }
    if (n > 0) {
        watermark_open(mark, n - 1, 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        mark->splits[i].mark = reader_i64(in);
        mark->splits[i].heard_us = reader_i64(in);
        uint8_t flags = reader_u8(in);
        mark->splits[i].idle = flags & 1;
        mark->splits[i].ended = flags >> 1 & 1;
    }
    return reader_ok(in);
}
