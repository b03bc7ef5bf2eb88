/* csv_scan: see csv_scan.h. */
#include "sources/csv_scan.h"

#include "engine/base/lanes.h"

#define SCAN_NAME   csv_scan_plain
#define SCAN_TARGET /* any machine */
#define LANES(call) call##_plain
#include "sources/csv_scan.tmpl.h"

#define SCAN_NAME   csv_scan_wide
#define SCAN_TARGET LANES_WIDE
#define LANES(call) call##_wide
#include "sources/csv_scan.tmpl.h"

csv_scan_fn *csv_scan_choose(void)
{
    return lanes_wide_usable() ? csv_scan_wide : csv_scan_plain;
}
