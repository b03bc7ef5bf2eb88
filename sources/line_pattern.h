/* line_pattern: a regular expression whose groups are fields, for formats regex and grok.
 *
 *     TRY(line_pattern_from_regex(&pattern, slice_text("(?<ip>\\S+) (?<n__bigint>\\d+)"), err));
 *     … pattern.names[0] is "ip", pattern.types[1] is BIGINT …
 *     reason = line_pattern_match(&pattern, line, fields);
 *     line_pattern_release(&pattern);
 *
 * A field is a named group, several of one name are one field: the first that took part counts. The
 * match may begin anywhere in the line. Zero-initialised may be released. */
#ifndef SOURCES_LINE_PATTERN_H
#define SOURCES_LINE_PATTERN_H

#include "engine/base/regex.h"
#include "engine/data/column.h"
#include "engine/data/types.h"

enum { LINE_PATTERN_FIELDS_MAX = 250 };

struct line_pattern {
    struct regex *regex;
    uint32_t n_groups;
    uint8_t *field_of; /* by group, from 1; LINE_PATTERN_FIELDS_MAX: none */
    uint32_t n_fields;
    char **names; /* n_fields of them, then NULL; mem.h */
    struct type *types;
};

/* Groups (?<name>…) and (?<name__type>…): the type is a name of SQL or int, float; decimal_12_2 is
 * DECIMAL(12,2). Without one it is TEXT. ERR_OPTION if the text is no regular expression, has no
 * named group, or names an unknown type. */
MUST_CHECK enum status line_pattern_from_regex(struct line_pattern *pattern, struct slice text,
                                               struct error *err);

/* The same from a grok pattern (grok.h); `definitions` are the user's own patterns. */
MUST_CHECK enum status line_pattern_from_grok(struct line_pattern *pattern, struct slice text,
                                              struct slice definitions, struct error *err);

void line_pattern_release(struct line_pattern *pattern);

/* Sets those of fields[0 … n_fields) whose groups took part and are not empty. NULL, or why the
 * line is no record. */
const char *line_pattern_match(struct line_pattern *pattern, struct slice line,
                               struct text *fields);

#endif
