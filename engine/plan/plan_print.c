/* plan_print: EXPLAIN as text, JSON and Graphviz dot. One line for each node says what it does,
 * what it keeps, and when its rows leave. Options of sources and sinks are never printed: they may
 * hold secrets. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"
#include "engine/data/zone.h"
#include "engine/plan/plan.h"
#include "engine/plan/window.h"

/* ---- windows --------------------------------------------------------------------------------- */

static void print_option(struct bytebuf *out, const char *word, int64_t us)
{
    if (us != 0) {
        bytebuf_printf(out, " %s ", word);
        interval_print(out, us);
    }
}

static void print_rows(struct bytebuf *out, const struct window_spec *w)
{
    bytebuf_printf(out, "%" PRId64 " ROWS", w->rows);
    if (w->rows_slide != w->rows) {
        bytebuf_printf(out, " SLIDE %" PRId64 " ROWS", w->rows_slide);
    }
}

static void print_form(struct bytebuf *out, const struct window_spec *w)
{
    switch (w->kind) {
    case WINDOW_NONE:
        break;
    case WINDOW_HOP:
        interval_print(out, w->size_us);
        print_option(out, "SLIDE", w->slide_us == w->size_us ? 0 : w->slide_us);
        break;
    case WINDOW_SLIDE_ROW:
        interval_print(out, w->size_us);
        bytebuf_add_text(out, " SLIDE ROW");
        break;
    case WINDOW_SESSION:
        bytebuf_add_text(out, "SESSION ");
        interval_print(out, w->size_us);
        print_option(out, "MAX", w->session_max_us);
        break;
    case WINDOW_ROWS:
        print_rows(out, w);
        break;
    case WINDOW_CUMULATE:
        bytebuf_add_text(out, "CUMULATE ");
        interval_print(out, w->slide_us);
        bytebuf_add_text(out, " TO ");
        interval_print(out, w->size_us);
        break;
    }
}

void window_print(struct bytebuf *out, const struct window_spec *window)
{
    static const char *const fills[] =
        {[FILL_ZERO] = "0", [FILL_NULL] = "NULL", [FILL_PREVIOUS] = "PREVIOUS"};
    print_form(out, window);
    print_option(out, "OFFSET", window->offset_us);
    if (window->zone != NULL) {
        bytebuf_printf(out, " TIMEZONE '%s'", zone_name(window->zone));
    }
    print_option(out, "GRACE", window->grace_us);
    if (window->fill != FILL_NONE) {
        bytebuf_printf(out, " FILL %s", fills[window->fill]);
        if (window->fill_windows > 1) {
            bytebuf_printf(out, " FOR %" PRId64 " WINDOWS", window->fill_windows);
        }
    }
}

/* ---- parts of lines -------------------------------------------------------------------------- */

static void separate(struct bytebuf *out)
{
    bytebuf_add_text(out, " · ");
}

static void print_name(struct bytebuf *out, const struct schema *schema, uint32_t column)
{
    textbuf_escaped(out, schema->fields[column].name);
}

static void print_columns(struct bytebuf *out, const struct schema *schema, const uint32_t *columns,
                          uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_add_text(out, i > 0 ? ", " : "");
        print_name(out, schema, columns[i]);
    }
}

/* An expression over `schema`; a column alone by its bare name. */
static void print_expr(struct bytebuf *out, const struct expr *e, const struct schema *schema)
{
    if (e->kind == EXPR_COLUMN) {
        print_name(out, schema, e->column);
        return;
    }
    struct bytebuf text = {0};
    expr_print(&text, e, schema);
    textbuf_escaped(out, bytebuf_slice(&text));
    bytebuf_release(&text);
}

static void print_exprs(struct bytebuf *out, const struct plan_node *node, uint32_t first_field,
                        const char *between)
{
    bool is_named = node->kind == PLAN_PROJECT || node->kind == PLAN_EXTEND;
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        struct bytebuf text = {0};
        struct slice name =
            is_named ? node->schema.fields[first_field + i].name : (struct slice){0};
        if (is_named && name.len == 0 && node->exprs[i]->kind == EXPR_CONSTANT) {
            continue; /* event time that the query above does not ask for */
        }
        print_expr(&text, node->exprs[i], &node->input->schema);
        bytebuf_add_text(out, i > 0 ? between : "");
        bytebuf_add(out, text.at, text.len);
        if (name.len > 0 && !slice_equal(bytebuf_slice(&text), name)) {
            bytebuf_add_text(out, " AS ");
            print_name(out, &node->schema, first_field + i);
        }
        bytebuf_release(&text);
    }
}

static void print_calls(struct bytebuf *out, const struct plan_node *node)
{
    for (uint32_t i = 0; i < node->n_calls; i++) {
        struct bytebuf text = {0};
        agg_call_print(&text, &node->calls[i], &node->input->schema);
        bytebuf_add_text(out, i > 0 ? ", " : "");
        textbuf_escaped(out, bytebuf_slice(&text));
        bytebuf_release(&text);
    }
}

/* Without options and without user:password@. */
static void print_uri(struct bytebuf *out, const struct uri *uri)
{
    struct slice host = uri->authority;
    const uint8_t *at = host.len > 0 ? memrchr(host.at, '@', host.len) : NULL;
    if (at != NULL) {
        host = slice_of(at + 1, host.len - (size_t)(at + 1 - host.at));
    }
    textbuf_escaped(out, uri->scheme);
    bytebuf_add_byte(out, ':');
    if (host.len > 0) {
        bytebuf_add_text(out, "//");
        textbuf_escaped(out, host);
    }
    textbuf_escaped(out, uri->path);
}

static void print_emit(struct bytebuf *out, const struct emit_spec *emit)
{
    switch (emit->kind) {
    case EMIT_CLOSE:
        bytebuf_add_text(out, "final rows at window close");
        break;
    case EMIT_CHANGES:
        bytebuf_add_text(out, "changes at each trigger");
        break;
    case EMIT_EVERY:
        bytebuf_add_text(out, "changes every ");
        interval_print(out, emit->every_us);
        break;
    case EMIT_COMPLETE:
        bytebuf_add_text(out, "the whole result at each trigger");
        break;
    case EMIT_RISE:
        bytebuf_add_text(out, "when the condition turns true");
        break;
    case EMIT_RISE_FALL:
        bytebuf_add_text(out, "when the condition turns true or false");
        break;
    }
}

static void print_having(struct bytebuf *out, const struct plan_node *node)
{
    if (node->having != NULL) {
        bytebuf_add_text(out, " · having ");
        print_expr(out, node->having, &node->schema);
    }
}

/* What the state holds for one key, and how windows forget. */
static void print_state(struct bytebuf *out, const struct plan_node *node)
{
    struct arena arena;
    arena_init(&arena);
    struct agg_set *set = agg_set_new(&arena, node->calls, node->n_calls);
    bytebuf_printf(out, " · state %" PRIu32 " B per key", agg_set_bytes(set));
    const struct window_spec *w = &node->window;
    if (w->kind == WINDOW_HOP || w->kind == WINDOW_CUMULATE) {
        bytebuf_add_text(out, " and pane of ");
        interval_print(out, window_pane_us(w));
        if (w->slide_us != w->size_us) {
            enum window_merge merge = window_merge_of(w, node->emit.kind, agg_set_invertible(set));
            bytebuf_printf(out, ", %s", window_merge_name(merge));
        }
    } else if (w->kind == WINDOW_SESSION) {
        bytebuf_add_text(out, " and open session");
    } else if (w->kind == WINDOW_SLIDE_ROW) {
        bytebuf_printf(out, " and its rows of the window, %s", agg_set_eviction(set));
    }
    agg_set_free(set);
    arena_release(&arena);
}

/* ---- one line for each kind of node ---------------------------------------------------------- */

static void print_time(struct bytebuf *out, const struct plan_node *node)
{
    static const char *const origins[] = {
        [TIME_FROM_ARRIVAL] = "arrival",
        [TIME_FROM_WATERMARK] = "its WATERMARK",
        [TIME_FROM_QUERY] = "ON",
        [TIME_FROM_FORMAT] = "the format's own",
        [TIME_FROM_SCHEMA] = "the only TIMESTAMP",
        [TIME_FROM_RESULT] = "the result's own",
    };
    separate(out);
    if (node->time_column < 0) {
        bytebuf_add_text(out, "no event time");
        return;
    }
    bytebuf_add_text(out, "time ");
    print_name(out, &node->schema, (uint32_t)node->time_column);
    bytebuf_printf(out, " (%s)", origins[node->time_origin]);
    if (node->time_origin == TIME_FROM_ARRIVAL) {
        return;
    }
    if (!node->has_watermark) {
        bytebuf_add_text(out, ", exact: nothing is late");
    } else {
        bytebuf_add_text(out, ", watermark delay ");
        interval_print(out, node->delay_us);
    }
}

static void print_scan(struct bytebuf *out, const struct plan_node *node)
{
    const struct stream_def *stream = node->stream;
    bytebuf_add_text(out, "scan ");
    if (stream->name.len > 0) {
        bytebuf_add_text(out, stream->is_table ? "TABLE(" : "");
        textbuf_escaped(out, stream->name);
        bytebuf_add_text(out, stream->is_table ? ")" : "");
        separate(out);
    }
    print_uri(out, &stream->uri);
    separate(out);
    bytebuf_add_text(out, stream->decoder != NULL ? stream->decoder->name : "no format");
    print_time(out, node);
    if (node->needle.len > 0) {
        bytebuf_add_text(out, " · only records with \"");
        textbuf_escaped(out, node->needle);
        bytebuf_add_text(out, "\"");
    }
}

static void print_aggregate(struct bytebuf *out, const struct plan *plan,
                            const struct plan_node *node)
{
    bytebuf_add_text(out, node->kind == PLAN_OVER ? "over" : "aggregate");
    if (node->n_keys > 0) {
        bytebuf_add_text(out, node->kind == PLAN_OVER ? " each " : " by ");
        print_columns(out, &node->input->schema, node->keys, node->n_keys);
    }
    if (node->window.kind != WINDOW_NONE) {
        bytebuf_add_text(out, " · window ");
        window_print(out, &node->window);
    }
    if (node->n_calls > 0) {
        separate(out);
        print_calls(out, node);
    }
    print_having(out, node);
    separate(out);
    bool each_row = node->kind == PLAN_OVER && node->emit.kind <= EMIT_CHANGES;
    if (each_row) {
        bytebuf_add_text(out, node->emit.kind == EMIT_CLOSE ? "a row for each row, in event time"
                                                            : "a row for each row, at once");
    } else if (plan->at_end) {
        bytebuf_add_text(out, "at the end of the input");
    } else {
        print_emit(out, &node->emit);
    }
    print_state(out, node);
    if (node->window.clock_ticks) {
        bytebuf_add_text(out, " · empty windows too");
    }
}

static void print_sort(struct bytebuf *out, const struct plan_node *node)
{
    bytebuf_add_text(out, node->kind == PLAN_LIMIT ? "limit" : "sort");
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        const struct sort_key *key = &node->sort_keys[i];
        bytebuf_add_text(out, i > 0 ? ", " : " by ");
        print_name(out, &node->schema, key->column);
        bytebuf_add_text(out, key->descending ? " desc" : "");
        if (key->nulls_first != key->descending) {
            bytebuf_add_text(out, key->nulls_first ? " nulls first" : " nulls last");
        }
    }
    if (node->limit >= 0) {
        bytebuf_printf(out, "%s %" PRId64 " rows", node->kind == PLAN_SORT ? " ·" : "",
                       node->limit);
    }
    if (node->window_columns[0] >= 0 || node->window_columns[1] >= 0) {
        bytebuf_add_text(out, " · within each window");
    }
}

static void print_window_rows(struct bytebuf *out, const struct plan_node *node)
{
    bytebuf_add_text(out, "rows of each window ");
    window_print(out, &node->window);
    if (node->n_keys > 0) {
        bytebuf_add_text(out, " by ");
        print_columns(out, &node->input->schema, node->keys, node->n_keys);
    }
    separate(out);
    print_emit(out, &node->emit);
    bytebuf_add_text(out, " · state: all rows of open windows");
}

static void print_subquery(struct bytebuf *out, const struct plan_node *node)
{
    bytebuf_add_text(out, "sub-query");
    if (node->name.len > 0) {
        bytebuf_add_byte(out, ' ');
        textbuf_escaped(out, node->name);
    }
    if (node->time_column >= 0) {
        separate(out);
        bytebuf_add_text(out, "with its event time");
    }
    if (node->delay_us > 0) {
        bytebuf_add_text(out, ", watermark less ");
        interval_print(out, node->delay_us);
    }
}

static const char *const kind_names[] = {
    [PLAN_SCAN] = "scan",        [PLAN_FILTER] = "filter",       [PLAN_EXTEND] = "extend",
    [PLAN_PROJECT] = "project",  [PLAN_AGGREGATE] = "aggregate", [PLAN_OVER] = "over",
    [PLAN_WINDOW_ROWS] = "rows", [PLAN_DISTINCT] = "distinct",   [PLAN_SORT] = "sort",
    [PLAN_LIMIT] = "limit",      [PLAN_UNTIL] = "until",         [PLAN_SUBQUERY] = "subquery",
};

static void print_node(struct bytebuf *out, const struct plan *plan, const struct plan_node *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        print_scan(out, node);
        break;
    case PLAN_FILTER:
        bytebuf_add_text(out, "filter ");
        print_exprs(out, node, 0, " AND ");
        break;
    case PLAN_EXTEND:
        bytebuf_add_text(out, "extend ");
        print_exprs(out, node, node->input->schema.n, ", ");
        break;
    case PLAN_PROJECT:
        bytebuf_add_text(out, "project ");
        print_exprs(out, node, 0, ", ");
        break;
    case PLAN_AGGREGATE:
    case PLAN_OVER:
        print_aggregate(out, plan, node);
        break;
    case PLAN_WINDOW_ROWS:
        print_window_rows(out, node);
        break;
    case PLAN_DISTINCT:
        bytebuf_add_text(out, "distinct ");
        print_columns(out, &node->schema, node->keys, node->n_keys);
        bytebuf_add_text(out, " · state: every key for ever");
        break;
    case PLAN_SORT:
    case PLAN_LIMIT:
        print_sort(out, node);
        break;
    case PLAN_SUBQUERY:
        print_subquery(out, node);
        break;
    case PLAN_UNTIL:
        bytebuf_add_text(out, "until ");
        print_exprs(out, node, 0, " AND ");
        break;
    }
}

/* "append", "changes keyed by status", … */
static void print_result(struct bytebuf *out, const struct plan *plan)
{
    if (plan->at_end) {
        bytebuf_add_text(out, "append, once, at the end of the input");
    } else if (plan->changes) {
        bytebuf_add_text(out, "changes");
        if (plan->n_keys > 0) {
            bytebuf_add_text(out, " keyed by ");
            print_columns(out, &plan->root->schema, plan->keys, plan->n_keys);
        }
    } else {
        bytebuf_add_text(out, plan->emit.kind == EMIT_COMPLETE ? "complete" : "append");
    }
}

static void print_head(struct bytebuf *out, const struct plan *plan)
{
    bytebuf_add_text(out, "query");
    if (plan->name.len > 0) {
        bytebuf_add_byte(out, ' ');
        textbuf_escaped(out, plan->name);
    }
    bytebuf_add_text(out, " → ");
    if (plan->sink != NULL) {
        print_uri(out, &plan->sink->uri);
    } else {
        bytebuf_add_text(out, "console");
    }
    separate(out);
    print_result(out, plan);
}

void plan_print(struct bytebuf *out, const struct plan *plan)
{
    print_head(out, plan);
    bytebuf_add_byte(out, '\n');
    unsigned depth = 1;
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input, depth++) {
        bytebuf_printf(out, "%*s", (int)(2 * depth), "");
        print_node(out, plan, node);
        bytebuf_add_byte(out, '\n');
    }
}

/* ---- JSON and dot ---------------------------------------------------------------------------- */

static void json_text(struct bytebuf *out, const char *key, struct slice text)
{
    bytebuf_printf(out, "\"%s\":", key);
    textbuf_json(out, text);
}

static void json_columns(struct bytebuf *out, const struct schema *schema)
{
    bytebuf_add_text(out, "\"columns\":[");
    for (uint32_t i = 0; i < schema->n; i++) {
        char type[TYPE_NAME_BYTES];
        bytebuf_add_text(out, i > 0 ? ",{" : "{");
        json_text(out, "name", schema->fields[i].name);
        bytebuf_printf(out, ",\"type\":\"%s\"}", type_name(schema->fields[i].type, type));
    }
    bytebuf_add_byte(out, ']');
}

static void json_line(struct bytebuf *out, const char *key, const struct plan *plan,
                      const struct plan_node *node)
{
    struct bytebuf line = {0};
    if (node != NULL) {
        print_node(&line, plan, node);
    } else {
        print_result(&line, plan);
    }
    json_text(out, key, bytebuf_slice(&line));
    bytebuf_release(&line);
}

void plan_print_json(struct bytebuf *out, const struct plan *plan)
{
    bytebuf_add_byte(out, '{');
    json_text(out, "query", plan->name);
    bytebuf_add_byte(out, ',');
    json_line(out, "result", plan, NULL);
    bytebuf_add_text(out, ",\"nodes\":[");
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        bytebuf_printf(out, "%s{\"kind\":\"%s\",", node == plan->root ? "" : ",",
                       kind_names[node->kind]);
        json_line(out, "does", plan, node);
        if (node->window.kind != WINDOW_NONE) {
            struct bytebuf window = {0};
            window_print(&window, &node->window);
            bytebuf_add_byte(out, ',');
            json_text(out, "window", bytebuf_slice(&window));
            bytebuf_release(&window);
        }
        bytebuf_add_byte(out, ',');
        json_columns(out, &node->schema);
        bytebuf_add_byte(out, '}');
    }
    bytebuf_add_text(out, "]}\n");
}

/* A dot string escapes like JSON as far as quotes, backslashes and line ends go. */
static void dot_label(struct bytebuf *out, unsigned number, const struct bytebuf *line)
{
    bytebuf_printf(out, "  n%u [label=", number);
    textbuf_json(out, bytebuf_slice(line));
    bytebuf_add_text(out, "];\n");
}

void plan_print_dot(struct bytebuf *out, const struct plan *plan)
{
    struct bytebuf line = {0};
    bytebuf_add_text(out, "digraph plan {\n  rankdir=BT;\n  node [shape=box];\n");
    print_head(&line, plan);
    dot_label(out, 0, &line);
    unsigned number = 1;
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input, number++) {
        bytebuf_clear(&line);
        print_node(&line, plan, node);
        dot_label(out, number, &line);
        bytebuf_printf(out, "  n%u -> n%u;\n", number, number - 1);
    }
    bytebuf_add_text(out, "}\n");
    bytebuf_release(&line);
}
