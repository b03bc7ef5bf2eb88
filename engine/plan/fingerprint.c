/* fingerprint: see fingerprint.h. */
#include "engine/plan/fingerprint.h"

#include <inttypes.h>

/* ---- parts ----------------------------------------------------------------------------------- */

static void print_fields(struct bytebuf *out, const struct schema *schema, uint32_t n)
{
    char type[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < n; i++) {
        const struct field *field = &schema->fields[i];
        bytebuf_printf(out, "%s%.*s %s", i > 0 ? ", " : "", (int)field->name.len,
                       (const char *)field->name.at, type_name(field->type, type));
    }
}

static void print_keys(struct bytebuf *out, const struct plan_node *node)
{
    char type[TYPE_NAME_BYTES];
    for (uint32_t i = 0; i < node->n_keys; i++) {
        const struct field *field = &node->input->schema.fields[node->keys[i]];
        bytebuf_printf(out, "%s%.*s %s", i > 0 ? ", " : " by ", (int)field->name.len,
                       (const char *)field->name.at, type_name(field->type, type));
    }
}

static void print_exprs(struct bytebuf *out, const struct plan_node *node)
{
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        bytebuf_add_text(out, i > 0 ? ", " : "");
        expr_print(out, node->exprs[i], &node->input->schema);
    }
}

static void print_calls(struct bytebuf *out, const struct plan_node *node)
{
    for (uint32_t i = 0; i < node->n_calls; i++) {
        bytebuf_add_text(out, i > 0 ? ", " : "");
        agg_call_print(out, &node->calls[i], &node->input->schema);
    }
}

static void print_scan(struct bytebuf *out, const struct plan_node *node)
{
    const struct stream_def *stream = node->stream;
    bytebuf_printf(out, "=source %.*s:%.*s (", (int)stream->uri.scheme.len,
                   (const char *)stream->uri.scheme.at, (int)stream->uri.path.len,
                   (const char *)stream->uri.path.at);
    print_fields(out, &stream->schema, stream->n_visible);
    bytebuf_printf(out, ") %s\n=event time", stream->decoder->name);
    if (node->time_column >= 0) {
        const struct slice name = node->schema.fields[node->time_column].name;
        bytebuf_printf(out, " %.*s", (int)name.len, (const char *)name.at);
    }
    bytebuf_printf(out, "\n~watermark delay %" PRId64 " us\n",
                   node->has_watermark ? node->delay_us : 0);
}

static void print_grouping(struct bytebuf *out, const struct plan_node *node, const char *name)
{
    bytebuf_printf(out, "=%s", name);
    print_keys(out, node);
    if (node->window.kind != WINDOW_NONE) {
        bytebuf_add_text(out, " window ");
        window_print(out, &node->window);
    }
    bytebuf_printf(out, ", %s\n",
                   node->emit.kind == EMIT_CHANGES || node->emit.kind == EMIT_EVERY ? "changes"
                                                                                    : "rows");
    if (node->n_calls > 0) {
        bytebuf_add_text(out, "!aggregates ");
        print_calls(out, node);
        bytebuf_add_byte(out, '\n');
    }
    if (node->having != NULL) {
        bytebuf_add_text(out, ".having ");
        expr_print(out, node->having, &node->schema);
        bytebuf_add_byte(out, '\n');
    }
}

/* A filter or a computed column below state decides what is in it; above, what becomes of it. */
static void print_stateless(struct bytebuf *out, const struct plan_node *node, bool below)
{
    const char *name = node->kind == PLAN_FILTER ? "where" : "columns";
    bytebuf_printf(out, "%c%s ", below ? '~' : '.', name);
    print_exprs(out, node);
    bytebuf_add_byte(out, '\n');
}

static bool is_stateful(const struct plan_node *node)
{
    return node->kind == PLAN_AGGREGATE || node->kind == PLAN_OVER ||
           node->kind == PLAN_WINDOW_ROWS || node->kind == PLAN_DISTINCT;
}

static void print_node(struct bytebuf *out, const struct plan_node *node, bool below)
{
    switch (node->kind) {
    case PLAN_SCAN:
        print_scan(out, node);
        break;
    case PLAN_FILTER:
    case PLAN_EXTEND:
    case PLAN_PROJECT:
        print_stateless(out, node, below);
        break;
    case PLAN_AGGREGATE:
        print_grouping(out, node, "aggregate");
        break;
    case PLAN_OVER:
        print_grouping(out, node, "over");
        break;
    case PLAN_WINDOW_ROWS:
        print_grouping(out, node, "window rows");
        break;
    case PLAN_DISTINCT:
        print_grouping(out, node, "distinct");
        break;
    case PLAN_SUBQUERY:
        bytebuf_printf(out, "=subquery, watermark behind %" PRId64 " us\n", node->delay_us);
        break;
    case PLAN_UNTIL: /* ends a run, changes no row */
        break;
    case PLAN_SORT:
    case PLAN_LIMIT:
        bytebuf_printf(out, "!%s %" PRId64 "\n", node->kind == PLAN_SORT ? "sort" : "limit",
                       node->limit);
        break;
    }
}

void fingerprint_print(struct bytebuf *out, const struct plan *plan)
{
    bool below = false;
    const struct plan_node *node = plan->root;
    for (; node != NULL; node = node->kind == PLAN_SCAN ? NULL : node->input) {
        below = below || is_stateful(node);
        print_node(out, node, below);
    }
    if (plan->sink != NULL) {
        bytebuf_printf(out, ".sink %.*s:%.*s\n", (int)plan->sink->uri.scheme.len,
                       (const char *)plan->sink->uri.scheme.at, (int)plan->sink->uri.path.len,
                       (const char *)plan->sink->uri.path.at);
    }
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool next_line(struct slice *rest, struct slice *line)
{
    if (rest->len == 0) {
        return false;
    }
    const uint8_t *end = memchr(rest->at, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
    *line = slice_of(rest->at, len);
    len += end != NULL;
    *rest = slice_of(rest->at + len, rest->len - len);
    return true;
}

static uint32_t count_of(struct slice text, struct slice wanted)
{
    uint32_t n = 0;
    for (struct slice line; next_line(&text, &line);) {
        n += slice_equal(line, wanted);
    }
    return n;
}

static enum fingerprint_change gravity(struct slice line)
{
    switch (line.len > 0 ? line.at[0] : '=') {
    case '.':
        return FINGERPRINT_FREE;
    case '~':
        return FINGERPRINT_RESULTS;
    case '!':
        return FINGERPRINT_STATE;
    default:
        return FINGERPRINT_REFUSED;
    }
}

/* Lines of `from` that `to` does not have as often. */
static enum fingerprint_change lines_gone(struct slice from, struct slice to, char sign,
                                          struct bytebuf *diff)
{
    enum fingerprint_change worst = FINGERPRINT_SAME;
    struct slice rest = from;
    for (struct slice line; next_line(&rest, &line);) {
        if (count_of(from, line) <= count_of(to, line)) {
            continue;
        }
        worst = gravity(line) > worst ? gravity(line) : worst;
        struct slice said = line.len == 0 ? line : slice_of(line.at + 1, line.len - 1);
        bytebuf_printf(diff, "%c %.*s\n", sign, (int)said.len, (const char *)said.at);
    }
    return worst;
}

enum fingerprint_change fingerprint_compare(struct slice before, struct slice now,
                                            struct bytebuf *diff)
{
    enum fingerprint_change gone = lines_gone(before, now, '-', diff);
    enum fingerprint_change come = lines_gone(now, before, '+', diff);
    return gone > come ? gone : come;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "name TYPE" of the text up to `end`. */
static bool read_field(struct slice text, size_t end, struct arena *arena, struct field *out)
{
    size_t at = end;
    while (at > 0 && text.at[at - 1] != ' ') {
        at--;
    }
    if (at < 2 || !type_parse(slice_of(text.at + at, end - at), &out->type)) {
        return false;
    }
    out->name = arena_copy(arena, slice_of(text.at, at - 1));
    return true;
}

/* The inverse of print_fields. A name may have a comma: then what is in front of that is no field.
 */
static bool read_fields(struct slice text, struct arena *arena, struct schema *out)
{
    out->n = 0;
    out->fields = arena_zalloc(arena, SCHEMA_COLUMNS_MAX * sizeof *out->fields);
    size_t end = 0;
    while (text.len > 0 && out->n < SCHEMA_COLUMNS_MAX) {
        const uint8_t *comma =
            slice_find(slice_of(text.at + end, text.len - end), slice_text(", "));
        end = comma == NULL ? text.len : (size_t)(comma - text.at);
        if (read_field(text, end, arena, &out->fields[out->n])) {
            size_t used = comma == NULL ? end : end + 2;
            text = slice_of(text.at + used, text.len - used);
            end = 0;
            out->n++;
        } else if (comma == NULL) {
            return false;
        } else {
            end += 2;
        }
    }
    return text.len == 0 && out->n > 0;
}

/* The part of "=source SCHEME:PATH (FIELDS) FORMAT" behind the bracket that opens. */
static struct slice source_of(struct slice line, const struct uri *uri)
{
    struct bytebuf wanted = {0};
    bytebuf_add_text(&wanted, "=source ");
    bytebuf_add(&wanted, uri->scheme.at, uri->scheme.len);
    bytebuf_add_byte(&wanted, ':');
    bytebuf_add(&wanted, uri->path.at, uri->path.len);
    bytebuf_add_text(&wanted, " (");
    size_t head = wanted.len;
    bool is_it = line.len > head && memcmp(line.at, wanted.at, head) == 0;
    bytebuf_release(&wanted);
    return is_it ? slice_of(line.at + head, line.len - head) : slice_of(NULL, 0);
}

bool fingerprint_source(struct slice fingerprint, const struct uri *uri, struct arena *arena,
                        struct fingerprint_source *out)
{
    struct slice found = {0};
    for (struct slice line; next_line(&fingerprint, &line);) {
        struct slice source = source_of(line, uri);
        if (source.len > 0 && found.len > 0 && !slice_equal(source, found)) {
            return false;
        }
        found = source.len > 0 ? source : found;
    }
    size_t end = found.len;
    while (end > 0 && found.at[end - 1] != ')') {
        end--;
    }
    if (end == 0 || end + 1 >= found.len) {
        return false;
    }
    out->format = arena_copy(arena, slice_of(found.at + end + 1, found.len - end - 1));
    return read_fields(slice_of(found.at, end - 1), arena, &out->columns);
}
