/* floor: the five queries of bench/queries as hand-written single passes, one function each.
 *
 *     floor q1|q2|q3|q4|q5 FILE >out.csv
 *
 * Writes the same bytes as "tailrace -f bench/queries/qN.sql". The data is at most two seconds
 * late, as much as the queries' watermark allows, so that no row is late and no verdict is needed:
 * a window is due when a row comes two seconds behind its end. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/floor.h"
#include "engine/base/checked.h"

enum { DELAY_MS = 2000, TOP = 10 };

static const char kind_wanted[] = "withdrawal";
enum { KIND_BYTES = sizeof kind_wanted - 1 };

/* The columns ts, account, kind and amount by number. */
enum { BANK_TS, BANK_ACCOUNT, BANK_CARD, BANK_ATM, BANK_KIND, BANK_AMOUNT };

static bool is_withdrawal(const struct record *record)
{
    struct slice kind = record_field(record, BANK_KIND);
    return kind.len == KIND_BYTES && memcmp(kind.at, kind_wanted, KIND_BYTES) == 0;
}

/* ---- counts per pane: Q1 and Q3 -------------------------------------------------------------- */

/* Rows per pane from the first one seen on; one pane before it for rows that were out of order. */
struct counts {
    int64_t pane_ms;
    int64_t first;
    uint32_t n;
    uint32_t max;
    uint64_t *rows;
};

static void counts_add(struct counts *counts, int64_t ms)
{
    int64_t pane = floor_div(ms, counts->pane_ms);
    if (counts->n == 0) {
        counts->first = pane - 1;
    }
    uint32_t i = (uint32_t)(pane - counts->first);
    while (i >= counts->max) {
        uint32_t old = counts->max;
        counts->max = old == 0 ? 1024 : old * 2;
        counts->rows = realloc(counts->rows, counts->max * sizeof *counts->rows);
        memset(counts->rows + old, 0, (counts->max - old) * sizeof *counts->rows);
    }
    counts->n = i >= counts->n ? i + 1 : counts->n;
    counts->rows[i]++;
}

/* "2026-01-05T09:00:00Z,2026-01-05T09:00:10Z," */
static uint8_t *write_window(uint8_t *out, int64_t start_ms, int64_t end_ms)
{
    out = write_ms(out, start_ms);
    *out++ = ',';
    out = write_ms(out, end_ms);
    *out++ = ',';
    return out;
}

/* One line for each window of `ratio` panes that holds rows. */
static void counts_print(const struct counts *counts, uint32_t ratio, struct output *output)
{
    for (uint32_t end = 1; end < counts->n + ratio; end++) {
        uint32_t from = end > ratio ? end - ratio : 0;
        uint64_t n = 0;
        for (uint32_t i = from; i < end && i < counts->n; i++) {
            n += counts->rows[i];
        }
        if (n > 0) {
            int64_t end_ms = (counts->first + end) * counts->pane_ms;
            uint8_t *out =
                write_window(output_line(output), end_ms - ratio * counts->pane_ms, end_ms);
            out = write_u64(out, n);
            *out++ = '\n';
            output_advance(output, out);
        }
    }
}

static void run_q1(const char *path, struct output *output)
{
    output_text(output, "window_start,window_end,count(*)\n");
    struct counts counts = {.pane_ms = 10000};
    struct records records;
    struct record record;
    struct day_cache days = {0};
    records_open(&records, path);
    while (records_block(&records)) {
        while (records_next(&records, &record)) {
            if (is_withdrawal(&record) && read_cents(record_field(&record, BANK_AMOUNT)) > 10000) {
                counts_add(&counts, read_ms(&days, record.block + record.start));
            }
        }
    }
    counts_print(&counts, 1, output);
}

static void run_q3(const char *path, struct output *output)
{
    output_text(output, "window_start,window_end,count(*)\n");
    struct counts counts = {.pane_ms = 10000};
    struct day_cache days = {0};
    struct input input;
    struct slice block;
    input_open(&input, path);
    while (input_block(&input, &block)) {
        size_t at = find_error(block, 0);
        while (at < block.len) {
            const uint8_t *line_end = memrchr(block.at, '\n', at);
            counts_add(&counts, read_ms(&days, line_end != NULL ? line_end + 1 : block.at));
            line_end = memchr(block.at + at, '\n', block.len - at);
            at = find_error(block, (size_t)(line_end - block.at));
        }
    }
    counts_print(&counts, 3, output);
}

static void run_q5(const char *path, struct output *output)
{
    output_text(output, "ts,account,amount\n");
    struct records records;
    struct record record;
    records_open(&records, path);
    while (records_block(&records)) {
        while (records_next(&records, &record)) {
            struct slice amount = record_field(&record, BANK_AMOUNT);
            if (!is_withdrawal(&record) || read_cents(amount) <= 20000) {
                continue;
            }
            uint8_t *out = output_line(output);
            const uint8_t *ts = record.block + record.start;
            if (memcmp(ts + 19, ".000Z", 5) == 0) {
                out = write_bytes(write_bytes(out, ts, 19), "Z,", 2);
            } else {
                out = write_bytes(out, ts, 25);
            }
            struct slice account = record_field(&record, BANK_ACCOUNT);
            out = write_bytes(out, account.at, account.len + 1);
            out = write_bytes(out, amount.at, amount.len);
            *out++ = '\n';
            output_advance(output, out);
        }
    }
}

/* ---- groups in windows: Q2 and Q4 ------------------------------------------------------------ */

/* Panes by key, and which window is due next: a window ends where a pane ends. */
struct grouped {
    struct keys keys;
    struct panes panes;
    int64_t pane_ms;
    int64_t next_end; /* the pane before which the next window ends */
    int64_t newest;   /* the last pane with rows */
    int64_t due_ms;   /* a row from here on makes that window due */
    bool is_started;
    struct output *output;
    /* Prints the window that ends before pane `end` and clears the panes nobody needs any more. */
    void (*close)(struct grouped *grouped, int64_t end);
};

static void grouped_init(struct grouped *grouped, size_t cell_bytes, int64_t pane_ms,
                         struct output *output)
{
    keys_init(&grouped->keys);
    panes_init(&grouped->panes, cell_bytes);
    grouped->pane_ms = pane_ms;
    grouped->output = output;
    grouped->is_started = false;
}

static void grouped_set_end(struct grouped *grouped, int64_t end)
{
    grouped->next_end = end;
    grouped->due_ms = end * grouped->pane_ms + DELAY_MS;
}

/* Closes what a row of time `ms` makes due. */
static void grouped_advance(struct grouped *grouped, int64_t ms)
{
    int64_t pane = floor_div(ms, grouped->pane_ms);
    if (!grouped->is_started) {
        grouped->is_started = true;
        grouped_set_end(grouped, floor_div(ms - DELAY_MS, grouped->pane_ms) + 1);
        grouped->newest = pane;
    }
    while (ms >= grouped->due_ms) {
        grouped->close(grouped, grouped->next_end);
        grouped_set_end(grouped, grouped->next_end + 1);
    }
    grouped->newest = pane > grouped->newest ? pane : grouped->newest;
}

/* Closes all windows of `ratio` panes that still hold rows. */
static void grouped_finish(struct grouped *grouped, uint32_t ratio)
{
    while (grouped->is_started && grouped->next_end <= grouped->newest + ratio) {
        grouped->close(grouped, grouped->next_end);
        grouped_set_end(grouped, grouped->next_end + 1);
    }
}

/* Up to VECTOR rows: times, amounts and key hashes first, so that the table's slots are on their
 * way when they are looked up. Returns how many. */
static uint32_t read_vector(struct records *records, const struct keys *keys,
                            struct day_cache *days, struct key_vector *vector, int64_t *ms,
                            int64_t *cents)
{
    uint32_t n = 0;
    struct record record;
    while (n < VECTOR && records_next(records, &record)) {
        ms[n] = read_ms(days, record.block + record.start);
        if (cents != NULL) {
            cents[n] = read_cents(record_field(&record, BANK_AMOUNT));
        }
        keys_hash(keys, vector, n, record_field(&record, BANK_ACCOUNT));
        n++;
    }
    return n;
}

/* ---- Q2 ---- */

struct q2_cell {
    int64_t n;
    int64_t sum;
    int64_t min;
    int64_t max;
};

enum { Q2_RATIO = 6 };

static void q2_add(struct q2_cell *cell, int64_t cents)
{
    if (cell->n == 0 || cents < cell->min) {
        cell->min = cents;
    }
    if (cents > cell->max) {
        cell->max = cents; /* amounts are positive, an empty cell's maximum is 0 */
    }
    cell->n++;
    cell->sum += cents;
}

static void q2_merge(struct q2_cell *restrict into, const struct q2_cell *restrict from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool first = into[i].n == 0;
        bool any = from[i].n != 0;
        into[i].min = any && (first || from[i].min < into[i].min) ? from[i].min : into[i].min;
        into[i].max = from[i].max > into[i].max ? from[i].max : into[i].max;
        into[i].n += from[i].n;
        into[i].sum += from[i].sum;
    }
}

static uint8_t *q2_write(uint8_t *out, struct slice account, const struct q2_cell *cell)
{
    memcpy(out, account.at, KEY_BYTES);
    out += account.len;
    *out++ = ',';
    out = write_u64(out, (uint64_t)cell->n);
    *out++ = ',';
    out = write_cents(out, cell->sum);
    *out++ = ',';
    out = write_average(out, cell->sum, cell->n);
    *out++ = ',';
    out = write_cents(out, cell->min);
    *out++ = ',';
    out = write_cents(out, cell->max);
    *out++ = '\n';
    return out;
}

static void q2_close(struct grouped *grouped, int64_t end)
{
    const struct keys *keys = &grouped->keys;
    keys_sort(&grouped->keys);
    struct q2_cell *window = calloc(keys->n, sizeof *window);
    for (int64_t pane = end - Q2_RATIO; pane < end; pane++) {
        q2_merge(window, panes_of(&grouped->panes, pane), keys->n);
    }
    uint8_t prefix[64];
    uint8_t *prefix_end =
        write_window(prefix, (end - Q2_RATIO) * grouped->pane_ms, end * grouped->pane_ms);
    size_t prefix_len = (size_t)(prefix_end - prefix);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t ahead = keys->order[i + 16 < keys->n ? i + 16 : i];
        __builtin_prefetch(&window[ahead]);
        __builtin_prefetch(&keys->text[ahead]);
        uint32_t id = keys->order[i];
        if (window[id].n > 0) {
            uint8_t *out = write_bytes(output_line(grouped->output), prefix, prefix_len);
            out = q2_write(out, keys_text(keys, id), &window[id]);
            output_advance(grouped->output, out);
        }
    }
    free(window);
    panes_clear(&grouped->panes, end - Q2_RATIO);
}

static void run_q2(const char *path, struct output *output)
{
    output_text(output, "window_start,window_end,account,count(*),sum(amount),avg(amount),min("
                        "amount),max(amount)\n");
    struct grouped grouped = {.close = q2_close};
    grouped_init(&grouped, sizeof(struct q2_cell), 10000, output);
    struct records records;
    struct day_cache days = {0};
    struct key_vector *vector = malloc(sizeof *vector);
    int64_t ms[VECTOR];
    int64_t cents[VECTOR];
    uint32_t n;
    records_open(&records, path);
    while (records_block(&records)) {
        while ((n = read_vector(&records, &grouped.keys, &days, vector, ms, cents)) > 0) {
            keys_find(&grouped.keys, vector, n);
            panes_reserve(&grouped.panes, grouped.keys.n);
            for (uint32_t i = 0; i < n; i++) {
                struct q2_cell *cells = panes_of(&grouped.panes, floor_div(ms[i], 10000));
                __builtin_prefetch(&cells[vector->id[i]], 1);
            }
            for (uint32_t i = 0; i < n; i++) {
                grouped_advance(&grouped, ms[i]);
                struct q2_cell *cells = panes_of(&grouped.panes, floor_div(ms[i], 10000));
                q2_add(&cells[vector->id[i]], cents[i]);
            }
        }
    }
    grouped_finish(&grouped, Q2_RATIO);
    free(vector);
}

/* ---- Q4 ---- */

/* More rows first, then the smaller text. */
static bool q4_before(const struct keys *keys, const uint32_t *rows, uint32_t a, uint32_t b)
{
    if (rows[a] != rows[b]) {
        return rows[a] > rows[b];
    }
    return memcmp(keys->text[a], keys->text[b], KEY_BYTES) < 0;
}

/* The first TOP keys of a window in order; returns how many. */
static uint32_t q4_top(const struct keys *keys, const uint32_t *rows, uint32_t *top)
{
    uint32_t n = 0;
    uint32_t least = 1; /* fewer rows than this are not worth a look */
    for (uint32_t id = 0; id < keys->n; id++) {
        if (rows[id] < least || (n == TOP && !q4_before(keys, rows, id, top[n - 1]))) {
            continue;
        }
        uint32_t place = n < TOP ? n++ : n - 1;
        for (; place > 0 && q4_before(keys, rows, id, top[place - 1]); place--) {
            top[place] = top[place - 1];
        }
        top[place] = id;
        least = n == TOP ? rows[top[n - 1]] : 1;
    }
    return n;
}

static void q4_close(struct grouped *grouped, int64_t end)
{
    uint32_t top[TOP];
    const uint32_t *rows = panes_of(&grouped->panes, end - 1);
    uint32_t n = q4_top(&grouped->keys, rows, top);
    for (uint32_t i = 0; i < n; i++) {
        struct slice account = keys_text(&grouped->keys, top[i]);
        uint8_t *out = write_window(output_line(grouped->output), (end - 1) * grouped->pane_ms,
                                    end * grouped->pane_ms);
        out = write_bytes(out, account.at, account.len);
        *out++ = ',';
        out = write_u64(out, rows[top[i]]);
        *out++ = '\n';
        output_advance(grouped->output, out);
    }
    panes_clear(&grouped->panes, end - 1);
}

static void run_q4(const char *path, struct output *output)
{
    output_text(output, "window_start,window_end,account,n\n");
    struct grouped grouped = {.close = q4_close};
    grouped_init(&grouped, sizeof(uint32_t), 60000, output);
    struct records records;
    struct day_cache days = {0};
    struct key_vector *vector = malloc(sizeof *vector);
    int64_t ms[VECTOR];
    uint32_t n;
    records_open(&records, path);
    while (records_block(&records)) {
        while ((n = read_vector(&records, &grouped.keys, &days, vector, ms, NULL)) > 0) {
            keys_find(&grouped.keys, vector, n);
            panes_reserve(&grouped.panes, grouped.keys.n);
            for (uint32_t i = 0; i < n; i++) {
                grouped_advance(&grouped, ms[i]);
                uint32_t *rows = panes_of(&grouped.panes, floor_div(ms[i], 60000));
                rows[vector->id[i]]++;
            }
        }
    }
    grouped_finish(&grouped, 1);
    free(vector);
}

/* ---------------------------------------------------------------------------------------------- */

static const struct query {
    const char *name;
    void (*run)(const char *path, struct output *output);
} queries[] = {{"q1", run_q1}, {"q2", run_q2}, {"q3", run_q3}, {"q4", run_q4}, {"q5", run_q5}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof queries / sizeof *queries; i++) {
        if (strcmp(argv[1], queries[i].name) == 0) {
            struct output *output = calloc(1, sizeof *output);
            queries[i].run(argv[2], output);
            output_flush(output);
            _exit(0); /* all memory goes with the process, without a look for leaks */
        }
    }
    fputs("usage: floor q1|q2|q3|q4|q5 FILE\n", stderr);
    return 2;
}
