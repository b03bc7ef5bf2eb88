/* time_format: which layout a name or pattern means, and which one a sample has; see timestamp.h.
 */
#include "engine/data/stamp.h"
#include "engine/data/time_pattern.h"
#include "engine/data/timestamp.h"

/* What stands in front of a point with digits behind it; otherwise all of it. */
static struct slice whole_of(struct slice number)
{
    const uint8_t *point = slice_find(number, slice_of(".", 1));
    if (point == NULL) {
        return number;
    }
    size_t n = (size_t)(point - number.at);
    struct slice fraction = slice_of(point + 1, number.len - n - 1);
    return fraction.len > 0 && stamp_all_digits(fraction) ? slice_of(number.at, n) : number;
}

bool time_guess(struct slice sample, bool allow_epoch, enum time_layout *layout)
{
    static const enum time_layout written[] = {TIME_ISO, TIME_CLF, TIME_ASCTIME, TIME_SYSLOG};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        struct time_format format = {.layout = written[i]};
        struct time_cache cache = {0};
        int64_t us;
        if (time_parse(&format, &cache, sample, &us)) {
            *layout = written[i];
            return true;
        }
    }
    struct slice whole = whole_of(sample);
    if (!allow_epoch || !stamp_all_digits(whole)) {
        return false;
    }
    switch (whole.len) {
    case 10:
        *layout = TIME_EPOCH_S;
        return true;
    case 13:
        *layout = TIME_EPOCH_MS;
        return true;
    case 16:
        *layout = TIME_EPOCH_US;
        return true;
    case 19:
        *layout = TIME_EPOCH_NS;
        return true;
    default:
        return false;
    }
}

/* Names and patterns that mean a layout. Names in any case, patterns exactly. */
static const struct {
    const char *spec;
    enum time_layout layout;
} known_specs[] = {
    {"iso", TIME_ISO},
    {"iso8601", TIME_ISO},
    {"epoch_s", TIME_EPOCH_S},
    {"epoch_ms", TIME_EPOCH_MS},
    {"epoch_us", TIME_EPOCH_US},
    {"epoch_ns", TIME_EPOCH_NS},
    {"clf", TIME_CLF},
    {"apache", TIME_CLF},
    {"asctime", TIME_ASCTIME},
    {"syslog", TIME_SYSLOG},
    {"%Y-%m-%d %H:%M:%S", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S%z", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S.%f", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S.%L", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S.%f%z", TIME_ISO},
    {"%Y-%m-%dT%H:%M:%S.%L%z", TIME_ISO},
    {"%F %T", TIME_ISO},
    {"%FT%T", TIME_ISO},
    {"%FT%T%z", TIME_ISO},
    {"%d/%b/%Y:%H:%M:%S %z", TIME_CLF},
    {"%d/%b/%Y:%T %z", TIME_CLF},
    {"%a %b %d %H:%M:%S %Y", TIME_ASCTIME},
    {"%a %b %e %H:%M:%S %Y", TIME_ASCTIME},
    {"%b %e %H:%M:%S", TIME_SYSLOG},
    {"%b %d %H:%M:%S", TIME_SYSLOG},
};

static bool spec_layout(struct slice spec, enum time_layout *layout)
{
    for (size_t i = 0; i < sizeof known_specs / sizeof known_specs[0]; i++) {
        struct slice known = slice_text(known_specs[i].spec);
        bool is_pattern = known.at[0] == '%';
        if (is_pattern ? slice_equal(spec, known) : slice_equal_nocase(spec, known)) {
            *layout = known_specs[i].layout;
            return true;
        }
    }
    return false;
}

enum status time_format_init(struct time_format *format, struct arena *query, struct slice spec,
                             const struct zone *zone, struct error *err)
{
    struct time_format made = {.layout = TIME_PATTERN, .zone = zone};
    if (!spec_layout(spec, &made.layout)) {
        if (slice_find(spec, slice_of("%", 1)) == NULL) {
            error_set(err, ERR_OPTION, "unknown timestamp format \"%.*s\"", (int)spec.len,
                      (const char *)spec.at);
            error_hint(err, "iso, epoch_s, epoch_ms, epoch_us, epoch_ns, clf, asctime, syslog, "
                            "or a pattern such as '%%d.%%m.%%Y %%H:%%M:%%S'");
            return ERR_OPTION;
        }
        TRY(time_pattern_check(spec, err));
        made.pattern = arena_copy(query, spec);
    }
    *format = made;
    return OK;
}
