/* builders: see builders.h. */
#include "tests/support/builders.h"

#include "engine/base/bytebuf.h"
#include "engine/data/decimal.h"
#include "engine/data/timestamp.h"
#include "tests/support/testing.h"

/* ---- splitting ------------------------------------------------------------------------------- */

/* The text up to the next `stop` outside quotes and parentheses, trimmed; *rest goes behind it.
 * False at the end. */
static bool next_part(struct slice *rest, uint8_t stop, struct slice *out)
{
    if (rest->at == NULL) {
        return false;
    }
    size_t n = 0;
    bool is_quoted = false;
    int depth = 0;
    for (; n < rest->len; n++) {
        uint8_t c = rest->at[n];
        is_quoted ^= c == '\'';
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == stop && !is_quoted && depth == 0) {
            break;
        }
    }
    *out = slice_trim(slice_of(rest->at, n));
    *rest = n < rest->len ? slice_of(rest->at + n + 1, rest->len - n - 1) : (struct slice){0};
    return true;
}

static uint32_t count_parts(struct slice text, uint8_t stop)
{
    uint32_t n = 0;
    struct slice part;
    while (next_part(&text, stop, &part)) {
        n++;
    }
    return n;
}

static struct type read_type(struct slice text)
{
    struct type type;
    if (!type_parse(text, &type)) {
        fail_msg("\"%.*s\" is no type", (int)text.len, (const char *)text.at);
    }
    return type;
}

/* ---- values ---------------------------------------------------------------------------------- */

static struct text unquote(struct arena *arena, struct slice text)
{
    if (text.len < 2 || text.at[0] != '\'') {
        struct slice copy = arena_copy(arena, text);
        return (struct text){copy.at, (uint32_t)copy.len};
    }
    uint8_t *out = arena_alloc(arena, text.len);
    uint32_t n = 0;
    for (size_t i = 1; i + 1 < text.len; i++) {
        out[n++] = text.at[i];
        i += text.at[i] == '\''; /* '' is one quote */
    }
    return (struct text){out, n};
}

static bool read_i64(struct type type, struct slice text, int64_t *out)
{
    struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    switch (type.id) {
    case TYPE_DECIMAL:
        return decimal_parse(text, type.precision, type.scale, out);
    case TYPE_TIMESTAMP:
        return time_parse(&iso, &cache, text, out) || slice_to_i64(text, out);
    case TYPE_INTERVAL:
        return interval_parse(text, out);
    default:
        return slice_to_i64(text, out);
    }
}

static struct value read_value(struct arena *arena, struct type type, struct slice text)
{
    struct value value = {.type = type};
    bool ok = true;
    if (slice_equal(text, slice_text("NULL"))) {
        return value_null(type);
    }
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = slice_equal(text, slice_text("true"));
        ok = value.boolean || slice_equal(text, slice_text("false"));
        break;
    case PHYSICAL_I64:
        ok = read_i64(type, text, &value.i64);
        break;
    case PHYSICAL_F64:
        ok = slice_to_f64(text, &value.f64);
        break;
    case PHYSICAL_TEXT:
        value.text = unquote(arena, text);
        break;
    }
    if (!ok) {
        char name[TYPE_NAME_BYTES];
        fail_msg("\"%.*s\" is no %s", (int)text.len, (const char *)text.at, type_name(type, name));
    }
    return value;
}

struct value value_from_text(struct arena *arena, const char *type, const char *text)
{
    return read_value(arena, read_type(slice_text(type)), slice_text(text));
}

struct column column_from_text(struct arena *arena, const char *type, const char *values)
{
    struct slice rest = slice_trim(slice_text(values));
    uint32_t n = rest.len == 0 ? 0 : count_parts(rest, ',');
    struct column_out out = column_out_new(arena, read_type(slice_text(type)), n);
    struct slice part;
    for (uint32_t i = 0; i < n && next_part(&rest, ',', &part); i++) {
        struct value value = read_value(arena, out.type, part);
        column_out_put(&out, i, n, &value);
    }
    return column_view(&out, n);
}

static void print_row(struct bytebuf *out, const struct column *column, uint32_t row)
{
    if (column->values == NULL) {
        bytebuf_add_byte(out, '?');
    } else if (column_is_null(column, row)) {
        bytebuf_add_text(out, "NULL");
    } else {
        column_print(out, column, row);
    }
}

/* Moves the text into the arena. */
static const char *finish_text(struct arena *arena, struct bytebuf *buf)
{
    const char *text = (const char *)arena_copy(arena, bytebuf_slice(buf)).at;
    bytebuf_release(buf);
    return text;
}

const char *column_to_text(struct arena *arena, const struct column *column)
{
    struct bytebuf out = {0};
    for (uint32_t i = 0; i < column->n; i++) {
        bytebuf_add_text(&out, i == 0 ? "" : ", ");
        print_row(&out, column, i);
    }
    return finish_text(arena, &out);
}

/* ---- schemas and batches --------------------------------------------------------------------- */

static struct field read_field(struct arena *arena, struct slice text)
{
    static const char not_null[] = " NOT NULL";
    struct field field = {0};
    size_t tail = sizeof not_null - 1;
    if (text.len > tail &&
        slice_equal(slice_of(text.at + text.len - tail, tail), slice_text(not_null))) {
        field.not_null = true;
        text.len -= tail;
    }
    const uint8_t *blank = slice_find(text, slice_of(" ", 1));
    if (blank == NULL) {
        fail_msg("\"%.*s\" has no type", (int)text.len, (const char *)text.at);
        return field;
    }
    size_t len = (size_t)(blank - text.at);
    field.name = arena_copy(arena, slice_of(text.at, len));
    field.type = read_type(slice_of(blank, text.len - len));
    return field;
}

const struct schema *schema_from_text(struct arena *arena, const char *columns)
{
    struct slice rest = slice_trim(slice_text(columns));
    struct schema *schema = arena_alloc(arena, sizeof *schema);
    schema->n = rest.len == 0 ? 0 : count_parts(rest, ',');
    schema->fields = arena_zalloc(arena, schema->n * sizeof *schema->fields);
    struct slice part;
    for (uint32_t i = 0; i < schema->n && next_part(&rest, ',', &part); i++) {
        schema->fields[i] = read_field(arena, part);
    }
    return schema;
}

static void read_row(struct arena *arena, struct slice line, struct column_out *outs,
                     const struct batch *batch, uint32_t row)
{
    struct slice part;
    for (uint32_t c = 0; c < batch->schema->n; c++) {
        if (!next_part(&line, ',', &part)) {
            fail_msg("row %u has %u values, not %u", row, c, batch->schema->n);
        }
        struct value value = read_value(arena, outs[c].type, part);
        column_out_put(&outs[c], row, batch->n, &value);
    }
    if (next_part(&line, ',', &part)) {
        fail_msg("row %u has more than %u values", row, batch->schema->n);
    }
}

void batch_from_text(struct batch *batch, const struct schema *schema, struct arena *arena,
                     const char *rows)
{
    batch_init(batch, schema, arena);
    struct slice rest = slice_trim(slice_text(rows));
    batch->n = rest.len == 0 ? 0 : count_parts(rest, '\n');
    struct column_out *outs = arena_alloc(arena, schema->n * sizeof *outs);
    for (uint32_t c = 0; c < schema->n; c++) {
        outs[c] = column_out_new(arena, schema->fields[c].type, batch->n);
    }
    struct slice line;
    for (uint32_t row = 0; row < batch->n && next_part(&rest, '\n', &line); row++) {
        read_row(arena, line, outs, batch, row);
    }
    for (uint32_t c = 0; c < schema->n; c++) {
        batch->columns[c] = column_view(&outs[c], batch->n);
    }
}

const char *batch_to_text(struct arena *arena, const struct batch *batch)
{
    struct bytebuf out = {0};
    for (uint32_t row = 0; row < batch->n; row++) {
        if (batch->ops != NULL) {
            bytebuf_add_byte(&out, batch->ops[row]);
            bytebuf_add_byte(&out, ' ');
        }
        for (uint32_t c = 0; c < batch->schema->n; c++) {
            bytebuf_add_text(&out, c == 0 ? "" : ", ");
            print_row(&out, &batch->columns[c], row);
        }
        bytebuf_add_byte(&out, '\n');
    }
    return finish_text(arena, &out);
}
