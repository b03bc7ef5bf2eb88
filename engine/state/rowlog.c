/* rowlog: see rowlog.h. */
#include "engine/state/rowlog.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { CHUNK_ROWS = 1024, CHUNK_BYTES_MIN = 4096, RECORD_UNIT = 8 };

/* No log comes to so many rows; a saved number that says so is damaged, and the next ones would not
 * fit into 64 bits. */
#define NUMBER_END (UINT64_C(1) << 62)

struct chunk {
    uint64_t index; /* holds rows index × CHUNK_ROWS … */
    uint32_t n_live;
    size_t used;
    size_t room;
    uint8_t *bytes;
    uint64_t live[CHUNK_ROWS / 64];
    uint32_t place[CHUNK_ROWS]; /* of each row in bytes, in units of 8 */
};

struct rowlog {
    const struct record_layout *layout;
    uint64_t end;
    uint64_t n_rows;
    size_t bytes;
    struct chunk **chunks; /* by index, ascending */
    uint32_t n;
    uint32_t room;

    uint64_t saved_end; /* rows below were there at the last save, or are not */
    uint64_t *gone;     /* of these, the ones that were dropped since */
    uint32_t n_gone;
    uint32_t gone_room;
    struct arena scratch; /* lifetime: one row that is loaded */
};

struct rowlog *rowlog_new(const struct record_layout *layout)
{
    struct rowlog *log = mem_zalloc(sizeof *log);
    log->layout = layout;
    log->bytes = sizeof *log;
    arena_init(&log->scratch);
    return log;
}

static void chunk_free(struct rowlog *log, struct chunk *chunk)
{
    log->bytes -= sizeof *chunk + chunk->room;
    mem_free(chunk->bytes);
    mem_free(chunk);
}

void rowlog_free(struct rowlog *log)
{
    if (log == NULL) {
        return;
    }
    for (uint32_t i = 0; i < log->n; i++) {
        chunk_free(log, log->chunks[i]);
    }
    mem_free(log->chunks);
    mem_free(log->gone);
    arena_release(&log->scratch);
    mem_free(log);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* Position of the first chunk with at least this index. */
static uint32_t chunks_lower(const struct rowlog *log, uint64_t index)
{
    uint32_t low = 0;
    uint32_t high = log->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (log->chunks[middle]->index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct chunk *chunk_find(const struct rowlog *log, uint64_t number)
{
    uint64_t index = number / CHUNK_ROWS;
    uint32_t at = chunks_lower(log, index);
    return at < log->n && log->chunks[at]->index == index ? log->chunks[at] : NULL;
}

/* The chunk of the next row; indexes only grow. */
static struct chunk *chunk_at_end(struct rowlog *log)
{
    uint64_t index = log->end / CHUNK_ROWS;
    if (log->n > 0 && log->chunks[log->n - 1]->index == index) {
        return log->chunks[log->n - 1];
    }
    if (log->n == log->room) {
        log->room = log->room == 0 ? 16 : log->room * 2;
        log->chunks = mem_realloc(log->chunks, log->room * sizeof(struct chunk *));
    }
    struct chunk *chunk = mem_zalloc(sizeof *chunk);
    chunk->index = index;
    log->bytes += sizeof *chunk;
    log->chunks[log->n++] = chunk;
    return chunk;
}

static void chunk_resize(struct rowlog *log, struct chunk *chunk, size_t room)
{
    chunk->bytes = mem_realloc(chunk->bytes, room);
    log->bytes += room;
    log->bytes -= chunk->room;
    chunk->room = room;
}

static void chunk_reserve(struct rowlog *log, struct chunk *chunk, size_t more)
{
    size_t room = chunk->room == 0 ? CHUNK_BYTES_MIN : chunk->room;
    while (room - chunk->used < more) {
        room *= 2;
    }
    CHECK(room / RECORD_UNIT <= UINT32_MAX);
    if (room != chunk->room) {
        chunk_resize(log, chunk, room);
    }
}

/* A place for a record of `bytes` bytes that becomes row log->end. */
static uint8_t *chunk_take(struct rowlog *log, struct chunk *chunk, uint32_t bytes)
{
    uint32_t row = (uint32_t)(log->end % CHUNK_ROWS);
    uint8_t *at = chunk->bytes + chunk->used;
    chunk->place[row] = (uint32_t)(chunk->used / RECORD_UNIT);
    chunk->used += bytes;
    bits_set(chunk->live, row);
    chunk->n_live++;
    log->n_rows++;
    log->end++;
    return at;
}

/* A full chunk gets no more rows: what doubling has left over goes back. */
static void chunk_seal(struct rowlog *log, struct chunk *chunk)
{
    if (log->end % CHUNK_ROWS == 0 && chunk->used < chunk->room && chunk->used > 0) {
        chunk_resize(log, chunk, chunk->used);
    }
}

static void chunk_drop_row(struct rowlog *log, struct chunk *chunk, uint32_t row)
{
    CHECK(bits_get(chunk->live, row));
    bits_clear(chunk->live, row);
    chunk->n_live--;
    log->n_rows--;
    if (chunk->n_live > 0) {
        return;
    }
    uint32_t at = chunks_lower(log, chunk->index);
    log->n--;
    memmove(log->chunks + at, log->chunks + at + 1, (log->n - at) * sizeof(struct chunk *));
    chunk_free(log, chunk);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* All rows go into the chunk at the end. */
static void append_part(struct rowlog *log, const struct batch *batch, const uint32_t *rows,
                        uint32_t n)
{
    uint32_t sizes[BATCH_ROWS];
    uint8_t *at[BATCH_ROWS];
    size_t bytes = 0;
    record_sizes(log->layout, batch, rows, n, sizes);
    for (uint32_t i = 0; i < n; i++) {
        bytes += sizes[i];
    }
    struct chunk *chunk = chunk_at_end(log);
    chunk_reserve(log, chunk, bytes);
    for (uint32_t i = 0; i < n; i++) {
        at[i] = chunk_take(log, chunk, sizes[i]);
    }
    record_write(log->layout, batch, rows, n, at);
    chunk_seal(log, chunk);
}

uint64_t rowlog_append(struct rowlog *log, const struct batch *batch, const uint32_t *rows,
                       uint32_t n)
{
    CHECK(n <= BATCH_ROWS);
    uint64_t first = log->end;
    uint32_t numbers[BATCH_ROWS];
    for (uint32_t i = 0; i < n; i++) {
        numbers[i] = rows == NULL ? i : rows[i];
    }
    for (uint32_t done = 0; done < n;) {
        uint32_t free_rows = CHUNK_ROWS - (uint32_t)(log->end % CHUNK_ROWS);
        uint32_t part = n - done < free_rows ? n - done : free_rows;
        append_part(log, batch, numbers + done, part);
        done += part;
    }
    return first;
}

void rowlog_read(const struct rowlog *log, const uint64_t *numbers, uint32_t n, struct arena *arena,
                 struct batch *out)
{
    CHECK(n <= BATCH_ROWS);
    const uint8_t *records[BATCH_ROWS];
    const struct chunk *chunk = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (chunk == NULL || chunk->index != numbers[i] / CHUNK_ROWS) {
            chunk = chunk_find(log, numbers[i]);
        }
        uint32_t row = (uint32_t)(numbers[i] % CHUNK_ROWS);
        CHECK(chunk != NULL && bits_get(chunk->live, row));
        records[i] = chunk->bytes + (size_t)chunk->place[row] * RECORD_UNIT;
    }
    record_read(log->layout, records, n, arena, out);
}

static void remember_gone(struct rowlog *log, uint64_t number)
{
    if (log->n_gone == log->gone_room) {
        log->gone_room = log->gone_room == 0 ? 64 : log->gone_room * 2;
        log->gone = mem_realloc(log->gone, log->gone_room * sizeof *log->gone);
    }
    log->gone[log->n_gone++] = number;
}

void rowlog_drop(struct rowlog *log, const uint64_t *numbers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct chunk *chunk = chunk_find(log, numbers[i]);
        CHECK(chunk != NULL);
        if (numbers[i] < log->saved_end) {
            remember_gone(log, numbers[i]);
        }
        chunk_drop_row(log, chunk, (uint32_t)(numbers[i] % CHUNK_ROWS));
    }
}

bool rowlog_has(const struct rowlog *log, uint64_t number)
{
    const struct chunk *chunk = chunk_find(log, number);
    return chunk != NULL && bits_get(chunk->live, (uint32_t)(number % CHUNK_ROWS));
}

uint64_t rowlog_end(const struct rowlog *log)
{
    return log->end;
}

uint64_t rowlog_rows(const struct rowlog *log)
{
    return log->n_rows;
}

size_t rowlog_bytes(const struct rowlog *log)
{
    return log->bytes + log->room * sizeof(struct chunk *);
}

/* ---- saving ---------------------------------------------------------------------------------- */

uint64_t rowlog_begin_save(struct rowlog *log, struct changelog *out)
{
    for (uint32_t i = 0; i < log->n_gone && !out->whole; i++) {
        changelog_erase(out);
        changelog_put_number(out->out, log->gone[i]);
        changelog_done(out);
    }
    return out->whole ? 0 : log->saved_end;
}

void rowlog_save_row(const struct rowlog *log, uint64_t number, struct bytebuf *out)
{
    const struct chunk *chunk = chunk_find(log, number);
    uint32_t row = (uint32_t)(number % CHUNK_ROWS);
    CHECK(chunk != NULL && bits_get(chunk->live, row));
    record_save(log->layout, chunk->bytes + (size_t)chunk->place[row] * RECORD_UNIT, out);
}

void rowlog_end_save(struct rowlog *log)
{
    log->saved_end = log->end;
    log->n_gone = 0;
}

uint32_t rowlog_numbers(const struct rowlog *log, uint64_t from, uint64_t *numbers, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = chunks_lower(log, from / CHUNK_ROWS); i < log->n && n < max; i++) {
        const struct chunk *chunk = log->chunks[i];
        uint32_t rows[CHUNK_ROWS];
        uint32_t n_rows = bits_indexes(chunk->live, CHUNK_ROWS, rows);
        for (uint32_t k = 0; k < n_rows && n < max; k++) {
            uint64_t number = chunk->index * CHUNK_ROWS + rows[k];
            if (number >= from) {
                numbers[n++] = number;
            }
        }
    }
    return n;
}

bool rowlog_load_row(struct rowlog *log, uint64_t number, struct reader *in)
{
    uint32_t bytes = 0;
    arena_clear(&log->scratch);
    const uint8_t *record = record_load(log->layout, in, &log->scratch, &bytes);
    if (!reader_ok(in) || record == NULL || number < log->end || number >= NUMBER_END) {
        return false;
    }
    log->end = number;
    struct chunk *chunk = chunk_at_end(log);
    chunk_reserve(log, chunk, bytes);
    uint8_t *at = chunk_take(log, chunk, bytes);
    if (bytes > 0) {
        memcpy(at, record, bytes);
    }
    return true;
}

bool rowlog_end_load(struct rowlog *log, uint64_t end)
{
    if (log->end > end || end > NUMBER_END) {
        return false;
    }
    log->end = end;
    rowlog_end_save(log);
    return true;
}
