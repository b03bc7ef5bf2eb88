/* name_pattern: names of files after the time: "out/%Y-%m-%d.csv". The smallest unit in it is how
 * long a file goes on.
 *
 *     TRY(name_pattern_read(text, &pattern, err));
 *     start = name_pattern_start(&pattern, local_us);     // of the period that a time lies in
 *     name_pattern_name(&pattern, start, &path);
 *     next = name_pattern_next(&pattern, start);
 *
 * Directives are those of strftime that are numbers: %Y %m %d %j %H %M %S, and %F for %Y-%m-%d.
 * They make digits only: a name never leaves the folder that the text says. Times are microseconds
 * of a local clock. */
#ifndef SINKS_NAME_PATTERN_H
#define SINKS_NAME_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

/* From long to short. */
enum time_unit { UNIT_YEAR, UNIT_MONTH, UNIT_DAY, UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND, UNIT_COUNT };

struct name_pattern {
    struct slice text; /* the caller's */
    enum time_unit unit;
    size_t begin; /* of the first directive */
    size_t end;   /* behind the last one */
};

/* Whether the text has a directive at all. */
bool name_pattern_is(struct slice text);
/* ERR_OPTION for a directive that it does not know, for names that would come again (a day without
 * its month), and for ".." behind a directive. */
MUST_CHECK enum status name_pattern_read(struct slice text, struct name_pattern *out,
                                         struct error *err);

int64_t name_pattern_start(const struct name_pattern *pattern, int64_t local_us);
int64_t name_pattern_next(const struct name_pattern *pattern, int64_t start_us);
/* Appends the name of the period that begins then. */
void name_pattern_name(const struct name_pattern *pattern, int64_t start_us, struct bytebuf *out);
/* Appends the name for rows without a time: "null" from the first directive to the last. */
void name_pattern_null(const struct name_pattern *pattern, struct bytebuf *out);

#endif
