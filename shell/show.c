/* show: see show.h. */
#include "shell/show.h"

#include <string.h>

#include "engine/agg/agg.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/expr/function.h"
#include "engine/io/secrets.h"
#include "shell/listing.h"
#include "sql/errors.h"
#include "sql/lexer.h"

static void add_text(struct listing *listing, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        listing_add_null(listing);
    } else {
        listing_add(listing, slice_text(text));
    }
}

static void add_slice(struct listing *listing, struct slice text)
{
    if (text.len == 0) {
        listing_add_null(listing);
    } else {
        listing_add(listing, text);
    }
}

/* A URI or a statement, without the values of secrets. */
static void add_shown(struct listing *listing, struct slice text)
{
    struct bytebuf shown = {0};
    secrets_hide(&shown, text);
    add_slice(listing, bytebuf_slice(&shown));
    bytebuf_release(&shown);
}

/* ---- DDL ------------------------------------------------------------------------------------ */

/* Names that are plain words and no keywords stand as they are, others in quotes. */
static void add_name(struct bytebuf *out, struct slice name)
{
    bool plain = name.len > 0 && !ascii_is_digit(name.at[0]) && keyword_find(name) == NULL;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        plain = plain && ((uint8_t)(ascii_lower(c) - 'a') < 26 || ascii_is_digit(c) || c == '_');
    }
    if (plain) {
        bytebuf_add(out, name.at, name.len);
    } else {
        textbuf_quoted(out, name, '"');
    }
}

static void add_columns(struct bytebuf *out, const struct stream_def *stream, const char *between)
{
    char type[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < stream->n_visible; i++) {
        const struct field *field = &stream->schema.fields[i];
        bytebuf_add_text(out, i > 0 ? between : "");
        add_name(out, field->name);
        bytebuf_printf(out, " %s%s", type_name(field->type, type),
                       field->not_null ? " NOT NULL" : "");
    }
}

static void add_options(struct bytebuf *out, const struct stream_def *stream)
{
    bool any = false;
    for (uint32_t i = 0; i < stream->options.n; i++) {
        const struct option *option = &stream->options.items[i];
        /* Those of the URI stand there already. */
        if (option->at < 0 && slice_find(stream->uri.text, option->key) != NULL) {
            continue;
        }
        bytebuf_add_text(out, any ? ", " : "\n  WITH (");
        add_name(out, option->key);
        bytebuf_add_text(out, " = ");
        textbuf_quoted(out, secret_key(option->key) ? slice_text("***") : option->value, '\'');
        any = true;
    }
    bytebuf_add_text(out, any ? ")" : "");
}

void show_ddl(struct bytebuf *out, const struct stream_def *stream)
{
    bytebuf_add_text(out, "CREATE STREAM ");
    add_name(out, stream->name);
    bytebuf_add_text(out, " (\n  ");
    add_columns(out, stream, ",\n  ");
    if (stream->watermark_declared && stream->time_column >= 0) {
        bytebuf_add_text(out, ",\n  WATERMARK ");
        add_name(out, stream->schema.fields[stream->time_column].name);
        bytebuf_add_text(out, " DELAY ");
        interval_print(out, stream->delay_us);
    }
    bytebuf_add_text(out, "\n) FROM ");
    struct bytebuf uri = {0};
    secrets_hide(&uri, stream->uri.text);
    textbuf_quoted(out, bytebuf_slice(&uri), '\'');
    bytebuf_release(&uri);
    bytebuf_printf(out, " FORMAT %s", stream->decoder->name);
    if (stream->format_argument.len > 0) {
        bytebuf_add_byte(out, ' ');
        textbuf_quoted(out, stream->format_argument, '\'');
    }
    add_options(out, stream);
    bytebuf_add_text(out, ";\n");
}

/* ---- SHOW ----------------------------------------------------------------------------------- */

static void list_streams(struct listing *listing, const struct show *show, enum catalog_kind kind)
{
    const struct catalog_entry *entry;
    struct bytebuf buf = {0};
    for (uint32_t i = 0; (entry = catalog_at(show->catalog, kind, i)) != NULL; i++) {
        add_slice(listing, entry->name);
        add_shown(listing, entry->stream->uri.text);
        add_text(listing, entry->stream->decoder->name);
        bytebuf_clear(&buf);
        add_columns(&buf, entry->stream, ", ");
        add_slice(listing, bytebuf_slice(&buf));
        bytebuf_clear(&buf);
        tables_describe(show->tables, entry->stream, &buf);
        add_slice(listing, bytebuf_slice(&buf));
    }
    bytebuf_release(&buf);
}

static void list_views(struct listing *listing, const struct catalog *catalog)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(catalog, CATALOG_VIEW, i)) != NULL; i++) {
        add_slice(listing, entry->name);
        add_shown(listing, entry->query);
    }
}

static void list_sinks(struct listing *listing, const struct catalog *catalog)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(catalog, CATALOG_SINK, i)) != NULL; i++) {
        add_slice(listing, entry->name);
        add_shown(listing, entry->sink->uri.text);
        add_slice(listing, entry->sink->format);
    }
}

static void list_queries(struct listing *listing, const struct show *show)
{
    const struct catalog_entry *entry;
    struct bytebuf kept = {0};
    for (uint32_t i = 0; (entry = catalog_at(show->catalog, CATALOG_QUERY, i)) != NULL; i++) {
        add_slice(listing, entry->name);
        add_text(listing, entry->stopped ? "stopped" : "started");
        add_slice(listing, entry->reads);
        add_shown(listing, entry->writes.len > 0 ? entry->writes : entry->target);
        add_shown(listing, slice_trim(entry->query));
        bytebuf_clear(&kept);
        tables_describe_result(show->tables, entry->name, &kept);
        add_slice(listing, bytebuf_slice(&kept));
    }
    bytebuf_release(&kept);
}

static void list_functions(struct listing *listing)
{
    const struct function *function;
    const char *name;
    const char *signature;
    const char *summary;
    for (uint32_t i = 0; agg_at(i, &name, &signature, &summary); i++) {
        add_text(listing, name);
        add_text(listing, "aggregate");
        add_text(listing, signature);
        add_text(listing, summary);
    }
    for (uint32_t i = 0; (function = function_at(i)) != NULL; i++) {
        add_text(listing, function_name(function));
        add_text(listing, function_is_named(function) ? "function" : "operator");
        add_text(listing, function_signature(function));
        add_text(listing, function_summary(function));
    }
}

static void list_formats(struct listing *listing, const struct kinds *kinds)
{
    for (uint32_t i = 0; kinds->decoders[i] != NULL; i++) {
        add_text(listing, kinds->decoders[i]->name);
        add_text(listing, kinds->decoders[i]->summary);
    }
}

static void list_settings(struct listing *listing, const struct catalog *catalog)
{
    for (const struct option_spec *spec = catalog_settings(); spec->name != NULL; spec++) {
        add_text(listing, spec->name);
        add_slice(listing, catalog_setting(catalog, spec->name));
        add_text(listing, spec->fallback);
        add_text(listing, spec->summary);
    }
}

struct show_columns {
    uint32_t n;
    const char *names[LISTING_COLUMNS_MAX];
};

static const struct show_columns show_columns[] = {
    [SHOW_STREAMS] = {5, {"name", "source", "format", "columns", "kept"}},
    [SHOW_TABLES] = {5, {"name", "source", "format", "columns", "kept"}},
    [SHOW_VIEWS] = {2, {"name", "query"}},
    [SHOW_SINKS] = {3, {"name", "target", "format"}},
    [SHOW_QUERIES] = {6, {"name", "state", "reads", "writes", "query", "kept"}},
    [SHOW_FUNCTIONS] = {4, {"name", "kind", "signature", "summary"}},
    [SHOW_FORMATS] = {2, {"name", "summary"}},
    [SHOW_SETTINGS] = {4, {"name", "value", "default", "summary"}},
};

static enum status list_kind(struct listing *listing, const struct show *show, enum show_kind kind,
                             struct error *err)
{
    const struct catalog *catalog = show->catalog;
    switch (kind) {
    case SHOW_STREAMS:
        list_streams(listing, show, CATALOG_STREAM);
        return OK;
    case SHOW_TABLES:
        list_streams(listing, show, CATALOG_TABLE);
        return OK;
    case SHOW_VIEWS:
        list_views(listing, catalog);
        return OK;
    case SHOW_SINKS:
        list_sinks(listing, catalog);
        return OK;
    case SHOW_QUERIES:
        list_queries(listing, show);
        return OK;
    case SHOW_FUNCTIONS:
        list_functions(listing);
        return OK;
    case SHOW_FORMATS:
        list_formats(listing, catalog_kinds(catalog));
        return OK;
    case SHOW_SETTINGS:
        list_settings(listing, catalog);
        return OK;
    case SHOW_LATENESS:
        break;
    }
    error_set(err, ERR_SQL, "SHOW LATENESS is not in this version");
    error_place(err, E_UNSUPPORTED, -1, -1);
    return ERR_SQL;
}

enum status show_statement(const struct show *show, const struct statement *statement,
                           struct error *err)
{
    const struct show_columns *columns =
        &show_columns[statement->show == SHOW_LATENESS ? SHOW_SETTINGS : statement->show];
    struct listing listing;
    listing_init(&listing, columns->n, columns->names);
    enum status status = list_kind(&listing, show, statement->show, err);
    if (status == OK) {
        status = listing_print(&listing, show->fs, show->args, err);
    }
    listing_release(&listing);
    return status;
}

/* ---- DESCRIBE ------------------------------------------------------------------------------- */

static void list_fields(struct listing *listing, const struct schema *schema, int time_column)
{
    char type[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        add_slice(listing, field->name);
        add_text(listing, type_name(field->type, type));
        add_text(listing, field->not_null ? "no" : "yes");
        add_text(listing, (int)i == time_column ? "event time" : field->hidden ? "hidden" : NULL);
    }
}

enum status describe_statement(const struct show *show, const struct statement *statement,
                               struct error *err)
{
    static const char *const columns[] = {"column", "type", "null", "note"};
    static const char *const sink_columns[] = {"name", "target", "format"};
    struct listing listing;
    if (statement->sink != NULL && statement->plan == NULL) {
        listing_init(&listing, 3, sink_columns);
        add_slice(&listing, statement->sink->name);
        add_shown(&listing, statement->sink->uri.text);
        add_slice(&listing, statement->sink->format);
    } else {
        listing_init(&listing, 4, columns);
        if (statement->stream != NULL) {
            list_fields(&listing, &statement->stream->schema, statement->stream->time_column);
        } else if (statement->plan != NULL) {
            list_fields(&listing, &statement->plan->root->schema,
                        statement->plan->root->time_column);
        }
    }
    enum status status = listing_print(&listing, show->fs, show->args, err);
    listing_release(&listing);
    return status;
}
