/* gen_data: generated rows as text: card payments, access logs, application logs. For demos, tests
 * and benchmarks; used by gen:// and by `tailrace gen`. The same options give the same bytes on any
 * machine, and every row depends on nothing but its number, so that a source can go on anywhere.
 *
 *     struct gen gen;
 *     TRY(gen_init(&gen, &(struct gen_options){.name = slice_text("bank"), .seed = 7, …}, err));
 *     while ((n = gen_fill(&gen, buffer, sizeof buffer, UINT64_MAX)) > 0) {
 *         …n bytes: whole rows, the header in front of the first…
 *     }
 *
 * | name           | rows                                                                        |
 * |----------------|-----------------------------------------------------------------------------|
 * | bank           | CSV ts,account,card,atm,kind,amount,city; 1 of 8 rows up to 2 s late         |
 * | atm            | bank, with bursts of withdrawals with one card at one ATM within 15 minutes  |
 * | access, weblog | Apache combined access log, mostly 200                                      |
 * | applog         | 2026-01-05T09:00:00.123Z LEVEL [module] message; 5 % ERROR                   |
 * | rows           | CSV n,value                                                                 |
 */
#ifndef SOURCES_GEN_DATA_H
#define SOURCES_GEN_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { GEN_ROW_BYTES_MAX = 512 }; /* no row or header is longer */

#define GEN_START_US        INT64_C(1767603600000000) /* 2026-01-05T09:00:00Z */
#define GEN_ROWS_PER_SECOND INT64_C(10000)            /* 12 M rows are 20 minutes */

struct gen_options {
    struct slice name;
    uint64_t seed;
    uint64_t rows;           /* 0 = endless */
    int64_t start_us;        /* time of row 0; 0 = GEN_START_US */
    int64_t rows_per_second; /* of event time; 0 = GEN_ROWS_PER_SECOND */
    bool no_header;
};

struct gen_shape;

struct gen {
    const struct gen_shape *shape;
    uint64_t seed;
    uint64_t row; /* next one */
    uint64_t end; /* UINT64_MAX = endless */
    int64_t start_us;
    int64_t rows_per_second;
    bool header_due;
    int64_t day; /* of `date` */
    uint8_t date[12];
};

/* NULL-terminated, for help and completion. */
extern const char *const gen_names[];

/* ERR_OPTION if there is no such name or a number is out of range. */
MUST_CHECK enum status gen_init(struct gen *gen, const struct gen_options *options,
                                struct error *err);

/* As many whole rows as fit into max >= GEN_ROW_BYTES_MAX bytes, at most max_rows. 0 = the end. */
size_t gen_fill(struct gen *gen, uint8_t *out, size_t max, uint64_t max_rows);

/* Goes to a row; in front of row 0 stands the header. */
void gen_seek(struct gen *gen, uint64_t row);

/* Event time of row `row`, not counting lateness. */
int64_t gen_time_us(const struct gen *gen, uint64_t row);

#endif
