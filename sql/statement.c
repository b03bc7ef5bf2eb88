/* statement: see statement.h. */
#include "sql/statement.h"

#include "sql/bind_parts.h"
#include "sql/define_sink.h"
#include "sql/define_stream.h"
#include "sql/errors.h"
#include "sql/parser.h"
#include "sql/planner.h"

/* One statement being prepared. */
struct preparation {
    struct catalog *catalog;
    struct arena *arena;
    struct slice text;
    const struct ast_statement *ast;
    struct statement *out;
    struct plan *plan; /* out->plan, until it has its name */
};

/* ---- queries --------------------------------------------------------------------------------- */

static enum status find_sink(const struct preparation *p, const struct ast_name *name,
                             const struct sink_def **out, struct error *err)
{
    struct ast_into into = {.target = *name};
    return sink_resolve(p->catalog, p->arena, &into, out, err);
}

/* alerts, or alerts_2, … if several queries write to one sink. */
static struct slice query_name(const struct preparation *p, struct slice sink)
{
    struct slice name = sink;
    for (unsigned n = 2; catalog_find(p->catalog, CATALOG_QUERY, name) != NULL; n++) {
        name =
            slice_text(arena_printf(p->arena, "%.*s_%u", (int)sink.len, (const char *)sink.at, n));
    }
    return name;
}

/* What INSERT INTO 'uri' is called: the last part of the path that is a name, without what follows
 * a dot; else the scheme. */
static struct slice uri_name(const struct preparation *p, const struct uri *uri)
{
    struct slice path = uri->path;
    while (path.len > 0) {
        const uint8_t *slash = memrchr(path.at, '/', path.len);
        const uint8_t *at = slash == NULL ? path.at : slash + 1;
        struct slice name = slice_of(at, path.len - (size_t)(at - path.at));
        const uint8_t *dot = slice_find(name, slice_of(".", 1));
        name.len = dot == NULL ? name.len : (size_t)(dot - name.at);
        if (name.len > 0 && slice_find(name, slice_of("%", 1)) == NULL) {
            return arena_copy(p->arena, name);
        }
        path.len = slash == NULL ? 0 : (size_t)(slash - path.at);
    }
    return uri->scheme;
}

static bool goes_on(const struct ast_statement *ast)
{
    return ast->kind == AST_INSERT || ast->kind == AST_CREATE_QUERY || ast->kind == AST_CREATE_VIEW;
}

/* Plans a SELECT, INSERT or CREATE QUERY of text `text`: p->plan. */
static enum status plan_query(struct preparation *p, const struct ast_statement *ast,
                              struct slice text, struct error *err)
{
    struct plan_request request = {
        .catalog = p->catalog,
        .arena = p->arena,
        .text = text,
        .select = ast->select,
        .goes_on = goes_on(ast),
        .from = &p->out->from,
    };
    if (ast->kind == AST_INSERT && name_given(&ast->name)) {
        TRY(find_sink(p, &ast->name, &request.sink, err));
    }
    TRY(planner_plan(&request, &p->plan, err));
    p->plan->name = ast->name.text;
    p->out->plan = p->plan;
    return OK;
}

/* A registered query, planned anew from its text; errors have no place, it is not this text. */
static enum status plan_registered(struct preparation *p, const struct catalog_entry *entry,
                                   struct error *err)
{
    struct ast_statement *ast;
    struct slice text = arena_copy(p->arena, entry->text);
    enum status status = parse_statement(p->arena, text, &ast, err);
    if (status == OK) {
        status = plan_query(p, ast, text, err);
    }
    if (status != OK) {
        error_place(err, err->code, -1, -1);
        return status;
    }
    p->plan->name = arena_copy(p->arena, entry->name);
    return OK;
}

static enum status find_query(const struct preparation *p, const struct ast_name *name,
                              const struct catalog_entry **out, struct error *err)
{
    *out = catalog_find(p->catalog, CATALOG_QUERY, name->text);
    if (*out == NULL) {
        return sql_place(catalog_missing(p->catalog, 1u << CATALOG_QUERY, name->text, err),
                         name->span, err);
    }
    return OK;
}

/* ---- CREATE ---------------------------------------------------------------------------------- */

/* E0106 if the name is taken; *skip if IF NOT EXISTS says that this is fine. */
static enum status check_free(const struct preparation *p, enum catalog_kind kind,
                              struct error *err)
{
    static const enum catalog_kind sources[] = {CATALOG_STREAM, CATALOG_TABLE, CATALOG_VIEW};
    const struct ast_name *name = &p->ast->name;
    const struct catalog_entry *taken = catalog_find(p->catalog, kind, name->text);
    for (int i = 0; taken == NULL && kind <= CATALOG_VIEW && i < 3; i++) {
        taken = catalog_find(p->catalog, sources[i], name->text);
    }
    if (taken == NULL) {
        return OK;
    }
    if (p->ast->if_exists) {
        p->out->skip = true;
        return OK;
    }
    error_set(err, ERR_SQL, "there is a %s \"%s\" already", catalog_kind_name(taken->kind),
              shown(p->arena, taken->name));
    error_hint(err, "DROP it first, or write CREATE … IF NOT EXISTS");
    return sql_fail(err, E_EXISTS, name->span);
}

static bool has_connector(const struct ast_stream *stream)
{
    const struct ast_option *option = stream->options.first;
    while (option != NULL && !slice_equal(option->key, slice_text("connector"))) {
        option = option->next;
    }
    return option != NULL;
}

static enum status prepare_stream(struct preparation *p, struct error *err)
{
    const struct ast_statement *ast = p->ast;
    /* Flink's CREATE TABLE is a stream if it has a connector or a watermark. */
    bool is_stream = ast->kind == AST_CREATE_STREAM || has_connector(&ast->stream) ||
                     name_given(&ast->stream.watermark.column);
    if (!is_stream) {
        return sql_unsupported("lookup tables are", ast->name.span, err);
    }
    if (ast->has_as) {
        sql_unsupported("CREATE STREAM … AS is", ast->name.span, err);
        error_hint(err, "CREATE QUERY name AS SELECT … INTO 'uri' runs a query");
        return ERR_SQL;
    }
    p->out->kind = STATEMENT_CREATE_STREAM;
    p->out->object = CATALOG_STREAM;
    TRY(check_free(p, CATALOG_STREAM, err));
    return p->out->skip ? OK : stream_define(p->catalog, ast, &p->out->stream, err);
}

static enum status prepare_sink(struct preparation *p, struct error *err)
{
    p->out->kind = STATEMENT_CREATE_SINK;
    p->out->object = CATALOG_SINK;
    TRY(check_free(p, CATALOG_SINK, err));
    if (p->out->skip) {
        return OK;
    }
    struct ast_into sink = p->ast->sink;
    sink.name = p->ast->name;
    return sink_define(p->catalog, catalog_arena(p->catalog), &sink, &p->out->sink, err);
}

/* The text from `span` on, without the semicolon. */
static struct slice query_text(const struct preparation *p, struct span span)
{
    return statement_trim(slice_of(p->text.at + span.at, p->text.len - span.at));
}

static enum status prepare_view(struct preparation *p, struct error *err)
{
    p->out->kind = STATEMENT_CREATE_VIEW;
    p->out->object = CATALOG_VIEW;
    p->out->query = query_text(p, p->ast->select->span);
    TRY(check_free(p, CATALOG_VIEW, err));
    return plan_query(p, p->ast, p->text, err);
}

static enum status prepare_query(struct preparation *p, struct error *err)
{
    p->out->object = CATALOG_QUERY;
    switch (p->ast->kind) {
    case AST_CREATE_QUERY:
        p->out->kind = STATEMENT_CREATE_QUERY;
        p->out->query = query_text(p, p->ast->select->span);
        TRY(check_free(p, CATALOG_QUERY, err));
        break;
    case AST_INSERT:
        p->out->kind = STATEMENT_INSERT;
        p->out->query = query_text(p, p->ast->span);
        break;
    default:
        p->out->kind = STATEMENT_SELECT;
        p->out->query = query_text(p, p->ast->span);
        break;
    }
    TRY(plan_query(p, p->ast, p->text, err));
    if (p->ast->kind == AST_INSERT) {
        const struct ast_name *sink = &p->ast->name;
        p->out->name =
            query_name(p, name_given(sink) ? sink->text : uri_name(p, &p->plan->sink->uri));
        p->plan->name = p->out->name;
    }
    return OK;
}

/* ---- others ---------------------------------------------------------------------------------- */

static enum status prepare_drop(struct preparation *p, struct error *err)
{
    static const enum catalog_kind kinds[] = {
        [OBJECT_STREAM] = CATALOG_STREAM, [OBJECT_TABLE] = CATALOG_TABLE,
        [OBJECT_VIEW] = CATALOG_VIEW,     [OBJECT_SINK] = CATALOG_SINK,
        [OBJECT_QUERY] = CATALOG_QUERY,
    };
    p->out->kind = STATEMENT_DROP;
    p->out->object = kinds[p->ast->object];
    if (catalog_find(p->catalog, p->out->object, p->ast->name.text) != NULL) {
        return sql_place(catalog_check_unused(p->catalog, p->out->object, p->ast->name.text, err),
                         p->ast->name.span, err);
    }
    if (p->ast->if_exists) {
        p->out->skip = true;
        return OK;
    }
    return sql_place(catalog_missing(p->catalog, 1u << p->out->object, p->ast->name.text, err),
                     p->ast->name.span, err);
}

static enum status prepare_control(struct preparation *p, struct error *err)
{
    const struct catalog_entry *entry;
    switch (p->ast->kind) {
    case AST_START:
        p->out->kind = STATEMENT_START;
        TRY(find_query(p, &p->ast->name, &entry, err));
        return plan_registered(p, entry, err);
    case AST_STOP:
        p->out->kind = STATEMENT_STOP;
        return find_query(p, &p->ast->name, &entry, err);
    default:
        p->out->kind = STATEMENT_CHECKPOINT;
        return name_given(&p->ast->name) ? find_query(p, &p->ast->name, &entry, err) : OK;
    }
}

static enum status prepare_set(struct preparation *p, struct error *err)
{
    const struct ast_option *setting = p->ast->setting;
    p->out->kind = STATEMENT_SET;
    p->out->key = setting->key;
    p->out->value = setting->value;
    return sql_place(catalog_check_setting(setting->key, setting->value, err), setting->key_span,
                     err);
}

/* DESCRIBE 'uri', DESCRIBE SELECT …, DESCRIBE stdin: what has no name in the catalog. */
static enum status describe_unnamed(struct preparation *p, struct error *err)
{
    const struct ast_select *select = p->ast->select;
    if (select == NULL) {
        struct ast_from from = {.kind = FROM_NAME, .name = p->ast->name};
        return stream_inline(p->catalog, p->arena, &from, &p->out->stream, err);
    }
    if (select->items.first == NULL) {
        return stream_inline(p->catalog, p->arena, select->from, &p->out->stream, err);
    }
    return plan_query(p, p->ast, p->text, err);
}

static enum status prepare_describe(struct preparation *p, struct error *err)
{
    struct slice name = p->ast->name.text;
    p->out->kind = STATEMENT_DESCRIBE;
    if (p->ast->select != NULL) {
        return describe_unnamed(p, err);
    }
    for (int kind = 0; kind < CATALOG_KINDS; kind++) {
        const struct catalog_entry *entry = catalog_find(p->catalog, (enum catalog_kind)kind, name);
        if (entry == NULL) {
            continue;
        }
        p->out->object = entry->kind;
        p->out->stream = entry->stream;
        p->out->sink = entry->sink;
        p->out->query = entry->query;
        bool has_plan = entry->kind == CATALOG_QUERY || entry->kind == CATALOG_VIEW;
        return has_plan ? plan_registered(p, entry, err) : OK;
    }
    if (slice_equal_nocase(name, slice_text("stdin"))) {
        return describe_unnamed(p, err);
    }
    return sql_place(catalog_missing(p->catalog, (1u << CATALOG_KINDS) - 1, name, err),
                     p->ast->name.span, err);
}

static enum status prepare_explain(struct preparation *p, struct error *err)
{
    const struct ast_statement *inner = p->ast->inner;
    p->out->kind = STATEMENT_EXPLAIN;
    p->out->explain = (enum explain_kind)p->ast->explain;
    p->out->object = CATALOG_QUERY;
    if (inner != NULL && inner->kind != AST_DESCRIBE) {
        return plan_query(p, inner, p->text, err);
    }
    const struct catalog_entry *entry;
    TRY(find_query(p, &p->ast->name, &entry, err));
    p->out->name = arena_copy(p->arena, entry->name);
    return plan_registered(p, entry, err);
}

static enum status prepare(struct preparation *p, struct error *err)
{
    p->out->name = p->ast->name.text;
    switch (p->ast->kind) {
    case AST_SELECT:
    case AST_INSERT:
    case AST_CREATE_QUERY:
        return prepare_query(p, err);
    case AST_CREATE_STREAM:
    case AST_CREATE_TABLE:
        return prepare_stream(p, err);
    case AST_CREATE_VIEW:
        return prepare_view(p, err);
    case AST_CREATE_SINK:
        return prepare_sink(p, err);
    case AST_DROP:
        return prepare_drop(p, err);
    case AST_START:
    case AST_STOP:
    case AST_CHECKPOINT:
        return prepare_control(p, err);
    case AST_SET:
        return prepare_set(p, err);
    case AST_SHOW:
        p->out->kind = STATEMENT_SHOW;
        p->out->show = (enum show_kind)p->ast->show;
        return OK;
    case AST_DESCRIBE:
        return prepare_describe(p, err);
    case AST_EXPLAIN:
        break;
    }
    return prepare_explain(p, err);
}

enum status statement_prepare(struct catalog *catalog, struct arena *arena, struct slice text,
                              struct statement *out, struct error *err)
{
    struct error local;
    err = err != NULL ? err : &local;
    struct ast_statement *ast;
    text = text.len <= STATEMENT_BYTES_MAX ? arena_copy(arena, text) : text;
    TRY(parse_statement(arena, text, &ast, err));
    struct statement statement = {.text = text};
    struct preparation p = {.catalog = catalog,
                            .arena = arena,
                            .text = text,
                            .ast = ast,
                            .out = &statement};
    TRY(prepare(&p, err));
    *out = statement;
    return OK;
}

/* ---- applying -------------------------------------------------------------------------------- */

static enum status add_entry(struct catalog *catalog, const struct statement *statement,
                             struct error *err)
{
    struct arena *arena = catalog_arena(catalog);
    struct catalog_entry entry = {
        .kind = statement->object,
        .name = arena_copy(arena, statement->name),
        .text = arena_copy(arena, statement->text),
        .stream = statement->stream,
        .sink = statement->sink,
        .query = arena_copy(arena, statement->query),
        .from = statement->from,
    };
    if (entry.kind == CATALOG_QUERY) {
        entry.reads = arena_copy(arena, plan_scan(statement->plan->root)->stream->name);
        const struct sink_def *sink = statement->plan->sink;
        entry.writes = sink != NULL ? arena_copy(arena, sink->name) : (struct slice){0};
        entry.target = sink != NULL ? arena_copy(arena, sink->uri.text) : (struct slice){0};
    }
    return catalog_add(catalog, &entry, err);
}

enum status statement_apply(struct catalog *catalog, const struct statement *statement,
                            struct error *err)
{
    if (statement->skip) {
        return OK;
    }
    switch (statement->kind) {
    case STATEMENT_CREATE_STREAM:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_CREATE_QUERY:
    case STATEMENT_INSERT:
        return add_entry(catalog, statement, err);
    case STATEMENT_DROP:
        return catalog_drop(catalog, statement->object, statement->name, err);
    case STATEMENT_START:
    case STATEMENT_STOP:
        return catalog_stop(catalog, statement->name, statement->kind == STATEMENT_STOP, err);
    case STATEMENT_SET:
        return catalog_set(catalog, statement->key, statement->value, err);
    case STATEMENT_SELECT:
    case STATEMENT_CHECKPOINT:
    case STATEMENT_SHOW:
    case STATEMENT_DESCRIBE:
    case STATEMENT_EXPLAIN:
        break;
    }
    return OK;
}
