/* csv_index: where the records and fields of a block of CSV are. Field `col` of record `r` is what
 * lies between two neighbouring marks:
 *
 *     csv_index_init(&index, &dialect);
 *     end = csv_index_block(&index, bytes, begin, is_final);  // records are in bytes[begin, end)
 *     for (each r < index.n_records) {
 *         const uint32_t *mark = csv_index_marks(&index, r);
 *         field = bytes from mark[col - 1] + 1 up to mark[col];   // quotes still around it
 *     }
 *     csv_index_release(&index);
 *
 * A block in which every record has n_columns fields is *regular*: the marks of record r begin at
 * r × n_columns and no table of records is made. Otherwise bad records are put aside in `bads`,
 * blank lines and comments are skipped, and the good ones are listed. */
#ifndef SOURCES_CSV_INDEX_H
#define SOURCES_CSV_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/csv_exact.h"
#include "sources/csv_scan.h"

struct csv_bad {
    uint32_t begin; /* the record is bytes [begin, end) of the block */
    uint32_t end;
    uint32_t before; /* how many good records are in front of it */
    const char *reason;
};

struct csv_index {
    const struct csv_dialect *dialect;
    csv_scan_fn *scan;
    struct csv_marks marks; /* marks.at[-1] is one byte before the first record */
    uint32_t cap_marks;
    bool is_regular;
    bool has_quotes; /* a field may begin with a quote */
    uint32_t n_records;
    uint32_t *firsts; /* first mark of each record, if not regular */
    uint32_t cap_firsts;
    struct csv_bad *bads; /* in order of the block */
    uint32_t n_bads;
    uint32_t cap_bads;
};

void csv_index_init(struct csv_index *index, const struct csv_dialect *dialect);
void csv_index_release(struct csv_index *index);

/* Returns the end of what is done with; everything before it is in records, bads or skipped. The
 * rest of a line that was too long for the last block is skipped first. */
uint32_t csv_index_block(struct csv_index *index, struct slice bytes, uint32_t begin,
                         bool is_final);

/* Skips the rest of such a line, from `begin` on, if there is one. Returns where what follows
 * begins. csv_index_block does that too. */
uint32_t csv_index_end_skip(struct csv_index *index, struct slice bytes, uint32_t begin,
                            bool is_final);

/* From the next block on, bytes up to the first line end belong to a line that is given up. */
static inline void csv_index_skip_line(struct csv_index *index)
{
    index->marks.skipping = true;
}

static inline const uint32_t *csv_index_marks(const struct csv_index *index, uint32_t record)
{
    uint32_t first = index->is_regular ? record * index->dialect->n_columns : index->firsts[record];
    return index->marks.at + first;
}

/* The bytes of a record without its line end. */
struct slice csv_index_record(const struct csv_index *index, struct slice bytes, uint32_t record);

#endif
