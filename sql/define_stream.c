/* define_stream: see define_stream.h. */
#include "sql/define_stream.h"

#include "engine/base/panic.h"
#include "sql/bind_parts.h"
#include "sql/define_parts.h"
#include "sql/define_stdin.h"
#include "sql/errors.h"
#include "sql/suggest.h"

/* Options of every stream, whatever its source and format. */
static const struct option_spec stream_options[] = {
    {"format", OPTION_TEXT, NULL, "the format, as FORMAT says it"},
    {"idle_timeout", OPTION_DURATION, "10s", "a split without bytes for so long is idle"},
    {"max_future", OPTION_DURATION, "1h", "rows further in the future do not move the watermark"},
    {NULL, OPTION_TEXT, NULL, NULL},
};

/* One definition on its way. */
struct maker {
    struct catalog *catalog;
    struct arena *arena;
    struct stream_def *def;
    struct span span; /* of the name or URI, where nothing nearer is to blame */
    struct ast_format format;
    struct ast_name uri;
    struct slice sample;
    bool sampled;
    struct fingerprint_source past;
    bool has_past;   /* `past` is what the stream was in another life */
    int format_time; /* column of the format's own time, -1 = none */
};

/* ---- source ---------------------------------------------------------------------------------- */

static bool lists_option(const struct option_spec *specs, const char *name)
{
    while (specs != NULL && specs->name != NULL && strcmp(specs->name, name) != 0) {
        specs++;
    }
    return specs != NULL && specs->name != NULL;
}

/* Does the stream end by itself? Kinds that may end have an option that decides. */
static bool is_finite(const struct maker *m)
{
    const struct source_kind *source = m->def->source;
    const struct options *options = &m->def->options;
    if (slice_equal_nocase(catalog_setting(m->catalog, "once"), slice_text("true"))) {
        return true;
    }
    if ((source->flags & SOURCE_FINITE) == 0) {
        return false;
    }
    if (lists_option(source->options, "rows")) {
        return options_find(options, "rows") != NULL;
    }
    if (lists_option(source->options, "eof")) {
        return slice_equal_nocase(options_text(options, "eof", ""), slice_text("finish"));
    }
    bool once = true;
    if (lists_option(source->options, "once") &&
        options_boolean(options, "once", false, &once, NULL) != OK) {
        once = false;
    }
    return once;
}

static enum status find_source(struct maker *m, const struct ast_options *with, struct error *err)
{
    struct location location;
    TRY(location_read(m->arena, &m->uri, with, &location, err));
    m->def->uri = location.uri;
    m->def->options = location.options;
    if (!name_given(&m->format.name)) {
        m->format.name = location.format;
    }
    m->def->source = kinds_source(catalog_kinds(m->catalog), location.uri.scheme);
    if (m->def->source == NULL) {
        return place_default(kinds_no_source(catalog_kinds(m->catalog), location.uri.scheme, err),
                             location.span, err);
    }
    m->def->finite = is_finite(m);
    return OK;
}

/* A byte order mark in front is no part of the text, in any format. */
static struct slice behind_mark(struct slice sample)
{
    bool has_mark = sample.len >= 3 && memcmp(sample.at, "\xef\xbb\xbf", 3) == 0;
    return has_mark ? slice_of(sample.at + 3, sample.len - 3) : sample;
}

static enum status take_sample(struct maker *m, struct error *err)
{
    if (!m->sampled) {
        TRY(place_default(catalog_sample(m->catalog, m->def, m->arena, &m->sample, err), m->span,
                          err));
        m->sample = behind_mark(m->sample);
        m->sampled = true;
    }
    return OK;
}

/* ---- format ---------------------------------------------------------------------------------- */

struct suffix {
    const char *suffix;
    const char *format;
};

static const struct suffix suffixes[] = {
    {".csv", "csv"},    {".tsv", "tsv"},     {".json", "json"},
    {".jsonl", "json"}, {".ndjson", "json"}, {".logfmt", "logfmt"},
};

/* What the name of a file says, if its lines say nothing. */
static const char *format_by_name(struct slice path)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct slice suffix = slice_text(suffixes[i].suffix);
        if (path.len > suffix.len &&
            slice_equal_nocase(slice_of(path.at + path.len - suffix.len, suffix.len), suffix)) {
            return suffixes[i].format;
        }
    }
    return NULL;
}

static enum status unknown_format(const struct maker *m, struct error *err)
{
    error_set(err, ERR_SQL, "the format is not known, and there are no lines to look at yet");
    error_hint(err, "say it: FORMAT csv, json, line, … (SHOW FORMATS lists all)");
    return sql_fail(err, E_STREAM, m->span);
}

/* One column, or lines of many lengths, look like any text: a table if the file's name says so. */
static bool is_table_by_name(const struct maker *m, const char *found)
{
    const char *name = format_by_name(m->def->uri.path);
    return name != NULL && strcmp(found, "line") == 0 &&
           (strcmp(name, "csv") == 0 || strcmp(name, "tsv") == 0);
}

static enum status guess_format(struct maker *m, struct error *err)
{
    if (m->has_past) {
        m->def->decoder = kinds_decoder(catalog_kinds(m->catalog), m->past.format);
        return m->def->decoder != NULL ? OK : unknown_format(m, err);
    }
    TRY(take_sample(m, err));
    const char *name = catalog_sniff(m->catalog, m->sample);
    if (name == NULL && m->sample.len > 0) {
        name = "line";
    }
    if (name == NULL || is_table_by_name(m, name)) {
        name = format_by_name(m->def->uri.path);
    }
    if (name == NULL && m->def->finite) {
        name = "line";
    }
    m->def->decoder =
        name != NULL ? kinds_decoder(catalog_kinds(m->catalog), slice_text(name)) : NULL;
    return m->def->decoder != NULL ? OK : unknown_format(m, err);
}

static enum status find_format(struct maker *m, struct error *err)
{
    const struct ast_name *name = &m->format.name;
    if (!name_given(name) || slice_equal_nocase(name->text, slice_text("auto"))) {
        return guess_format(m, err);
    }
    m->def->decoder = kinds_decoder(catalog_kinds(m->catalog), name->text);
    if (m->def->decoder == NULL) {
        return place_default(kinds_no_decoder(catalog_kinds(m->catalog), name->text, err),
                             name->span, err);
    }
    if (name_given(&m->format.argument)) {
        m->def->format_argument = arena_copy(m->arena, m->format.argument.text);
    }
    return OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* The stream's schema: the visible columns, then the hidden ones. */
static void set_schema(struct maker *m, const struct schema *visible)
{
    bool has_messages = (m->def->source->flags & SOURCE_MESSAGES) != 0;
    uint32_t n_hidden = has_messages ? HIDDEN_COUNT : HIDDEN_OF_BYTES;
    struct field *fields = arena_zalloc(m->arena, (visible->n + n_hidden) * sizeof *fields);
    for (uint32_t i = 0; i < visible->n; i++) {
        fields[i] = visible->fields[i];
        fields[i].name = arena_copy(m->arena, visible->fields[i].name);
    }
    for (uint32_t i = 0; i < n_hidden; i++) {
        fields[visible->n + i] = (struct field){.name = slice_text(hidden_column_name(i)),
                                                .type = hidden_column_type(i),
                                                .not_null = hidden_column_not_null(i),
                                                .hidden = true};
    }
    m->def->schema = (struct schema){visible->n + n_hidden, fields};
    m->def->n_visible = visible->n;
}

/* Where what the format says belongs. */
static struct span format_span(const struct maker *m)
{
    if (name_given(&m->format.argument)) {
        return m->format.argument.span;
    }
    return name_given(&m->format.name) ? m->format.name.span : m->span;
}

static enum status infer(struct maker *m, struct slice sample, struct schema *out, int *time,
                         struct error *err)
{
    return m->def->decoder->infer(m->arena, &m->def->options, m->def->format_argument, sample, out,
                                  time, err);
}

static enum status too_many_columns(const struct maker *m, struct error *err)
{
    error_set(err, ERR_LIMIT, "a stream has at most %d columns", SCHEMA_COLUMNS_MAX - HIDDEN_COUNT);
    sql_fail(err, E_NESTING, m->span);
    return ERR_LIMIT;
}

/* A live source is asked for a sample only if the format cannot do without, and so is a socket,
 * from which lines may never come (--once makes it end with what is there). */
static enum status infer_columns(struct maker *m, struct error *err)
{
    struct schema schema = {0};
    int time = -1;
    bool has_lines = m->def->finite && !lists_option(m->def->source->options, "eof");
    if (m->has_past && m->def->decoder->needs_sample) {
        set_schema(m, &m->past.columns);
        m->def->inferred = true;
        return OK;
    }
    if (!m->has_past && (has_lines || m->sampled || m->def->decoder->needs_sample)) {
        TRY(take_sample(m, err));
    }
    enum status status = infer(m, m->sample, &schema, &time, err);
    if (status != OK && err != NULL && err->code == 0) {
        err->code = E_STREAM;
    }
    TRY(place_default(status, format_span(m), err));
    if (schema.n > SCHEMA_COLUMNS_MAX - HIDDEN_COUNT) {
        return too_many_columns(m, err);
    }
    set_schema(m, &schema);
    m->def->inferred = true;
    m->format_time = time;
    return OK;
}

static enum status add_column(const struct maker *m, const struct ast_column *column,
                              struct schema *schema, struct error *err)
{
    bool is_hidden = false;
    for (unsigned i = 0; i < HIDDEN_COUNT; i++) {
        is_hidden =
            is_hidden || slice_equal_nocase(column->name.text, slice_text(hidden_column_name(i)));
    }
    if (is_hidden || schema_find(schema, column->name.text) >= 0) {
        error_set(err, ERR_SQL,
                  is_hidden ? "column \"%s\" is one that streams have by themselves"
                            : "column \"%s\" is declared twice",
                  shown(m->arena, column->name.text));
        return sql_fail(err, E_EXISTS, column->name.span);
    }
    struct field *field = &schema->fields[schema->n];
    TRY(bind_type(column->type, column->type_span, &field->type, err));
    field->name = column->name.text;
    field->not_null = column->not_null;
    field->hidden = false;
    schema->n++;
    return OK;
}

static enum status declare_columns(struct maker *m, const struct ast_stream *ast, struct error *err)
{
    if (ast->n_columns > SCHEMA_COLUMNS_MAX - HIDDEN_COUNT) {
        return too_many_columns(m, err);
    }
    struct schema schema = {.fields =
                                arena_alloc(m->arena, ast->n_columns * sizeof *schema.fields)};
    for (const struct ast_column *column = ast->first; column != NULL; column = column->next) {
        TRY(add_column(m, column, &schema, err));
    }
    set_schema(m, &schema);
    /* A format with a time of its own keeps it, under the name that it has there. */
    struct schema own;
    int time;
    if (infer(m, (struct slice){0}, &own, &time, NULL) == OK && time >= 0) {
        int column = schema_find(&schema, own.fields[time].name);
        if (column >= 0 && schema.fields[column].type.id == TYPE_TIMESTAMP) {
            m->format_time = column;
        }
    }
    return OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* WATERMARK FOR ts AS ts - INTERVAL '5' SECOND. */
static enum status watermark_delay(const struct ast_watermark *watermark, int64_t *delay_us,
                                   struct error *err)
{
    const struct ast_expr *expr = watermark->expr;
    if (expr == NULL) {
        *delay_us = watermark->delay.us;
    } else if (expr->kind == AST_NAME && slice_equal_nocase(expr->text, watermark->column.text)) {
        *delay_us = 0;
    } else if (expr->kind == AST_CALL && expr->is_operator && expr->args.n == 2 &&
               expr->text.at[0] == '-' && expr->args.first->kind == AST_NAME &&
               slice_equal_nocase(expr->args.first->text, watermark->column.text) &&
               expr->args.last->kind == AST_INTERVAL) {
        *delay_us = expr->args.last->us;
    } else {
        error_set(err, ERR_SQL, "a watermark is the time column minus a fixed duration");
        error_hint(err, "write WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, or WATERMARK ts DELAY "
                        "5s");
        return sql_fail(err, E_TIME, expr->span);
    }
    if (*delay_us < 0) {
        error_set(err, ERR_SQL, "a watermark delay cannot be negative");
        return sql_fail(err, E_TIME, expr != NULL ? expr->span : watermark->delay.span);
    }
    return OK;
}

static enum status no_time_column(const struct maker *m, const struct ast_name *name, int column,
                                  struct error *err)
{
    const struct stream_def *def = m->def;
    if (column < 0) {
        struct suggest suggest = suggest_for(name->text);
        for (uint32_t i = 0; i < def->n_visible; i++) {
            suggest_add(&suggest, def->schema.fields[i].name);
        }
        error_set(err, ERR_SQL, "no such column \"%s\"", shown(m->arena, name->text));
        suggest_hint(&suggest, err);
        return sql_fail(err, E_NO_COLUMN, name->span);
    }
    if (column >= (int)def->n_visible) {
        error_set(err, ERR_SQL, "a watermark is for a time that is in the data");
        error_hint(err, "windows go by _arrival if there is no WATERMARK, or with WINDOW … ON "
                        "_arrival");
        return sql_fail(err, E_TIME, name->span);
    }
    char type[TYPE_NAME_BYTES];
    error_set(err, ERR_SQL, "event time must be a TIMESTAMP, and \"%s\" is %s",
              shown(m->arena, name->text), type_name(def->schema.fields[column].type, type));
    error_hint(err, "declare it as TIMESTAMP; numbers are read with WITH (timestamp = 'epoch_ms')");
    return sql_fail(err, E_TIME, name->span);
}

static enum status declare_watermark(struct maker *m, const struct ast_watermark *watermark,
                                     struct error *err)
{
    struct stream_def *def = m->def;
    int column = schema_find(&def->schema, watermark->column.text);
    if (column < 0 || column >= (int)def->n_visible ||
        def->schema.fields[column].type.id != TYPE_TIMESTAMP) {
        return no_time_column(m, &watermark->column, column, err);
    }
    TRY(watermark_delay(watermark, &def->delay_us, err));
    def->time_column = column;
    def->time_origin = TIME_FROM_WATERMARK;
    def->watermark_declared = true;
    return OK;
}

/* Event time without a declaration: the format's own, or the only TIMESTAMP of what was inferred.
 */
static void find_time(struct maker *m)
{
    struct stream_def *def = m->def;
    def->time_column = -1;
    def->time_origin = TIME_FROM_ARRIVAL;
    if (m->format_time >= 0) {
        def->time_column = m->format_time;
        def->time_origin = TIME_FROM_FORMAT;
        return;
    }
    int only = -1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < def->n_visible; i++) {
        if (def->schema.fields[i].type.id == TYPE_TIMESTAMP) {
            only = (int)i;
            n++;
        }
    }
    if (def->inferred && n == 1) {
        def->time_column = only;
        def->time_origin = TIME_FROM_SCHEMA;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum status check_options(struct maker *m, struct error *err)
{
    const struct stream_def *def = m->def;
    const struct option_spec *lists[OPTION_LISTS] = {def->source->options, def->decoder->options,
                                                     stream_options};
    const char *what =
        arena_printf(m->arena, "%s with format %s", def->source->scheme, def->decoder->name);
    TRY(location_check(&def->options, lists, what, m->span, err));
    TRY(place_default(options_duration(&def->options, "idle_timeout", IDLE_TIMEOUT_DEFAULT_US,
                                       &m->def->idle_timeout_us, err),
                      m->span, err));
    return place_default(options_duration(&def->options, "max_future", MAX_FUTURE_DEFAULT_US,
                                          &m->def->max_future_us, err),
                         m->span, err);
}

/* What the format has against columns, options and pattern. */
static enum status try_decoder(struct maker *m, struct error *err)
{
    const struct stream_def *def = m->def;
    const struct schema visible = {def->n_visible, def->schema.fields};
    const struct decoder_config config = {
        .schema = &visible,
        .options = &def->options,
        .format_argument = def->format_argument,
        .fs = catalog_fs(m->catalog),
    };
    enum status status = decoder_try(def->decoder, &config, err);
    if (status != OK && err != NULL && err->code == 0) {
        err->code = E_STREAM;
    }
    return place_default(status, format_span(m), err);
}

static enum status make(struct maker *m, const struct ast_stream *ast, struct error *err)
{
    m->format_time = -1;
    TRY(find_source(m, &ast->options, err));
    m->has_past = catalog_past(m->catalog, m->def, m->arena, &m->past);
    TRY(find_format(m, err));
    if (ast->first != NULL) {
        TRY(declare_columns(m, ast, err));
    } else {
        TRY(infer_columns(m, err));
    }
    TRY(check_options(m, err));
    TRY(try_decoder(m, err));
    find_time(m);
    if (name_given(&ast->watermark.column)) {
        TRY(declare_watermark(m, &ast->watermark, err));
    }
    return OK;
}

static struct slice kept_text(struct maker *m, const struct ast_name *name)
{
    return name_given(name) ? arena_copy(m->arena, name->text) : (struct slice){0};
}

static enum status take_retain(struct stream_def *def, const struct ast_stream *ast,
                               struct error *err)
{
    if (!name_given(&ast->retain)) {
        return OK;
    }
    def->retain_given = true;
    def->retain.age_us = ast->retain_us;
    bool is_size = ast->retain_us == 0 && bytes_parse(ast->retain.text, &def->retain.bytes);
    if (ast->retain_us > 0 || (is_size && def->retain.bytes > 0)) {
        return OK;
    }
    error_set(err, ERR_SQL, "RETAIN keeps rows of a time or a size that is not 0");
    error_hint(err, "RETAIN 1h, RETAIN 64MB; without RETAIN, SET retain says what is kept");
    return sql_fail(err, E_STREAM, ast->retain.span);
}

static enum status take_clauses(struct maker *m, const struct ast_stream *ast, struct error *err)
{
    struct stream_def *def = m->def;
    def->on_error = (enum on_error)ast->on_error;
    def->on_error_uri = kept_text(m, &ast->on_error_uri);
    def->late_uri = kept_text(m, &ast->late_uri);
    if (ast->idle_given) {
        def->idle_timeout_us = ast->idle_never ? IDLE_NEVER : ast->idle.us;
    }
    if (ast->idle_given && !ast->idle_never && ast->idle.us <= 0) {
        error_set(err, ERR_SQL, "an idle timeout must be positive");
        error_hint(err, "IDLE NEVER turns idleness off");
        return sql_fail(err, E_STREAM, ast->idle.span);
    }
    return take_retain(def, ast, err);
}

enum status stream_define(struct catalog *catalog, const struct ast_statement *ast,
                          const struct stream_def **out, struct error *err)
{
    struct arena *arena = catalog_arena(catalog);
    const struct ast_option *connector = ast->stream.options.first;
    while (connector != NULL && !slice_equal(connector->key, slice_text("connector"))) {
        connector = connector->next;
    }
    if (!name_given(&ast->stream.uri) && connector == NULL) {
        error_set(err, ERR_SQL, "stream \"%s\" does not say where its data comes from",
                  shown(arena, ast->name.text));
        error_hint(err, "add FROM 'tcp://127.0.0.1:9999', FROM 'access.log', FROM stdin, …");
        return sql_fail(err, E_STREAM, ast->name.span);
    }
    struct maker m = {.catalog = catalog,
                      .arena = arena,
                      .def = arena_zalloc(arena, sizeof *m.def),
                      .span = connector != NULL ? ast->name.span : ast->stream.uri.span,
                      .format = ast->stream.format,
                      .uri = ast->stream.uri};
    if (stdin_is_meant(m.uri.text)) {
        TRY(stdin_check_free(catalog, m.span, err));
        m.uri.text = stdin_uri(m.uri.text);
    }
    m.def->name = arena_copy(arena, ast->name.text);
    TRY(make(&m, &ast->stream, err));
    TRY(take_clauses(&m, &ast->stream, err));
    *out = m.def;
    return OK;
}

enum status stream_inline(struct catalog *catalog, struct arena *arena, const struct ast_from *from,
                          const struct stream_def **out, struct error *err)
{
    struct ast_stream ast = {.options = from->options};
    bool is_stdin = from->kind == FROM_NAME || stdin_is_meant(from->name.text);
    if (is_stdin) {
        TRY(stdin_find(catalog, from, out, err));
        if (*out != NULL) {
            return OK;
        }
        arena = catalog_arena(catalog);
    }
    struct maker m = {.catalog = catalog,
                      .arena = arena,
                      .def = arena_zalloc(arena, sizeof *m.def),
                      .span = from->name.span,
                      .format = from->format,
                      .uri = from->name};
    if (is_stdin) {
        m.uri.text = stdin_uri(m.uri.text);
    }
    TRY(make(&m, &ast, err));
    *out = m.def;
    if (is_stdin) {
        stdin_remember(catalog, from, m.def);
    }
    return OK;
}
