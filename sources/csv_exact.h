/* csv_exact: the separators and line ends of a block of CSV, one byte at a time. This is what CSV
 * means here (RFC 4180, and what to do with what is not RFC 4180); csv_scan only finds the same
 * marks faster where quotes are plain.
 *
 * A record is bad, and the reason is told, if text follows a closing quote; if it is longer than
 * record_bytes_max; or if a quote is not closed before that or before the end of input. What is
 * lost then is one line, the first of the record: one stray quote never swallows the lines behind
 * it. A quote within an unquoted field is a byte like others. A quote is doubled within quotes,
 * with or without an escape byte, which may stand in front of any byte there.
 *
 * Where a block is cut changes nothing: an incomplete record at the end of a block is left to the
 * next one. */
#ifndef SOURCES_CSV_EXACT_H
#define SOURCES_CSV_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "sources/csv_dialect.h"

/* The record that ends with mark number `mark` is bad. */
struct csv_fault {
    uint32_t mark;
    const char *reason;
};

struct csv_marks {
    uint32_t *at; /* given: room for one more than bytes; offsets within the block */
    uint32_t n;   /* the last one is a line end; bytes.len stands for the end of input */
    struct csv_fault *faults; /* by mark, ascending; mem.h */
    uint32_t n_faults;
    uint32_t cap_faults;
    uint32_t end;     /* what is before this is done with */
    uint32_t skipped; /* with `skipping`: where the overlong line began */
    bool skipping;    /* the block ends within a line that is too long: skip up to its line end */
    bool skip_is_bad; /* the line being skipped is a record, not a comment */
};

/* All whole records of bytes[begin…). Sets n, n_faults, end and skipping. */
void csv_exact(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin, bool is_final,
               struct csv_marks *marks);

/* One record or comment from `begin` < bytes.len on: its marks alone. Returns where the next
 * begins; `begin` itself if the bytes end before the record does. */
uint32_t csv_exact_one(const struct csv_dialect *dialect, struct csv_marks *marks,
                       struct slice bytes, uint32_t begin, bool is_final);

void csv_marks_release(struct csv_marks *marks); /* the faults only */

#endif
