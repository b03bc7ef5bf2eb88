/* define_stdin: see define_stdin.h. */
#include "sql/define_stdin.h"

#include "engine/base/codec.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"

static const char scheme[] = "stdin";

bool stdin_is_meant(struct slice uri)
{
    size_t n = sizeof scheme - 1;
    bool is_scheme = uri.len >= n && slice_equal_nocase(slice_of(uri.at, n), slice_text(scheme));
    return is_scheme && (uri.len == n || uri.at[n] == ':');
}

struct slice stdin_uri(struct slice uri)
{
    return uri.len > sizeof scheme ? uri : slice_text("stdin:");
}

/* The stream with a name that reads it; NULL if there is none. */
static const struct catalog_entry *named_reader(const struct catalog *catalog)
{
    const struct catalog_entry *entry;
    for (uint32_t i = 0; (entry = catalog_at(catalog, CATALOG_STREAM, i)) != NULL; i++) {
        if (slice_equal(entry->stream->uri.scheme, slice_text(scheme))) {
            return entry;
        }
    }
    return NULL;
}

static enum status taken(struct catalog *catalog, const struct catalog_entry *by, struct span span,
                         struct error *err)
{
    char *name = shown(catalog_arena(catalog), by->name);
    error_set(err, ERR_SQL, "standard input is read by stream \"%s\", and comes once", name);
    error_hint(err, "FROM %s reads the same", name);
    return sql_fail(err, E_STREAM, span);
}

enum status stdin_check_free(struct catalog *catalog, struct span span, struct error *err)
{
    const struct catalog_entry *by = named_reader(catalog);
    if (by != NULL) {
        return taken(catalog, by, span, err);
    }
    if (catalog_stdin(catalog)->def != NULL) {
        error_set(err, ERR_SQL, "standard input is read by FROM stdin already, and comes once");
        error_hint(err, "CREATE STREAM must come before the queries that read it");
        return sql_fail(err, E_STREAM, span);
    }
    return OK;
}

/* FORMAT and options as they were written, to be compared. */
static void print_how(struct bytebuf *out, const struct ast_from *from)
{
    struct slice format = from->format.name.text;
    for (size_t i = 0; i < format.len; i++) {
        bytebuf_add_byte(out, ascii_lower(format.at[i]));
    }
    codec_put_bytes(out, from->format.argument.text);
    codec_put_bytes(out, stdin_uri(from->name.text)); /* with its options */
    for (const struct ast_option *option = from->options.first; option != NULL;
         option = option->next) {
        codec_put_bytes(out, option->key);
        codec_put_bytes(out, option->value);
    }
}

static bool says_how(const struct ast_from *from)
{
    return name_given(&from->format.name) || from->options.first != NULL ||
           stdin_uri(from->name.text).len > slice_text("stdin:").len;
}

enum status stdin_find(struct catalog *catalog, const struct ast_from *from,
                       const struct stream_def **out, struct error *err)
{
    const struct catalog_stdin *known = catalog_stdin(catalog);
    const struct catalog_entry *by = named_reader(catalog);
    struct bytebuf how = {0};
    *out = known->def;
    if (by != NULL) {
        return taken(catalog, by, from->name.span, err);
    }
    if (known->def == NULL || !says_how(from)) {
        return OK;
    }
    print_how(&how, from);
    bool is_same = slice_equal(bytebuf_slice(&how), known->how);
    bytebuf_release(&how);
    if (is_same) {
        return OK;
    }
    error_set(err, ERR_SQL, "FROM stdin has another format in a query before, and comes once");
    error_hint(err, "say FORMAT and WITH in the first, and FROM stdin alone in the others");
    return sql_fail(err, E_STREAM, from->name.span);
}

void stdin_remember(struct catalog *catalog, const struct ast_from *from,
                    const struct stream_def *def)
{
    struct bytebuf how = {0};
    print_how(&how, from);
    *catalog_stdin(catalog) = (struct catalog_stdin){
        .def = def,
        .how = arena_copy(catalog_arena(catalog), bytebuf_slice(&how)),
    };
    bytebuf_release(&how);
}
