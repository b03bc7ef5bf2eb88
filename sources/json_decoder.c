/* json_decoder: format json, one object a line (JSON Lines, NDJSON). A column is the member of its
 * name; "user.id" is member id of the object user. What no column wants is checked and passed over,
 * what is missing is NULL. A TEXT column takes any value, objects and arrays as they stand. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/converter.h"
#include "sources/guess.h"
#include "sources/json_shape.h"
#include "sources/key_tree.h"
#include "sources/line_index.h"
#include "sources/sources.h"

enum { KEY_BYTES_MAX = 256, INFER_COLUMNS_MAX = 1024, INFER_LINES_MAX = 64 };

/* Shapes that are tried on each line. To learn one costs as much as some lines that fit save, so
 * that it is done only on credit: a stream whose lines are all different soon learns no more. */
enum { SHAPES = 4, NO_SHAPE = SHAPES, LEARN_COST = 16, CREDIT_MAX = 1024 };

struct json_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    struct key_tree tree;
    uint32_t n_columns;
    struct json_shape shapes[SHAPES];
    uint32_t likely_shape; /* of the next line: that of the last one */
    uint32_t oldest_shape;
    uint32_t credit;
    bool shapes_usable;   /* in this block */
    uint32_t shapes_used; /* by rows of the batch, a bit each: those may not change */

    /* The batch. */
    struct json_value *values; /* of rows that fit no shape: row by row */
    uint32_t line_of[BATCH_ROWS];
    uint8_t shape_of[BATCH_ROWS];
};

static struct json_decoder *json_of(struct decoder *decoder)
{
    return (struct json_decoder *)decoder;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static enum status json_setup(struct json_decoder *json, const struct decoder_config *config,
                              struct error *err)
{
    json->n_columns = config->schema->n;
    json->credit = CREDIT_MAX / 4;
    TRY(line_index_init(&json->index, config, '"', '\\', err));
    TRY(key_tree_init(&json->tree, config->schema, true, err));
    TRY(converter_init(&json->converter, config, "auto", err));
    json->converter.zero_fractions = true;
    json->values = mem_alloc((size_t)json->n_columns * BATCH_ROWS * sizeof *json->values);
    return OK;
}

static void json_close(struct decoder *decoder)
{
    struct json_decoder *json = json_of(decoder);
    converter_release(&json->converter);
    key_tree_release(&json->tree);
    line_index_release(&json->index);
    for (uint32_t i = 0; i < SHAPES; i++) {
        json_shape_release(&json->shapes[i]);
    }
    mem_free(json->values);
    mem_free(json);
}

static enum status json_open(const struct decoder_config *config, struct decoder **out,
                             struct error *err)
{
    struct json_decoder *json = mem_zalloc(sizeof *json);
    json->base.kind = &json_decoder_kind;
    enum status status = json_setup(json, config, err);
    if (status != OK) {
        json_close(&json->base);
        return status;
    }
    *out = &json->base;
    return OK;
}

/* ---- one object ----------------------------------------------------------------------------- */

/* A key with escapes is rare: it is undone in `room`, or left as it is if it has none. */
static struct slice key_text(const struct json_value *key, uint8_t room[KEY_BYTES_MAX])
{
    if (!key->has_escapes || key->len > KEY_BYTES_MAX) {
        return slice_of(key->at, key->len);
    }
    return slice_of(room, json_undo_escapes(key, room));
}

/* Keeps the members of an object that columns want. False: it is no JSON object. Nested no deeper
 * than a column's name has dots. */
static bool take_object(struct json_decoder *json, uint16_t node, struct slice text, uint32_t row)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    uint8_t room[KEY_BYTES_MAX];
    json_walk_begin(&walk, text);
    while (json_walk_next(&walk, &key, &value)) {
        uint16_t child = key_tree_child(&json->tree, node, key_text(&key, room));
        if (child == KEY_TREE_NONE) {
            continue;
        }
        const struct key_node *found = &json->tree.nodes[child];
        if (found->column >= 0) {
            json->values[(size_t)row * json->n_columns + (uint32_t)found->column] = value;
        }
        if (found->first != KEY_TREE_NONE && value.kind == JSON_OBJECT) {
            bool ok = take_object(json, child, slice_of(value.at, value.len), row);
            CHECK(ok); /* it has been passed over already */
        }
    }
    return !walk.failed;
}

static bool parse_line(struct json_decoder *json, struct slice text, uint32_t row)
{
    struct json_value *values = json->values + (size_t)row * json->n_columns;
    for (uint32_t col = 0; col < json->n_columns; col++) {
        values[col].kind = JSON_ABSENT;
    }
    return take_object(json, KEY_TREE_ROOT, text, row);
}

/* ---- lines of a known shape ----------------------------------------------------------------- */

/* Number of the shape that the line has, NO_SHAPE if none. */
static uint32_t find_shape(struct json_decoder *json, const struct shape_line *line)
{
    uint32_t likely = json->likely_shape;
    if (json_shape_fits(&json->shapes[likely], line)) {
        return likely;
    }
    for (uint32_t i = 0; i < SHAPES; i++) {
        if (i != likely && json_shape_fits(&json->shapes[i], line)) {
            return i;
        }
    }
    return NO_SHAPE;
}

static void learn_shape(struct json_decoder *json, const struct shape_line *line, uint32_t row)
{
    uint32_t slot = json->oldest_shape;
    if (json->credit < LEARN_COST || (json->shapes_used >> slot & 1) != 0) {
        return;
    }
    json->credit -= LEARN_COST;
    if (json_shape_learn(&json->shapes[slot], line, json->values + (size_t)row * json->n_columns,
                         json->n_columns)) {
        json->likely_shape = slot;
        json->oldest_shape = (slot + 1) % SHAPES;
    }
}

/* False: the line is no JSON object. */
static bool take_line(struct json_decoder *json, const struct line *line, uint32_t row)
{
    struct shape_line shape_line = shape_line_of(&json->index, line);
    bool usable = json->shapes_usable && line->end + SHAPE_SLACK <= json->index.bytes.len;
    uint32_t shape = usable ? find_shape(json, &shape_line) : NO_SHAPE;
    json->shape_of[row] = (uint8_t)shape;
    if (shape != NO_SHAPE) {
        json->likely_shape = shape;
        json->shapes_used |= 1u << shape;
        json->credit += json->credit < CREDIT_MAX;
        return true;
    }
    if (!parse_line(json, line_index_text(&json->index, line), row)) {
        return false;
    }
    if (usable) {
        learn_shape(json, &shape_line, row);
    }
    return true;
}

/* ---- blocks and batches --------------------------------------------------------------------- */

static size_t json_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    struct json_decoder *json = json_of(decoder);
    json->shapes_usable = !json_has_controls(bytes);
    return line_index_block(&json->index, bytes, is_final);
}

static uint32_t json_next(struct decoder *decoder, uint32_t max)
{
    struct json_decoder *json = json_of(decoder);
    struct line_index *index = &json->index;
    uint32_t n_good = 0;
    uint32_t n;
    while (n_good == 0 && (n = line_index_next(index, max)) > 0) {
        const struct line *lines = line_index_batch(index);
        json->shapes_used = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (take_line(json, &lines[i], n_good)) {
                json->line_of[n_good++] = i;
                continue;
            }
            struct slice text = line_index_text(index, &lines[i]);
            if (slice_trim(text).len > 0) { /* a blank line is no row */
                index->reject->reject(index->reject->owner, lines[i].begin, text, -1,
                                      "no JSON object");
            }
        }
    }
    return n_good;
}

static struct text value_text(struct arena *arena, const struct json_value *value)
{
    if (value->kind == JSON_ABSENT || value->kind == JSON_NULL) {
        return null_field();
    }
    if (!value->has_escapes) {
        return (struct text){value->at, value->len};
    }
    uint8_t *copy = arena_alloc(arena, value->len);
    return (struct text){copy, json_undo_escapes(value, copy)};
}

static uint32_t shape_at(const struct json_decoder *json, const struct conversion *conversion,
                         uint32_t i)
{
    return json->shape_of[conversion->rows == NULL ? i : conversion->rows[i]];
}

/* Rows of several shapes, and of none: those of one that stand together are done at once. */
static void gather_rows(struct json_decoder *json, struct conversion *conversion)
{
    const uint32_t *rows = conversion->rows;
    uint32_t end;
    for (uint32_t i = 0; i < conversion->n; i = end) {
        uint32_t shape = shape_at(json, conversion, i);
        end = i + 1;
        if (shape == NO_SHAPE) {
            size_t row = rows == NULL ? i : rows[i];
            const struct json_value *value = &json->values[row * json->n_columns + conversion->col];
            conversion->fields[i] = value_text(conversion->arena, value);
            continue;
        }
        while (end < conversion->n && shape_at(json, conversion, end) == shape) {
            end++;
        }
        struct shape_rows some = {
            .line_of = rows == NULL ? json->line_of + i : json->line_of,
            .rows = rows == NULL ? NULL : rows + i,
            .n = end - i,
        };
        json_shape_gather(&json->shapes[shape], conversion->col, &json->index, &some,
                          conversion->fields + i);
    }
}

static void json_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                        const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct json_decoder *json = json_of(decoder);
    struct conversion conversion = {
        .decoder = decoder,
        .arena = arena,
        .block = json->index.bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .has_null = true,
        .reject = reject,
    };
    converter_begin(&json->converter, &conversion);
    gather_rows(json, &conversion);
    converter_finish(&json->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

static struct slice json_record(const struct decoder *decoder, uint32_t row)
{
    const struct json_decoder *json = (const struct json_decoder *)decoder;
    const struct line *lines = line_index_batch(&json->index);
    return line_index_text(&json->index, &lines[json->line_of[row]]);
}

/* ---- infer ---------------------------------------------------------------------------------- */

/* What the sample says of one member. */
struct member {
    struct guess guess;
    bool is_mixed; /* values of several kinds, or objects: TEXT */
    uint8_t kind;  /* of the values so far; JSON_ABSENT: all were null */
};

static struct type member_type(const struct member *member, struct slice name)
{
    if (member->is_mixed) {
        return type_of(TYPE_TEXT);
    }
    switch ((enum json_kind)member->kind) {
    case JSON_TRUE:
        return type_of(TYPE_BOOLEAN);
    case JSON_NUMBER:
        return guess_type(&member->guess, name);
    case JSON_STRING: {
        /* "12" is text to whoever wrote the quotes; only a stamp has no other way to be written. */
        struct type type = guess_type(&member->guess, (struct slice){0});
        return type.id == TYPE_TIMESTAMP ? type : type_of(TYPE_TEXT);
    }
    default:
        return type_of(TYPE_TEXT);
    }
}

static void add_value(struct arena *scratch, struct member *member, const struct json_value *value)
{
    uint8_t kind = value->kind == JSON_FALSE ? JSON_TRUE : value->kind;
    if (kind == JSON_NULL) {
        return;
    }
    bool is_nested = kind == JSON_OBJECT || kind == JSON_ARRAY;
    bool is_other = member->kind != JSON_ABSENT && member->kind != kind;
    member->is_mixed = member->is_mixed || is_nested || is_other;
    member->kind = kind;
    guess_add(&member->guess, text_slice(value_text(scratch, value)));
}

/* Number of the member with that key; a new one if there is none and room. */
static int member_of(struct arena *arena, struct schema *schema, struct member *members,
                     struct slice key)
{
    int i = schema_find(schema, key);
    if (i < 0 && schema->n < INFER_COLUMNS_MAX) {
        i = (int)schema->n++;
        schema->fields[i] = (struct field){.name = arena_copy(arena, key)};
        members[i] = (struct member){0};
        guess_init(&members[i].guess);
    }
    return i;
}

static void add_line(struct arena *arena, struct arena *scratch, struct slice line,
                     struct schema *schema, struct member *members)
{
    struct json_walk walk;
    struct json_value key;
    struct json_value value;
    uint8_t room[KEY_BYTES_MAX];
    json_walk_begin(&walk, line);
    while (json_walk_next(&walk, &key, &value)) {
        int i = member_of(arena, schema, members, key_text(&key, room));
        if (i >= 0) {
            add_value(scratch, &members[i], &value);
        }
    }
}

static enum status add_lines(struct arena *arena, struct arena *scratch, struct slice sample,
                             struct schema *schema, struct options *options, struct error *err)
{
    const char **patterns = arena_zalloc(scratch, INFER_COLUMNS_MAX * sizeof *patterns);
    struct member *members = arena_alloc(scratch, INFER_COLUMNS_MAX * sizeof *members);
    for (uint32_t i = 0; i < INFER_LINES_MAX && sample.len > 0; i++) {
        add_line(arena, scratch, line_cut(&sample), schema, members);
    }
    for (uint32_t i = 0; i < schema->n; i++) {
        bool is_string = members[i].kind == JSON_STRING && !members[i].is_mixed;
        schema->fields[i].type = member_type(&members[i], schema->fields[i].name);
        patterns[i] = is_string ? guess_pattern(&members[i].guess) : NULL;
    }
    return guess_apply_patterns(schema, patterns, options, err);
}

static enum status json_infer(struct arena *arena, struct options *options, struct slice argument,
                              struct slice sample, struct schema *out, int *time_column,
                              struct error *err)
{
    struct arena scratch;
    struct schema schema = {.fields =
                                arena_zalloc(arena, INFER_COLUMNS_MAX * sizeof *schema.fields)};
    (void)argument;
    arena_init(&scratch);
    enum status status = add_lines(arena, &scratch, sample, &schema, options, err);
    arena_release(&scratch);
    TRY(status);
    if (schema.n == 0) {
        error_set(err, ERR_OPTION, "the columns are not declared and no object is there to tell");
        error_hint(err, "declare them: CREATE STREAM name (ts TIMESTAMP, card TEXT, …) FROM …");
        return ERR_OPTION;
    }
    *out = schema;
    *time_column = -1;
    return OK;
}

static const struct option_spec json_options[] = {LINE_INDEX_OPTIONS, CONVERTER_OPTIONS, {0}};

static const char *const json_samples[] = {
    "{\"ts\":\"2026-01-05T09:00:00Z\",\"card\":4001,\"amount\":12.5,\"ok\":true,\"note\":null}\n",
    "ts=2026-01-05T09:00:00Z, card=4001, amount=12.5, ok=true, note=NULL",
    "{\"text\": \"a \\\"quote\\\", \\u00e9 and \\ud83d\\ude00\", \"user\": {\"id\": 7}}\n",
    "text=a \"quote\", \xc3\xa9 and \xf0\x9f\x98\x80, user={\"id\": 7}",
    NULL,
};

const struct decoder_kind json_decoder_kind = {
    .name = "json",
    .summary = "one JSON object a line; column \"user.id\" is member id of user",
    .options = json_options,
    .samples = json_samples,
    .needs_sample = true,
    .infer = json_infer,
    .open = json_open,
    .block = json_block,
    .next = json_next,
    .column = json_column,
    .record = json_record,
    .close = json_close,
};
