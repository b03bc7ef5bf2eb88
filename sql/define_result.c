/* define_result: see define_result.h. */
#include "sql/define_result.h"

#include "engine/base/textbuf.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"

static enum status ambiguous(const struct ast_from *from, struct error *err)
{
    return sql_fail(err, E_NO_OBJECT, from->name.span);
}

/* TABLE(name) could be rows of the stream, too. */
static enum status check_table(const struct catalog *catalog, const struct ast_from *from,
                               struct error *err)
{
    struct slice name = from->name.text;
    if (catalog_find(catalog, CATALOG_STREAM, name) == NULL) {
        return OK;
    }
    struct bytebuf text = {0};
    textbuf_escaped(&text, name);
    error_set(err, ERR_SQL, "TABLE(%.100s) could be a stream or a query", bytebuf_text(&text));
    error_hint(err, "DROP QUERY %.100s, and CREATE it with a name of its own", bytebuf_text(&text));
    bytebuf_release(&text);
    return ambiguous(from, err);
}

/* A sink that has the name of its one query holds the same result; one that others write to, or
 * that this query does not write to, does not. */
static enum status check_name(const struct catalog *catalog, const struct ast_from *from,
                              const struct catalog_entry *query, struct error *err)
{
    const struct catalog_entry *sink = catalog_find(catalog, CATALOG_SINK, from->name.text);
    const struct catalog_entry *other;
    bool is_same = slice_equal_nocase(query->writes, from->name.text);
    for (uint32_t i = 0; (other = catalog_at(catalog, CATALOG_QUERY, i)) != NULL; i++) {
        is_same =
            is_same && (other == query || !slice_equal_nocase(other->writes, from->name.text));
    }
    if (sink == NULL || is_same) {
        return OK;
    }
    struct bytebuf text = {0};
    textbuf_escaped(&text, sink->name);
    error_set(err, ERR_SQL, "\"%.100s\" is a query, and a sink with other rows",
              bytebuf_text(&text));
    error_hint(err, "FROM TABLE(%.100s) is the result of the query", bytebuf_text(&text));
    bytebuf_release(&text);
    return ambiguous(from, err);
}

enum status result_find(const struct catalog *catalog, const struct ast_from *from,
                        const struct catalog_entry **out, struct error *err)
{
    static const enum catalog_kind first[] = {CATALOG_STREAM, CATALOG_TABLE, CATALOG_VIEW};
    *out = NULL;
    if (from->kind != FROM_NAME && from->kind != FROM_TABLE) {
        return OK;
    }
    const struct catalog_entry *query = catalog_find(catalog, CATALOG_QUERY, from->name.text);
    if (query == NULL) {
        return OK;
    }
    for (int i = 0; from->kind == FROM_NAME && i < 3; i++) {
        if (catalog_find(catalog, first[i], from->name.text) != NULL) {
            return OK;
        }
    }
    TRY(from->kind == FROM_TABLE ? check_table(catalog, from, err)
                                 : check_name(catalog, from, query, err));
    *out = query;
    return OK;
}

enum status result_define(const struct catalog *catalog, struct arena *arena,
                          const struct ast_from *from, const struct catalog_entry *query,
                          const struct stream_def **out, struct error *err)
{
    const struct keeper *keeper = catalog_keeper(catalog);
    if (name_given(&from->format.name) || from->options.first != NULL) {
        error_set(err, ERR_SQL, "the result of query \"%s\" has its columns already",
                  shown(arena, query->name));
        return sql_fail(err, E_STREAM, from->name.span);
    }
    struct stream_def *table = arena_zalloc(arena, sizeof *table);
    *table = (struct stream_def){
        .name = arena_copy(arena, query->name),
        .time_column = -1,
        .finite = true,
        .idle_timeout_us = IDLE_TIMEOUT_DEFAULT_US,
        .max_future_us = MAX_FUTURE_DEFAULT_US,
        .is_table = true,
    };
    table->uri = (struct uri){.scheme = slice_text("query"), .path = table->name};
    table->uri.text = slice_text(
        arena_printf(arena, "query:%.*s", (int)table->name.len, (const char *)table->name.at));
    options_init(&table->options, arena);
    TRY(sql_place(keeper->result(keeper->owner, query, arena, table, err), from->name.span, err));
    *out = table;
    return OK;
}
