/* dataset: see dataset.h. */
#include "tests/differential/dataset.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"

/* 2026-01-05T08:00:00Z: an hour before the lab's clock begins, so that the future is near. */
#define BASE_US INT64_C(1767600000000000)

/* What one dataset is like. */
struct style {
    int64_t base_us;
    int64_t step_us;    /* mean distance of rows */
    int64_t shuffle_us; /* how far rows are out of order */
    int64_t grain_us;   /* times are multiples of it */
    uint32_t null_in;   /* one value in so many is NULL; 0 = none */
    uint32_t jump_in;   /* one row in so many comes after a pause; 0 = none */
    bool wild;          /* numbers at the limits */
};

static struct style style_random(struct rng *rng)
{
    static const int64_t grains[] = {US_PER_SECOND, US_PER_SECOND, 500 * US_PER_MS, US_PER_MS, 1};
    static const int64_t steps[] = {US_PER_SECOND / 4, US_PER_SECOND, 3 * US_PER_SECOND};
    static const int64_t bases[] = {BASE_US, BASE_US, 0, -10 * US_PER_SECOND, -40 * US_PER_DAY - 1};
    static const uint32_t nulls[] = {0, 4, 8};
    struct style style = {
        .base_us = bases[rng_below(rng, 5)],
        .step_us = steps[rng_below(rng, 3)],
        .grain_us = grains[rng_below(rng, 5)],
        .null_in = nulls[rng_below(rng, 3)],
        .jump_in = rng_once_in(rng, 2) ? 10 : 0,
        .wild = rng_once_in(rng, 4),
    };
    style.shuffle_us = rng_once_in(rng, 3) ? 0 : (int64_t)rng_below(rng, 12) * US_PER_SECOND;
    return style;
}

static struct text pooled(struct rng *rng, const char *const *pool, uint32_t n)
{
    const char *text = pool[rng_below(rng, n)];
    return (struct text){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static struct value key_value(struct rng *rng)
{
    static const char *const keys[] = {"a", "b", "A", "ab", "", "c", "a longer key than 16 bytes"};
    return (struct value){.type = type_of(TYPE_TEXT), .text = pooled(rng, keys, 7)};
}

static struct value text_value(struct arena *arena, struct rng *rng)
{
    static const char *const parts[] = {"a", "b",  "B", "ab", "_",  "%",    "c",
                                        "é", "''", " ", ",",  "\"", "\\N",  "x1",
                                        "A", "\n", "b", "a",  "ba", "null", "日"};
    struct bytebuf text = {0};
    for (uint64_t n = rng_below(rng, 4); n > 0; n--) {
        bytebuf_add_text(&text, parts[rng_below(rng, sizeof parts / sizeof parts[0])]);
    }
    struct slice copy = arena_copy(arena, bytebuf_slice(&text));
    bytebuf_release(&text);
    return value_text(copy);
}

static int64_t whole_value(struct rng *rng, const struct style *style)
{
    if (style->wild && rng_once_in(rng, 5)) {
        return rng_i64(rng);
    }
    return (int64_t)rng_below(rng, 21) - 10;
}

static struct value column_random(struct arena *arena, struct rng *rng, const struct style *style,
                                  uint32_t column)
{
    switch ((enum dataset_column)column) {
    case DATA_K:
        return key_value(rng);
    case DATA_G:
        return value_bigint((int64_t)rng_below(rng, 3) - 1);
    case DATA_B:
        return value_boolean(rng_once_in(rng, 2));
    case DATA_I:
        return value_bigint(whole_value(rng, style));
    case DATA_D:
        /* Sums of these are exact, so their order does not matter. */
        return value_double(((double)rng_below(rng, 81) - 40) / 4);
    case DATA_T:
        return text_value(arena, rng);
    case DATA_M:
        return value_i64(type_decimal(12, 2), (int64_t)rng_below(rng, 2001) - 1000);
    case DATA_TS:
    case DATA_N:
        break;
    }
    return value_null(type_of(TYPE_NULL));
}

static int64_t time_random(struct rng *rng, const struct style *style, int64_t front_us)
{
    int64_t us = front_us;
    if (style->shuffle_us > 0) {
        us -= (int64_t)rng_below(rng, (uint64_t)style->shuffle_us);
    }
    if (style->base_us == BASE_US && rng_once_in(rng, 60)) {
        us += 3 * US_PER_HOUR; /* beyond max_future */
    }
    int64_t rest = us % style->grain_us;
    return us - rest;
}

static uint32_t length_random(struct rng *rng)
{
    static const uint32_t edges[] = {0, 1, 2, 1023, 1024, 1025, 2500};
    if (rng_once_in(rng, 40)) {
        return edges[rng_below(rng, 7)];
    }
    return (uint32_t)rng_below(rng, rng_once_in(rng, 4) ? 120 : 30);
}

/* Runs of rows come from one split. */
static void spread_over_splits(struct dataset *data, struct rng *rng)
{
    uint32_t split = 0;
    data->n_splits = 1;
    if (data->n > DATA_ROWS_OF_SPLITS || !rng_once_in(rng, 4)) {
        return;
    }
    data->n_splits = 2 + (uint32_t)rng_below(rng, DATA_SPLITS_MAX - 1);
    for (uint32_t r = 0; r < data->n; r++) {
        split = rng_once_in(rng, 4) ? (uint32_t)rng_below(rng, data->n_splits) : split;
        data->rows[r].split = split;
    }
}

struct dataset *dataset_random(struct arena *arena, struct rng *rng)
{
    struct style style = style_random(rng);
    struct dataset *data = arena_alloc(arena, sizeof *data);
    data->n = length_random(rng);
    data->rows = arena_zalloc(arena, (data->n + 1) * sizeof *data->rows);
    int64_t front_us = style.base_us;
    for (uint32_t r = 0; r < data->n; r++) {
        struct value *values = data->rows[r].values;
        front_us += (int64_t)rng_below(rng, (uint64_t)(2 * style.step_us));
        if (style.jump_in > 0 && rng_once_in(rng, style.jump_in)) {
            front_us += (int64_t)rng_below(rng, 60) * US_PER_SECOND;
        }
        values[DATA_TS] = value_i64(type_of(TYPE_TIMESTAMP), time_random(rng, &style, front_us));
        for (uint32_t c = DATA_K; c < DATA_N; c++) {
            values[c] = column_random(arena, rng, &style, c);
        }
        for (uint32_t c = 0; c < DATA_N; c++) {
            uint32_t rarer = c == DATA_TS ? 4 : 1;
            values[c].is_null = style.null_in > 0 && rng_once_in(rng, style.null_in * rarer);
        }
    }
    spread_over_splits(data, rng);
    return data;
}

struct dataset *dataset_without(struct arena *arena, const struct dataset *data, uint32_t from,
                                uint32_t n)
{
    struct dataset *less = arena_alloc(arena, sizeof *less);
    less->n = data->n - n;
    less->n_splits = data->n_splits;
    less->rows = arena_alloc(arena, (less->n + 1) * sizeof *less->rows);
    memcpy(less->rows, data->rows, from * sizeof *less->rows);
    memcpy(less->rows + from, data->rows + from + n, (less->n - from) * sizeof *less->rows);
    return less;
}

/* ---- as CSV ---------------------------------------------------------------------------------- */

static void quoted(struct bytebuf *out, struct text text)
{
    bytebuf_add_byte(out, '"');
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"') {
            bytebuf_add_byte(out, '"');
        }
        bytebuf_add_byte(out, text.at[i]);
    }
    bytebuf_add_byte(out, '"');
}

void dataset_row_csv(struct bytebuf *out, const struct data_row *row)
{
    for (uint32_t c = 0; c < DATA_N; c++) {
        const struct value *value = &row->values[c];
        if (c > 0) {
            bytebuf_add_byte(out, ',');
        }
        if (value->is_null) {
            bytebuf_add_text(out, "\\N");
        } else if (value->type.id == TYPE_TEXT) {
            quoted(out, value->text);
        } else {
            value_print(out, value);
        }
    }
    bytebuf_add_byte(out, '\n');
}

void dataset_csv(struct bytebuf *out, const struct dataset *data)
{
    for (uint32_t r = 0; r < data->n; r++) {
        dataset_row_csv(out, &data->rows[r]);
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

uint32_t dataset_run(const struct dataset *data, uint32_t from, uint32_t end)
{
    uint32_t to = from;
    while (to < end && data->rows[to].split == data->rows[from].split) {
        to++;
    }
    return to;
}

/* A split counts from its first row on, and with it those of lower numbers: the source opens them
 * together. Those without a time yet hold the others back. */
static int64_t smallest_mark(const int64_t *marks, uint32_t n_open)
{
    int64_t least = marks[0];
    for (uint32_t i = 1; i < n_open; i++) {
        least = marks[i] < least ? marks[i] : least;
    }
    return least;
}

void dataset_watermarks(const struct dataset *data, const struct data_clock *clock, int64_t *out)
{
    int64_t marks[DATA_SPLITS_MAX] = {TIME_NONE, TIME_NONE, TIME_NONE};
    uint32_t n_open = 0;
    out[0] = TIME_NONE;
    for (uint32_t r = 0; r < data->n; r++) {
        const struct value *time = &data->rows[r].values[DATA_TS];
        uint32_t split = data->rows[r].split;
        n_open = split + 1 > n_open ? split + 1 : n_open;
        out[r + 1] = out[r];
        if (time->is_null) {
            continue;
        }
        int64_t believed = out[r] > clock->now_us ? out[r] : clock->now_us;
        bool is_future =
            clock->max_future_us != TIME_END && time->i64 > believed + clock->max_future_us;
        int64_t moved = time->i64 - clock->delay_us;
        if (!is_future && moved > marks[split]) {
            marks[split] = moved;
        }
        int64_t least = smallest_mark(marks, n_open);
        out[r + 1] = least > out[r] ? least : out[r];
    }
    /* Splits end one by one, and hold the others back no longer. */
    for (uint32_t split = 1; split < n_open; split++) {
        int64_t least = smallest_mark(marks + split, n_open - split);
        out[data->n] = least > out[data->n] ? least : out[data->n];
    }
}
