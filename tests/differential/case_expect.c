/* case_expect: see case_expect.h. */
#include "tests/differential/case_expect.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"

/* ---- one value ------------------------------------------------------------------------------- */

static void put_number(struct bytebuf *out, double number)
{
    bytebuf_printf(out, "%.6g", number == 0 ? 0 : number);
}

static void put_result(struct bytebuf *out, const struct value *value)
{
    if (!value->is_null && value->type.id == TYPE_DOUBLE) {
        put_number(out, value->f64);
    } else if (!value->is_null && value->type.id == TYPE_DECIMAL) {
        put_number(out, (double)value->i64 / (double)pow10_i64[value->type.scale]);
    } else {
        answer_value(out, value);
    }
}

static void put_time(struct bytebuf *out, const struct json *json)
{
    struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {.now_us = 0};
    int64_t us;
    if (json->kind == JSON_NUMBER && slice_to_i64(json->text, &us)) {
        bytebuf_printf(out, "%lld", (long long)(us * US_PER_MS));
    } else if (json->kind == JSON_STRING && time_parse(&iso, &cache, json->text, &us)) {
        bytebuf_printf(out, "%lld", (long long)us);
    } else {
        bytebuf_add_text(out, "no time");
    }
}

/* A number may be expected as text: "1". Text may be expected where a time was written as text. */
static void put_expected(struct bytebuf *out, const struct json *json, struct type type)
{
    double number;
    if (json == NULL || json->kind == JSON_NULL) {
        bytebuf_add_text(out, "NULL");
    } else if (json->kind == JSON_TRUE || json->kind == JSON_FALSE) {
        bytebuf_add_text(out, json->kind == JSON_TRUE ? "true" : "false");
    } else if (type.id == TYPE_TIMESTAMP) {
        put_time(out, json);
    } else if (type.id == TYPE_DOUBLE || type.id == TYPE_DECIMAL) {
        bool ok = slice_to_f64(json->text, &number);
        put_number(out, ok ? number : -1e300);
    } else if (type.id == TYPE_TEXT) {
        struct bytebuf ms = {0};
        struct slice text = json->text;
        if (json->kind == JSON_NUMBER && json->text.len == 13) {
            int64_t us = 0;
            bool ok = slice_to_i64(json->text, &us);
            CHECK(ok);
            timestamp_print(&ms, us * US_PER_MS);
            text = bytebuf_slice(&ms);
        }
        textbuf_json(out, text);
        bytebuf_release(&ms);
    } else {
        bool ok = slice_to_f64(json->text, &number);
        bytebuf_printf(out, "%.0f", ok ? number : -1e300);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

uint32_t case_expect_width(const struct json *rows)
{
    return json_length(rows) == 0 ? 0 : rows->items[0].n;
}

/* Columns that only identify rows are hidden, and stand at the end. */
static uint32_t n_visible(const struct schema *schema)
{
    uint32_t n = schema->n;
    while (n > 0 && schema->fields[n - 1].hidden) {
        n--;
    }
    return n;
}

uint32_t case_expect_skip(const struct schema *schema, uint32_t width)
{
    bool in_front = schema->n >= 2 &&
                    slice_equal_nocase(schema->fields[0].name, slice_text("window_start")) &&
                    slice_equal_nocase(schema->fields[1].name, slice_text("window_end"));
    return in_front && n_visible(schema) == width + 2 ? 2 : 0;
}

static void put_row(struct bytebuf *line, const struct json *row, const struct schema *schema)
{
    uint32_t skip = case_expect_skip(schema, row->n);
    uint32_t end = n_visible(schema);
    bytebuf_clear(line);
    for (uint32_t i = skip; i < end; i++) {
        const struct json *value = NULL;
        char name[200] = "";
        struct slice wanted = schema->fields[i].name;
        CHECK(wanted.len < sizeof name);
        memcpy(name, wanted.at, wanted.len);
        if (row->kind == JSON_OBJECT) {
            value = json_get(row, name);
        } else if (i - skip < row->n) {
            value = &row->items[i - skip];
        }
        bytebuf_add_text(line, i == skip ? "" : " | ");
        put_expected(line, value, schema->fields[i].type);
    }
    if (row->n != end - skip) {
        bytebuf_printf(line, " (of %u values)", row->n);
    }
}

void case_expect_rows(struct answer *out, const struct json *rows, const struct schema *schema)
{
    struct bytebuf line = {0};
    for (uint32_t i = 0; i < json_length(rows); i++) {
        put_row(&line, &rows->items[i], schema);
        answer_add(out, bytebuf_slice(&line));
    }
    bytebuf_release(&line);
}

void case_expect_lines(struct answer *out, struct slice lines, const struct schema *schema)
{
    struct bytebuf line = {0};
    struct arena arena;
    arena_init(&arena);
    while (lines.len > 0) {
        const uint8_t *end = memchr(lines.at, '\n', lines.len);
        size_t len = end == NULL ? lines.len : (size_t)(end - lines.at);
        struct json row;
        bool ok = json_parse(&arena, slice_of(lines.at, len), &row);
        CHECK(ok);
        put_row(&line, &row, schema);
        answer_add(out, bytebuf_slice(&line));
        len += end != NULL;
        lines = slice_of(lines.at + len, lines.len - len);
    }
    arena_release(&arena);
    bytebuf_release(&line);
}

/* ---- logs ------------------------------------------------------------------------------------ */

/* What folds a log: keys->lines[i] belongs to out->lines[i]. */
struct folding {
    struct answer *out;
    struct answer keys;
    const struct json *columns;
    const struct json *key;
    const struct schema *schema;
};

static bool is_key(const struct folding *f, uint32_t column)
{
    for (uint32_t k = 0; k < json_length(f->key) && column < json_length(f->columns); k++) {
        const struct json *name = &f->columns->items[column];
        if (slice_equal(name->text, f->key->items[k].text)) {
            return true;
        }
    }
    return false;
}

/* The values of the key; without a key, all of them. */
static void put_key(const struct folding *f, const struct json *row, struct bytebuf *out)
{
    bool keyed = json_length(f->key) > 0;
    bytebuf_clear(out);
    for (uint32_t i = 0; i < row->n; i++) {
        if (!keyed || is_key(f, i)) {
            bytebuf_printf(out, "|%d:%.*s", (int)row->items[i].kind, (int)row->items[i].text.len,
                           (const char *)row->items[i].text.at);
        }
    }
}

static void answer_drop(struct answer *answer, uint32_t i)
{
    mem_free(answer->lines[i]);
    answer->lines[i] = answer->lines[--answer->n];
}

static void fold_entry(struct folding *f, bool is_delete, const struct json *row)
{
    struct bytebuf text = {0};
    put_key(f, row, &text);
    bool replaces = json_length(f->key) > 0 || is_delete;
    for (uint32_t i = 0; replaces && i < f->keys.n; i++) {
        if (strcmp(f->keys.lines[i], bytebuf_text(&text)) == 0) {
            answer_drop(f->out, i);
            answer_drop(&f->keys, i);
            break;
        }
    }
    if (!is_delete) {
        answer_add(&f->keys, bytebuf_slice(&text));
        put_row(&text, row, f->schema);
        answer_add(f->out, bytebuf_slice(&text));
    }
    bytebuf_release(&text);
}

static void fold_log(struct folding *f, const struct json *log)
{
    if (json_length(log) == 0) {
        return;
    }
    struct slice sign = log->items[0].text;
    bool is_entry = log->items[0].kind == JSON_STRING && sign.len > 0 && sign.len <= 2 &&
                    (sign.at[0] == '+' || sign.at[0] == '-');
    if (is_entry) {
        bool nested = log->n == 2 && log->items[1].kind == JSON_ARRAY;
        struct json rest = {.kind = JSON_ARRAY, .n = log->n - 1, .items = log->items + 1};
        fold_entry(f, sign.at[0] == '-', nested ? &log->items[1] : &rest);
        return;
    }
    for (uint32_t i = 0; i < log->n; i++) {
        fold_log(f, &log->items[i]);
    }
}

void case_expect_log(struct answer *out, const struct json *log, const struct json *columns,
                     const struct json *key, const struct schema *schema)
{
    struct folding f = {.out = out, .columns = columns, .key = key, .schema = schema};
    fold_log(&f, log);
    answer_release(&f.keys);
}

/* ---- results --------------------------------------------------------------------------------- */

void case_expect_result(struct bytebuf *line, const struct batch *batch, uint32_t row,
                        uint32_t skip)
{
    bytebuf_clear(line);
    uint32_t end = n_visible(batch->schema);
    for (uint32_t i = skip; i < end; i++) {
        struct value value = column_value(&batch->columns[i], row);
        bytebuf_add_text(line, i == skip ? "" : " | ");
        put_result(line, &value);
    }
}
