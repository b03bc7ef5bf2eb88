/* grok: patterns with names, %{NAME}, %{NAME:field} and %{NAME:field:type}, written out as a
 * regular expression. The names come from grok_patterns.def, or from definitions of the user, which
 * go first; patterns may use one another.
 *
 *     struct grok grok;
 *     grok_init(&grok, slice_text("HOUR2 [0-9]{2}\nCLOCK2 %{HOUR2}:%{HOUR2}"));
 *     TRY(grok_expand(&grok, slice_text("%{CLOCK2:at} %{WORD:what}"), err));
 *     … bytebuf_slice(&grok.out), where group "_0" is field 0 of grok.fields, "_1" field 1, …
 *     grok_release(&grok);
 *
 * A field may have several groups, in branches of an alternative: it is listed for each. */
#ifndef SOURCES_GROK_H
#define SOURCES_GROK_H

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

enum { GROK_DEPTH_MAX = 16, GROK_FIELDS_MAX = 200 };

/* One %{NAME:field:type} as it was written out; the texts point into the patterns. */
struct grok_field {
    struct slice name;
    struct slice type; /* empty: none was given */
};

struct grok {
    struct slice definitions;
    struct bytebuf out;
    uint32_t n_fields;
    struct grok_field fields[GROK_FIELDS_MAX];
};

/* One pattern of the set, for lists: NULL behind the last. */
struct grok_pattern {
    const char *name;
    const char *pattern;
    const char *summary;
};
const struct grok_pattern *grok_pattern_at(uint32_t i);

/* Lines "NAME pattern"; blank lines and those that begin with # mean nothing. */
void grok_init(struct grok *grok, struct slice definitions);
void grok_release(struct grok *grok);

/* Once. ERR_OPTION with near names for an unknown pattern or a "%{" that is not closed, ERR_LIMIT
 * where patterns use one another deeper than GROK_DEPTH_MAX (or themselves), have more than
 * GROK_FIELDS_MAX fields, or become longer than a regular expression may be. */
MUST_CHECK enum status grok_expand(struct grok *grok, struct slice pattern, struct error *err);

#endif
