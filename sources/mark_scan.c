/* mark_scan: see mark_scan.h. */
#include "sources/mark_scan.h"

#include "engine/base/lanes.h"

#define SCAN_TARGET /* any machine */
#define LANES(call) call##_plain
#include "sources/mark_scan.tmpl.h"

#define SCAN_TARGET LANES_WIDE
#define LANES(call) call##_wide
#include "sources/mark_scan.tmpl.h"

mark_scan_fn *mark_scan_choose(void)
{
    return lanes_wide_usable() ? mark_scan_wide : mark_scan_plain;
}
