/* json_shape: see json_shape.h. */
#include "sources/json_shape.h"

#include "engine/base/clones.h"
#include "engine/base/digits.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/null_field.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

HOT_CLONES
static bool has_controls(struct slice block)
{
    uint8_t found = 0;
    if (block.len == 0) {
        return false;
    }
    for (size_t i = 0; i + 1 < block.len; i++) {
        uint8_t c = block.at[i];
        uint8_t is_return = (uint8_t)((c == '\r') & (block.at[i + 1] == '\n'));
        found |= (uint8_t)((c < 0x20) & (c != '\n') & !is_return);
    }
    uint8_t last = block.at[block.len - 1];
    return found != 0 || (last < 0x20 && last != '\n');
}

bool json_has_controls(struct slice block)
{
    return has_controls(block);
}

/* ---- learning ------------------------------------------------------------------------------- */

/* A line that is taken apart, offsets from its begin. */
struct lesson {
    struct json_shape *shape;
    struct slice text;
    uint32_t at;
    uint32_t n_quotes;
    uint32_t last_quote;
    uint32_t run_begin; /* end of the last value */
    uint32_t begins[SHAPE_VALUES_MAX];
    uint32_t ends[SHAPE_VALUES_MAX];
};

static void end_run(struct lesson *lesson, uint32_t end)
{
    struct json_shape *shape = lesson->shape;
    struct shape_run *run = &shape->runs[shape->n_values];
    uint8_t first[16] = {0};
    *run = (struct shape_run){.begin = lesson->run_begin, .len = end - lesson->run_begin};
    memcpy(first, shape->text + run->begin, run->len < 16 ? run->len : 16);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t n = run->len <= 8 * i ? 0 : run->len - 8 * i;
        run->first[i] = load_le64(first + (size_t)8 * i);
        run->mask[i] = n >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * n) - 1;
    }
}

/* Value [begin, end), which ends a run. */
static void add_value(struct lesson *lesson, uint32_t begin, uint32_t end, struct shape_value value)
{
    struct json_shape *shape = lesson->shape;
    end_run(lesson, begin);
    lesson->begins[shape->n_values] = begin;
    lesson->ends[shape->n_values] = end;
    shape->values[shape->n_values++] = value;
    lesson->run_begin = end;
    lesson->at = end;
}

static bool is_key(struct slice text, uint32_t behind)
{
    while (behind < text.len && (text.at[behind] == ' ' || text.at[behind] == '\t')) {
        behind++;
    }
    return behind < text.len && text.at[behind] == ':';
}

static void take_string(struct lesson *lesson)
{
    struct slice text = lesson->text;
    uint32_t open = lesson->at;
    const uint8_t *quote = memchr(text.at + open + 1, '"', text.len - open - 1);
    CHECK(quote != NULL); /* it was parsed before */
    uint32_t close = (uint32_t)(quote - text.at);
    if (is_key(text, close + 1)) {
        lesson->at = close + 1;
    } else {
        struct shape_value value = {.mark = (uint16_t)lesson->n_quotes};
        add_value(lesson, open + 1, close, value);
        lesson->at = close + 1;
    }
    lesson->n_quotes += 2;
    lesson->last_quote = close;
}

/* A number or word. False: no quote stands between it and the value before. */
static bool take_bare(struct lesson *lesson)
{
    struct slice text = lesson->text;
    uint32_t begin = lesson->at;
    uint32_t end = begin;
    while (end < text.len && strchr(",]} \t", text.at[end]) == NULL) {
        end++;
    }
    if (lesson->n_quotes == 0 || lesson->last_quote < lesson->run_begin) {
        return false;
    }
    const uint8_t *quote = end < text.len ? memchr(text.at + end, '"', text.len - end) : NULL;
    size_t next = quote == NULL ? text.len : (size_t)(quote - text.at);
    add_value(lesson, begin, end,
              (struct shape_value){
                  .is_bare = true,
                  .is_last = quote == NULL,
                  .mark = (uint16_t)(lesson->n_quotes - 1),
                  .before = begin - lesson->last_quote,
                  .behind = (uint32_t)next - end,
              });
    return true;
}

static bool take_apart(struct lesson *lesson)
{
    while (lesson->at < lesson->text.len) {
        uint8_t c = lesson->text.at[lesson->at];
        bool is_scalar = c == '"' || c == '-' || ascii_is_digit(c) || (c >= 'a' && c <= 'z');
        if (is_scalar && lesson->shape->n_values == SHAPE_VALUES_MAX) {
            return false;
        }
        if (c == '"') {
            take_string(lesson);
        } else if (!is_scalar) {
            lesson->at++;
        } else if (!take_bare(lesson)) {
            return false;
        }
    }
    end_run(lesson, (uint32_t)lesson->text.len);
    return lesson->n_quotes == lesson->shape->n_marks;
}

/* The values that column value [begin, end) spans. False: none, an empty object or array. */
static bool place_column(const struct lesson *lesson, uint32_t begin, uint32_t end,
                         struct shape_column *out)
{
    uint32_t n = lesson->shape->n_values;
    uint32_t first = 0;
    while (first < n && lesson->begins[first] < begin) {
        first++;
    }
    uint32_t last = first;
    while (last < n && lesson->ends[last] <= end) {
        last++;
    }
    if (last == first) {
        return false;
    }
    out->first = (uint16_t)first;
    out->last = (uint16_t)(last - 1);
    out->back = lesson->begins[first] - begin;
    out->ahead = end - lesson->ends[last - 1];
    return true;
}

static bool place_columns(const struct lesson *lesson, const uint8_t *begin,
                          const struct json_value *columns, uint32_t n_columns)
{
    for (uint32_t col = 0; col < n_columns; col++) {
        const struct json_value *value = &columns[col];
        struct shape_column *out = &lesson->shape->columns[col];
        *out = (struct shape_column){.is_absent = value->kind == JSON_ABSENT};
        if (out->is_absent) {
            continue;
        }
        uint32_t at = (uint32_t)(value->at - begin);
        if (!place_column(lesson, at, at + value->len, out)) {
            return false;
        }
        out->is_bare =
            value->kind != JSON_STRING && value->kind != JSON_ARRAY && value->kind != JSON_OBJECT;
    }
    return true;
}

static bool has_backslash(const struct shape_line *line)
{
    for (uint32_t i = 0; i < line->n_marks; i++) {
        if (line->block[line->marks[i]] != '"') {
            return true;
        }
    }
    return false;
}

bool json_shape_learn(struct json_shape *shape, const struct shape_line *line,
                      const struct json_value *columns, uint32_t n_columns)
{
    const uint8_t *begin = line->block + line->begin;
    uint32_t len = line->end - line->begin;
    json_shape_release(shape);
    if (has_backslash(line) || line->n_marks > UINT16_MAX) {
        return false;
    }
    shape->n_marks = line->n_marks;
    shape->text = (uint8_t *)mem_text(begin, len);
    shape->columns = mem_zalloc(n_columns * sizeof *shape->columns);
    struct lesson lesson = {.shape = shape, .text = slice_of(shape->text, len)};
    if (take_apart(&lesson) && place_columns(&lesson, begin, columns, n_columns)) {
        return true;
    }
    json_shape_release(shape);
    return false;
}

void json_shape_release(struct json_shape *shape)
{
    mem_free(shape->columns);
    mem_free(shape->text);
    *shape = (struct json_shape){0};
}

/* ---- fitting -------------------------------------------------------------------------------- */

ALWAYS_INLINE uint32_t value_begin(const struct shape_value *value, const uint32_t *marks)
{
    return marks[value->mark] + (value->is_bare ? value->before : 1);
}

ALWAYS_INLINE uint32_t value_end(const struct shape_value *value, const struct shape_line *line)
{
    if (!value->is_bare) {
        return line->marks[value->mark + 1];
    }
    uint32_t next = value->is_last ? line->end : line->marks[value->mark + 1];
    return next - value->behind;
}

/* Not 0 if the bytes at `at` are not the run, which has `len` bytes in this line. */
ALWAYS_INLINE uint64_t run_differs(const struct json_shape *shape, const struct shape_run *run,
                                   const uint8_t *at, uint32_t len)
{
    uint64_t differs = len ^ run->len;
    differs |= (load_le64(at) ^ run->first[0]) & run->mask[0];
    differs |= (load_le64(at + 8) ^ run->first[1]) & run->mask[1];
    if (__builtin_expect(run->len > 16, 0) && differs == 0) {
        differs = memcmp(at + 16, shape->text + run->begin + 16, run->len - 16) != 0;
    }
    return differs;
}

bool json_shape_fits(const struct json_shape *shape, const struct shape_line *line)
{
    if (line->n_marks != shape->n_marks || shape->text == NULL) {
        return false;
    }
    uint64_t differs = 0;
    uint32_t at = line->begin;
    for (uint32_t i = 0; i < shape->n_values; i++) {
        const struct shape_value *value = &shape->values[i];
        uint32_t begin = value_begin(value, line->marks);
        uint32_t end = value_end(value, line);
        if (value->is_bare && !(begin < end && end <= line->end &&
                                json_is_bare(slice_of(line->block + begin, end - begin)))) {
            return false;
        }
        differs |= run_differs(shape, &shape->runs[i], line->block + at, begin - at);
        at = end;
    }
    return (differs | run_differs(shape, &shape->runs[shape->n_values], line->block + at,
                                  line->end - at)) == 0;
}

void json_shape_gather(const struct json_shape *shape, uint32_t col, const struct line_index *index,
                       const struct shape_rows *rows, struct text *out)
{
    const struct shape_column column = shape->columns[col];
    const struct line *lines = line_index_batch(index);
    if (column.is_absent) {
        for (uint32_t i = 0; i < rows->n; i++) {
            out[i] = null_field();
        }
        return;
    }
    const struct shape_value first = shape->values[column.first];
    const struct shape_value last = shape->values[column.last];
    for (uint32_t i = 0; i < rows->n; i++) {
        uint32_t row = rows->rows == NULL ? i : rows->rows[i];
        struct shape_line line = shape_line_of(index, &lines[rows->line_of[row]]);
        uint32_t begin = value_begin(&first, line.marks) - column.back;
        uint32_t end = value_end(&last, &line) + column.ahead;
        const uint8_t *at = line.block + begin;
        bool is_null = column.is_bare && *at == 'n';
        out[i] = is_null ? null_field() : (struct text){at, end - begin};
    }
}
