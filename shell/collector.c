/* collector: see collector.h. */
#include "shell/collector.h"

#include "engine/base/textbuf.h"

void collector_name(struct bytebuf *out, const struct stream_def *stream)
{
    bytebuf_add_text(out, "RETAIN ");
    bytebuf_add(out, stream->name.at, stream->name.len);
    bytebuf_add_byte(out, '\0');
}

static void give_name(struct prepared *prepared, const struct stream_def *stream)
{
    struct bytebuf name = {0};
    struct plan *plan = arena_alloc(&prepared->arena, sizeof *plan);
    collector_name(&name, stream);
    *plan = *prepared->statement.plan;
    plan->name = arena_copy(&prepared->arena, bytebuf_slice(&name));
    prepared->statement.plan = plan;
    prepared->statement.name = plan->name;
    bytebuf_release(&name);
}

static enum status prepare(struct catalog *catalog, const struct stream_def *stream,
                           struct prepared *prepared, struct error *err)
{
    struct bytebuf text = {0};
    bytebuf_add_text(&text, "SELECT 1 AS nothing FROM ");
    textbuf_quoted(&text, stream->name, '"');
    bytebuf_add_text(&text, " WHERE false"); /* no column is decoded */
    struct slice kept = arena_copy(&prepared->arena, bytebuf_slice(&text));
    enum status status =
        statement_prepare(catalog, &prepared->arena, kept, &prepared->statement, err);
    if (status == OK) {
        give_name(prepared, stream);
    }
    bytebuf_release(&text);
    return status;
}

enum status collector_start(struct background *background, struct catalog *catalog,
                            const struct stream_def *stream, struct prepared_list *running,
                            struct error *err)
{
    struct prepared *prepared = prepared_new();
    enum status status = prepare(catalog, stream, prepared, err);
    if (status == OK) {
        status = background_collect(background, prepared->statement.plan, err);
    }
    if (status == OK) {
        status = prepared_list_take(running, &prepared, err);
    }
    prepared_free(prepared);
    return status;
}
