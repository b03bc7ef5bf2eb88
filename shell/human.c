/* human: see human.h. */
#include "shell/human.h"

#include <stdbool.h>

#include "engine/base/clock.h"

static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};

/* Three digits and what they are multiplied with. */
static double scale(uint64_t n, int *unit)
{
    double value = (double)n;
    *unit = 0;
    while (value >= 999.5) {
        value /= 1000;
        ++*unit;
    }
    return value;
}

static void add_scaled(struct bytebuf *out, uint64_t n, const char *space)
{
    int unit;
    double value = scale(n, &unit);
    int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    bytebuf_printf(out, "%.*f%s%s", digits, value, unit == 0 ? "" : space, units[unit]);
}

void human_count(struct bytebuf *out, uint64_t n)
{
    add_scaled(out, n, "");
}

void human_rows(struct bytebuf *out, uint64_t n)
{
    add_scaled(out, n, " ");
    bytebuf_add_text(out, n == 1 ? " row" : " rows");
}

void human_bytes(struct bytebuf *out, uint64_t n)
{
    int unit;
    double value = scale(n, &unit);
    bytebuf_printf(out, "%.*f %s%s", unit == 0 || value >= 9.95 ? 0 : 1, value,
                   unit == 1 ? "k" : units[unit], "B");
}

void human_duration(struct bytebuf *out, int64_t us)
{
    int64_t seconds = us / US_PER_SECOND;
    if (seconds < 60) {
        bytebuf_printf(out, seconds < 10 ? "%.2f s" : "%.1f s", (double)us / US_PER_SECOND);
    } else if (seconds < 3600) {
        bytebuf_printf(out, "%d min %d s", (int)(seconds / 60), (int)(seconds % 60));
    } else {
        bytebuf_printf(out, "%lld h %d min", (long long)(seconds / 3600),
                       (int)(seconds % 3600 / 60));
    }
}
