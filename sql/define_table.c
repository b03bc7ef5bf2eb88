/* define_table: see define_table.h. */
#include "sql/define_table.h"

#include "sql/bind_parts.h"
#include "sql/errors.h"

/* The rows come from where they are kept. */
static enum status take_kept(const struct catalog *catalog, const struct stream_def *stream,
                             struct stream_def *table, struct error *err)
{
    const struct keeper *keeper = catalog_keeper(catalog);
    if (keeper->stream != NULL) {
        return keeper->stream(keeper->owner, stream, table, err);
    }
    error_set(err, ERR_SQL, "nothing of stream \"%.*s\" is kept", (int)stream->name.len,
              (const char *)stream->name.at);
    error_place(err, E_NO_TABLE, -1, -1);
    return ERR_SQL;
}

/* Rows that were late or bad have been told already. */
static struct stream_def *table_of(struct arena *arena, const struct stream_def *stream)
{
    struct stream_def *table = arena_alloc(arena, sizeof *table);
    *table = *stream;
    table->is_table = true;
    table->finite = true;
    table->watermark_declared = false;
    table->late_uri = slice_of(NULL, 0);
    table->on_error = stream->on_error == ON_ERROR_INTO ? ON_ERROR_SKIP : stream->on_error;
    return table;
}

enum status table_define(const struct catalog *catalog, struct arena *arena,
                         const struct ast_from *from, const struct stream_def **out,
                         struct error *err)
{
    const struct catalog_entry *entry = catalog_find(catalog, CATALOG_STREAM, from->name.text);
    if (entry == NULL) {
        unsigned kinds = 1u << CATALOG_STREAM | 1u << CATALOG_QUERY;
        catalog_missing(catalog, kinds, from->name.text, err);
        return sql_fail(err, E_NO_OBJECT, from->name.span);
    }
    struct stream_def *table = table_of(arena, entry->stream);
    if (!stream_keeps_itself(entry->stream)) {
        TRY(sql_place(take_kept(catalog, entry->stream, table, err), from->name.span, err));
    }
    *out = table;
    return OK;
}
