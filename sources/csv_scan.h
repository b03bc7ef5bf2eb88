/* csv_scan: finds separators and line ends outside quotes in a block of CSV.
 *
 *     struct csv_scan scan;
 *     csv_scan_choose()(&dialect, bytes, begin, marks, &scan);
 *     if (scan.odd) { …throw it away, use csv_exact… }
 *
 * Quote parity is all this pass knows. It is right as long as every quote opens a field at its very
 * start, ends one at its very end, or is doubled; the pass checks that and says `odd` if not. It
 * knows no escapes other than doubled quotes, no comments and no limits: who calls it sees to that.
 */
#ifndef SOURCES_CSV_SCAN_H
#define SOURCES_CSV_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "sources/csv_dialect.h"

struct csv_scan {
    uint32_t n_marks;
    uint32_t n_lines; /* marks that are line ends */
    bool has_quotes;  /* there is a quote somewhere */
    bool odd;         /* a quote is not where parity can tell what it means */
    bool inside;      /* the block ends within quotes */
};

/* Writes offsets within `bytes` of all marks from `begin` on, ascending; marks has room for
 * bytes.len - begin + LANES_SLACK. */
typedef void csv_scan_fn(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                         uint32_t *marks, struct csv_scan *out);

csv_scan_fn csv_scan_plain;
csv_scan_fn csv_scan_wide; /* only where lanes_wide_usable() */
csv_scan_fn *csv_scan_choose(void);

#endif
