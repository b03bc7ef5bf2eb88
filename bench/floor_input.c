/* floor_input: reads a file in blocks of whole records; see floor.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/floor.h"
#include "engine/base/lanes.h"

#define SCAN_TARGET LANES_WIDE
#define LANES(call) call##_wide
#include "bench/floor_scan.tmpl.h"

#define SCAN_TARGET /* any machine */
#define LANES(call) call##_plain
#include "bench/floor_scan.tmpl.h"

enum { TAIL_BYTES = 64 * 1024 };

uint32_t index_csv(struct slice block, uint32_t *marks)
{
    return lanes_wide_usable() ? index_csv_wide(block, marks) : index_csv_plain(block, marks);
}

size_t find_error(struct slice block, size_t at)
{
    return lanes_wide_usable() ? find_error_wide(block, at) : find_error_plain(block, at);
}

void input_open(struct input *input, const char *path)
{
    input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0) {
        perror(path);
        exit(1);
    }
    input->buffer = calloc(1, TAIL_BYTES + BLOCK_BYTES + LANES_BYTES);
    input->tail = 0;
    input->end = 0;
}

bool input_block(struct input *input, struct slice *block)
{
    size_t carried = input->end - input->tail;
    memmove(input->buffer, input->buffer + input->tail, carried);
    ssize_t n = read(input->fd, input->buffer + carried, BLOCK_BYTES);
    if (n <= 0) {
        return false;
    }
    input->end = carried + (size_t)n;
    const uint8_t *last = memrchr(input->buffer, '\n', input->end);
    input->tail = last != NULL ? (size_t)(last - input->buffer) + 1 : 0;
    if (input->end - input->tail > TAIL_BYTES) {
        fputs("floor: a record is longer than 64 KiB\n", stderr);
        exit(1);
    }
    *block = slice_of(input->buffer, input->tail);
    return true;
}

void records_open(struct records *records, const char *path)
{
    *records = (struct records){.is_first = true};
    input_open(&records->input, path);
    records->marks = malloc((TAIL_BYTES + BLOCK_BYTES + LANES_SLACK) * sizeof *records->marks);
}

bool records_block(struct records *records)
{
    do {
        if (!input_block(&records->input, &records->block)) {
            return false;
        }
        records->n_marks = index_csv(records->block, records->marks);
        records->next_mark = records->is_first ? FIELDS : 0;
        records->is_first = false;
    } while (records->next_mark + FIELDS > records->n_marks);
    return true;
}

int64_t day_ms(struct day_cache *cache, const uint8_t *at)
{
    cache->text = load_le64(at);
    memcpy(&cache->day, at + 8, sizeof cache->day);
    int year = (at[0] * 1000 + at[1] * 100 + at[2] * 10 + at[3]) - '0' * 1111;
    int month = (at[5] * 10 + at[6]) - '0' * 11;
    int day = (at[8] * 10 + at[9]) - '0' * 11;
    /* Days before the first of the month in a year that begins in March, as H. Hinnant's
     * days_from_civil has it. */
    year -= month <= 2;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = year * INT64_C(365) + year / 4 - year / 100 + year / 400 + day_of_year;
    cache->ms = (days - 719468) * 86400000;
    return cache->ms;
}
