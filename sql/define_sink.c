/* define_sink: see define_sink.h. */
#include "sql/define_sink.h"

#include "sql/bind_parts.h"
#include "sql/define_parts.h"
#include "sql/errors.h"

/* Options of every sink. */
static const struct option_spec sink_options[] = {
    {"format", OPTION_TEXT, NULL, "the format, as FORMAT says it"},
    {NULL, OPTION_TEXT, NULL, NULL},
};

enum status sink_define(const struct catalog *catalog, struct arena *arena,
                        const struct ast_into *into, const struct sink_def **out, struct error *err)
{
    const struct kinds *kinds = catalog_kinds(catalog);
    struct location location;
    TRY(location_read(arena, &into->target, &into->options, &location, err));
    struct sink_def *def = arena_zalloc(arena, sizeof *def);
    def->name = name_given(&into->name) ? arena_copy(arena, into->name.text) : (struct slice){0};
    def->uri = location.uri;
    def->options = location.options;
    def->kind = kinds_sink(kinds, def->uri.scheme);
    if (def->kind == NULL) {
        return place_default(kinds_no_sink(kinds, def->uri.scheme, err), location.span, err);
    }
    const struct ast_name *format =
        name_given(&into->format.name) ? &into->format.name : &location.format;
    if (name_given(format)) {
        def->format = arena_copy(arena, format->text);
    }
    const struct option_spec *lists[OPTION_LISTS] = {def->kind->options, sink_options};
    const char *what = arena_printf(arena, "sink %s", def->kind->scheme);
    TRY(location_check(&def->options, lists, what, location.span, err));
    *out = def;
    return OK;
}

enum status sink_resolve(const struct catalog *catalog, struct arena *arena,
                         const struct ast_into *into, const struct sink_def **out,
                         struct error *err)
{
    if (into->is_uri) {
        return sink_define(catalog, arena, into, out, err);
    }
    const struct catalog_entry *entry = catalog_find(catalog, CATALOG_SINK, into->target.text);
    if (entry == NULL) {
        enum status status = catalog_missing(catalog, 1u << CATALOG_SINK, into->target.text, err);
        if (err != NULL && err->hint[0] == 0) {
            error_hint(err,
                       "CREATE SINK %s TO 'file:out.csv' makes one; INTO 'file:out.csv' needs "
                       "none",
                       shown(arena, into->target.text));
        }
        return sql_place(status, into->target.span, err);
    }
    *out = entry->sink;
    return OK;
}
