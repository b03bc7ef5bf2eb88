/* floor: what a hand-written loop needs for the five queries of bench/queries. The yardstick for
 * tailrace: the same output bytes from the same file, with nothing generic in between and nothing
 * validated.
 *
 *     struct input input;
 *     input_open(&input, path);
 *     while (input_block(&input, &block)) { …whole records… }
 *     output_flush(&output);
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/digits.h"
#include "engine/base/slice.h"

enum {
    BLOCK_BYTES = 256 * 1024,
    OUTPUT_BYTES = 64 * 1024,
    FIELDS = 7,    /* of a bank record: ts,account,card,atm,kind,amount,city */
    VECTOR = 1024, /* rows that are hashed and prefetched together */
    KEY_BYTES = 16,
    RING = 8, /* panes that can be open at once, a power of two */
};

/* ---- input (floor_input.c) ------------------------------------------------------------------ */

struct input {
    int fd;
    uint8_t *buffer; /* room for a carried tail, a block, and 64 readable bytes behind it */
    size_t tail;     /* where bytes of the next record begin */
    size_t end;
};

void input_open(struct input *input, const char *path);
/* The next whole records, in place until the next call; false at the end. */
bool input_block(struct input *input, struct slice *block);

/* Offsets of commas and line ends outside quotes; `marks` has room for every byte and 8 more. */
uint32_t index_csv(struct slice block, uint32_t *marks);
/* Offset of the first "ERROR" at or behind `at`; block.len if there is none. The 64 bytes behind
 * the block are readable. */
size_t find_error(struct slice block, size_t at);

/* A bank record of the block: field i is at[start + …] from the mark before it to its own. */
struct record {
    const uint8_t *block;
    uint32_t start;        /* of the first field */
    const uint32_t *marks; /* FIELDS of them: the end of each field */
};

static inline struct slice record_field(const struct record *record, uint32_t field)
{
    uint32_t from = field == 0 ? record->start : record->marks[field - 1] + 1;
    return slice_of(record->block + from, record->marks[field] - from);
}

/* Walks the records of a file of bank rows, without its header. */
struct records {
    struct input input;
    uint32_t *marks;
    uint32_t n_marks;
    uint32_t next_mark;
    struct slice block;
    bool is_first;
};

void records_open(struct records *records, const char *path);
/* The next block with at least one record; false at the end. */
bool records_block(struct records *records);

/* The next record of the block; false at its end. */
static inline bool records_next(struct records *records, struct record *record)
{
    uint32_t mark = records->next_mark;
    if (mark + FIELDS > records->n_marks) {
        return false;
    }
    record->block = records->block.at;
    record->start = mark == 0 ? 0 : records->marks[mark - 1] + 1;
    record->marks = records->marks + mark;
    records->next_mark = mark + FIELDS;
    return true;
}

/* ---- values --------------------------------------------------------------------------------- */

/* Remembers the last day seen: days change rarely. */
struct day_cache {
    uint64_t text; /* "2026-01-" */
    uint16_t day;  /* "05" */
    int64_t ms;
};

int64_t day_ms(struct day_cache *cache, const uint8_t *at);

/* 2026-01-05T09:00:00.123Z in milliseconds since 1970. */
static inline int64_t read_ms(struct day_cache *cache, const uint8_t *at)
{
    uint64_t text = load_le64(at);
    uint16_t day;
    memcpy(&day, at + 8, sizeof day);
    int64_t ms = cache->ms;
    if (__builtin_expect(text != cache->text || day != cache->day, 0)) {
        ms = day_ms(cache, at);
    }
    int64_t hours = (at[11] * 10 + at[12]) - '0' * 11;
    int64_t minutes = (at[14] * 10 + at[15]) - '0' * 11;
    int64_t seconds = (at[17] * 10 + at[18]) - '0' * 11;
    int64_t millis = (at[20] * 100 + at[21] * 10 + at[22]) - '0' * 111;
    return ms + hours * 3600000 + minutes * 60000 + seconds * 1000 + millis;
}

/* "123.45" as 12345. */
static inline int64_t read_cents(struct slice field)
{
    int64_t value = 0;
    for (size_t i = 0; i < field.len - 3; i++) {
        value = value * 10 + (field.at[i] - '0');
    }
    const uint8_t *fraction = field.at + field.len - 2;
    return value * 100 + (fraction[0] * 10 + fraction[1]) - '0' * 11;
}

/* ---- keys (floor_keys.c) -------------------------------------------------------------------- */

struct key_entry {
    uint64_t low; /* first and last eight bytes, which together are all of it */
    uint64_t high;
    uint32_t id;
    uint32_t len; /* 0 = empty slot */
};

/* Texts of 8 to 16 bytes, numbered in the order in which they came. */
struct keys {
    struct key_entry *slots;
    uint32_t n_slots; /* a power of two, at least twice n */
    uint32_t n;
    uint32_t max;               /* room for texts and order */
    uint8_t (*text)[KEY_BYTES]; /* by id */
    uint8_t *text_len;          /* by id */
    uint32_t *order;            /* the first n_ordered ids in the order of their texts */
    uint32_t n_ordered;
};

/* A vector of keys between hashing and probing. */
struct key_vector {
    uint64_t low[VECTOR];
    uint64_t high[VECTOR];
    uint64_t hash[VECTOR];
    uint32_t len[VECTOR];
    uint32_t id[VECTOR];
};

void keys_init(struct keys *keys);
/* Hashes a key into place i of the vector and has its slot fetched. */
void keys_hash(const struct keys *keys, struct key_vector *vector, uint32_t i, struct slice text);
/* Finds or adds the first n keys: fills vector->id. */
void keys_find(struct keys *keys, struct key_vector *vector, uint32_t n);
/* Brings keys->order up to date. */
void keys_sort(struct keys *keys);

static inline struct slice keys_text(const struct keys *keys, uint32_t id)
{
    return slice_of(keys->text[id], keys->text_len[id]);
}

/* ---- panes (floor_panes.c) ------------------------------------------------------------------ */

/* One cell of `cell_bytes` per key and pane; pane p is in ring[p % RING]. */
struct panes {
    size_t cell_bytes;
    uint32_t n_cells; /* per pane */
    uint8_t *ring[RING];
};

void panes_init(struct panes *panes, size_t cell_bytes);
/* Room for keys 0 to n - 1. */
void panes_reserve(struct panes *panes, uint32_t n);
void panes_clear(struct panes *panes, int64_t pane);

static inline void *panes_of(const struct panes *panes, int64_t pane)
{
    return panes->ring[(uint64_t)pane % RING];
}

/* ---- output (floor_output.c) ---------------------------------------------------------------- */

struct output {
    size_t n;
    uint8_t bytes[OUTPUT_BYTES + 4096];
};

void output_flush(struct output *output);

/* Makes room for a line of up to 4096 bytes and returns where it begins. */
static inline uint8_t *output_line(struct output *output)
{
    if (output->n >= OUTPUT_BYTES) {
        output_flush(output);
    }
    return output->bytes + output->n;
}

/* The line that output_line made room for ends before `end`. */
static inline void output_advance(struct output *output, const uint8_t *end)
{
    output->n = (size_t)(end - output->bytes);
}

static inline uint8_t *write_bytes(uint8_t *out, const void *at, size_t len)
{
    memcpy(out, at, len);
    return out + len;
}

void output_text(struct output *output, const char *text);
uint8_t *write_u64(uint8_t *out, uint64_t value);
/* 12345 as "123.45". */
uint8_t *write_cents(uint8_t *out, int64_t cents);
/* cents / (100 · n) as the shortest text that reads back as the same double. */
uint8_t *write_average(uint8_t *out, int64_t cents, int64_t n);
/* 2026-01-05T09:00:00Z; the milliseconds only if they are not 0. */
uint8_t *write_ms(uint8_t *out, int64_t ms);

#endif
