/* collector: see collector.h. */
#include "shell/collector.h"

#include "engine/base/textbuf.h"

bool collector_is_wanted(const struct retention *retention, const struct stream_def *stream)
{
    return stream->retain_given && retention_covers(retention, stream);
}

void collector_name(struct bytebuf *out, const struct stream_def *stream)
{
    bytebuf_add_text(out, "RETAIN ");
    bytebuf_add(out, stream->name.at, stream->name.len);
}

enum status collector_prepare(struct catalog *catalog, const struct stream_def *stream,
                              struct prepared **out, struct error *err)
{
    struct prepared *prepared = prepared_new();
    struct bytebuf name = {0};
    struct bytebuf text = {0};
    collector_name(&name, stream);
    bytebuf_add_text(&text, "CREATE QUERY ");
    textbuf_quoted(&text, bytebuf_slice(&name), '"');
    bytebuf_add_text(&text, " AS SELECT 1 AS nothing FROM ");
    textbuf_quoted(&text, stream->name, '"');
    bytebuf_add_text(&text, " WHERE false"); /* no column is decoded */
    struct slice kept = arena_copy(&prepared->arena, bytebuf_slice(&text));
    enum status status =
        statement_prepare(catalog, &prepared->arena, kept, &prepared->statement, err);
    bytebuf_release(&name);
    bytebuf_release(&text);
    if (status != OK) {
        prepared_free(prepared);
        return status;
    }
    *out = prepared;
    return OK;
}
