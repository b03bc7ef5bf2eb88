/* bind_unknown: names that mean nothing: the error, and the best help there is. */
#include "engine/expr/function.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/suggest.h"

/* ---- columns --------------------------------------------------------------------------------- */

static struct slice behind_prefix(const struct ast_expr *name)
{
    return slice_of(name->text.at + name->prefix_bytes + 1,
                    name->text.len - name->prefix_bytes - 1);
}

/* x.ip, where ip is a column but x is not what the stream is called. */
static bool hint_qualifier(const struct binder *binder, const struct ast_expr *name,
                           struct error *err)
{
    if (name->prefix_bytes == 0 || binder->schema == NULL ||
        schema_find(binder->schema, behind_prefix(name)) < 0) {
        return false;
    }
    if (binder->qualifier.len == 0) {
        error_hint(err, "the sub-query has no name here: write AS %s behind it",
                   shown(binder->arena, slice_of(name->text.at, name->prefix_bytes)));
    } else {
        error_hint(err, "the stream is called \"%s\" here",
                   shown(binder->arena, binder->qualifier));
    }
    return true;
}

/* payload.user, where payload is a column of text: JSON, as it came. */
static bool hint_json(const struct binder *binder, const struct ast_expr *name, struct error *err)
{
    struct slice bare = bind_unqualified(binder, name);
    const uint8_t *dot = slice_find(bare, slice_of(".", 1));
    if (dot == NULL || binder->schema == NULL) {
        return false;
    }
    struct slice head = slice_of(bare.at, (size_t)(dot - bare.at));
    int column = schema_find(binder->schema, head);
    if (column < 0 || binder->schema->fields[column].type.id != TYPE_TEXT) {
        return false;
    }
    char *path = shown(binder->arena, slice_of(dot, bare.len - head.len));
    error_hint(err, "\"%s\" is a text; json_value(%s, '$%s') looks into it",
               shown(binder->arena, head), shown(binder->arena, head), path);
    return true;
}

/* Nothing is near: the first columns are better than no help. */
static void hint_columns(const struct binder *binder, struct error *err)
{
    enum { NAMES_MAX = 10 };
    struct bytebuf text = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < binder->schema->n && !binder->schema->fields[i].hidden; i++, n++) {
        if (n < NAMES_MAX) {
            bytebuf_add_text(&text, n == 0 ? "there are " : ", ");
            bytebuf_add_text(&text, shown(binder->arena, binder->schema->fields[i].name));
        }
    }
    if (n > 0) {
        error_hint(err, "%s%s", bytebuf_text(&text), n > NAMES_MAX ? ", …" : "");
    } else {
        error_hint(err, "without FROM there are no columns");
    }
    bytebuf_release(&text);
}

/* A name in quotes was probably meant as a text. */
static bool is_quoted(const struct ast_expr *name)
{
    return name->prefix_bytes == 0 && name->span.length > name->text.len;
}

static void hint_other(const struct binder *binder, const struct ast_expr *name, struct error *err)
{
    if (bind_window_column(bind_unqualified(binder, name)) >= 0) {
        error_hint(err, binder->window_later
                            ? "it is known for groups, not for rows: use it in HAVING, ORDER BY "
                              "or the SELECT list"
                            : "this query has no WINDOW");
    } else if (is_quoted(name)) {
        error_hint(err, "\"double quotes\" make a name; a text stands in 'single quotes'");
    } else if (binder->schema == NULL) {
        error_hint(err, "only constants can stand here");
    } else {
        hint_columns(binder, err);
    }
}

enum status bind_no_column(const struct binder *binder, const struct ast_expr *name,
                           struct error *err)
{
    struct suggest suggest = suggest_for(bind_unqualified(binder, name));
    for (uint32_t i = 0; binder->schema != NULL && i < binder->schema->n; i++) {
        suggest_add(&suggest, binder->schema->fields[i].name);
    }
    if (binder->windowed) {
        suggest_add(&suggest, slice_text("window_start"));
        suggest_add(&suggest, slice_text("window_end"));
    }
    for (const struct ast_item *item = binder->items != NULL ? binder->items->first : NULL;
         item != NULL; item = item->next) {
        if (name_given(&item->alias)) {
            suggest_add(&suggest, item->alias.text);
        }
    }
    error_set(err, ERR_SQL, "no such column \"%s\"", shown(binder->arena, name->text));
    if (!hint_qualifier(binder, name, err) && !hint_json(binder, name, err) &&
        !suggest_hint(&suggest, err)) {
        hint_other(binder, name, err);
    }
    return sql_fail(err, E_NO_COLUMN, name->span);
}

/* ---- functions ------------------------------------------------------------------------------- */

/* What other systems call a function that is here, or how it is written here. */
static const struct {
    const char *name;
    const char *hint;
} other_names[] = {
    {"cast", "write CAST(x AS type), or x::type"},
    {"try_cast", "write TRY_CAST(x AS type)"},
    {"if", "write CASE WHEN condition THEN x ELSE y END"},
    {"iif", "write CASE WHEN condition THEN x ELSE y END"},
    {"ifnull", "write coalesce(x, y)"},
    {"nvl", "write coalesce(x, y)"},
    {"isnull", "write x IS NULL"},
    {"len", "write length(text)"},
    {"instr", "write strpos(text, part)"},
    {"date_format", "write strftime(time, '%Y-%m-%d')"},
    {"to_char", "write strftime(time, '%Y-%m-%d')"},
    {"strptime", "write to_timestamp(text, '%Y-%m-%d')"},
    {"unix_timestamp", "write epoch_ms(time) / 1000"},
    {"stddev_population", "write stddev_pop(x)"},
    {"count_if", "write count(*) FILTER (WHERE condition)"},
    {"countif", "write count(*) FILTER (WHERE condition)"},
    {"group_concat", "write string_agg(x, ',')"},
    {"listagg", "write string_agg(x, ',')"},
    {"first_value", "write first(x)"},
    {"last_value", "write last(x)"},
    {"earliest", "write first(x)"},
    {"latest", "write last(x)"},
};

static bool hint_other_name(struct slice name, struct error *err)
{
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++) {
        if (slice_equal_nocase(name, slice_text(other_names[i].name))) {
            error_hint(err, "%s", other_names[i].hint);
            return true;
        }
    }
    return false;
}

enum status bind_no_function(const struct ast_expr *call, struct arena *arena, struct error *err)
{
    struct suggest suggest = suggest_for(call->text);
    const struct function *function;
    for (uint32_t i = 0; (function = function_at(i)) != NULL; i++) {
        if (function_is_named(function)) {
            suggest_add(&suggest, slice_text(function_name(function)));
        }
    }
    const char *name;
    const char *signature;
    const char *summary;
    for (uint32_t i = 0; agg_at(i, &name, &signature, &summary); i++) {
        suggest_add(&suggest, slice_text(name));
    }
    error_set(err, ERR_SQL, "no such function \"%s\"", shown(arena, call->text));
    if (!hint_other_name(call->text, err)) {
        suggest_hint(&suggest, err);
    }
    return sql_fail(err, E_NO_FUNCTION, (struct span){call->span.at, (uint32_t)call->text.len});
}
