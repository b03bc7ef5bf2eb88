/* csv_infer: delimiter, header, names and types of a CSV sample. What it decides it also puts into
 * the options, so that it can be shown and frozen. */
#include "sources/csv_decoder.h"
#include "sources/csv_exact.h"
#include "sources/guess.h"
#include "sources/null_field.h"

enum { SAMPLE_ROWS_MAX = 64, NAME_BYTES_MAX = 64 };

/* A sample taken apart: the records that have the most frequent number of fields. */
struct csv_table {
    uint32_t n_rows;
    uint32_t n_columns;
    uint32_t n_records; /* with those of other field counts and bad ones */
    struct text *cells; /* n_rows × n_columns */
};

static struct text *cell(const struct csv_table *table, uint32_t row, uint32_t col)
{
    return &table->cells[(size_t)row * table->n_columns + col];
}

/* ---- taking the sample apart ---------------------------------------------------------------- */

static struct slice behind_prelude(const struct csv_dialect *dialect, struct slice sample)
{
    if (sample.len >= 3 && memcmp(sample.at, "\xef\xbb\xbf", 3) == 0) {
        sample = slice_of(sample.at + 3, sample.len - 3);
    }
    for (uint32_t i = 0; i < dialect->skip_lines && sample.len > 0; i++) {
        const uint8_t *line_end = memchr(sample.at, '\n', sample.len);
        size_t used = line_end == NULL ? sample.len : (size_t)(line_end - sample.at) + 1;
        sample = slice_of(sample.at + used, sample.len - used);
    }
    return sample;
}

static struct text unquoted(struct arena *arena, const struct csv_dialect *dialect,
                            struct slice field)
{
    if (field.len == 0 || !dialect->has_quote || field.at[0] != dialect->quote) {
        bool is_null = slice_equal(field, dialect->null_text);
        return is_null ? null_field() : (struct text){field.at, (uint32_t)field.len};
    }
    struct slice inner = slice_of(field.at + 1, field.len - 2);
    uint8_t *copy = arena_alloc(arena, field.len);
    return (struct text){copy, csv_undo_escapes(dialect, inner, copy)};
}

/* One line of the sample: marks [first, last]. */
struct csv_line {
    uint32_t first;
    uint32_t last;
    uint32_t begin;
};

/* The lines that are records, bad ones left out; *n_all counts those too. */
static uint32_t list_lines(const struct csv_dialect *dialect, struct slice sample,
                           const struct csv_marks *marks, struct csv_line *lines, uint32_t *n_all)
{
    uint32_t n = 0;
    uint32_t fault = 0;
    struct csv_line line = {0};
    *n_all = 0;
    for (uint32_t i = 0; i < marks->n && n < SAMPLE_ROWS_MAX; i++) {
        uint32_t at = marks->at[i];
        if (at < sample.len && sample.at[at] != '\n') {
            continue;
        }
        line.last = i;
        bool is_bad = fault < marks->n_faults && marks->faults[fault].mark == i;
        fault += is_bad;
        uint32_t len = at - line.begin;
        bool is_blank = len == 0 || (len == 1 && sample.at[line.begin] == '\r');
        bool is_comment =
            dialect->has_comment && !is_blank && sample.at[line.begin] == dialect->comment;
        *n_all += !is_blank && !is_comment;
        if (!is_bad && !is_blank && !is_comment) {
            lines[n++] = line;
        }
        line = (struct csv_line){.first = i + 1, .begin = at + 1};
    }
    return n;
}

static uint32_t usual_count(const struct csv_line *lines, uint32_t n)
{
    uint32_t best = 0;
    uint32_t best_times = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t times = 0;
        for (uint32_t j = 0; j < n; j++) {
            times += lines[j].last - lines[j].first == lines[i].last - lines[i].first;
        }
        if (times > best_times) {
            best = lines[i].last - lines[i].first + 1;
            best_times = times;
        }
    }
    return best;
}

static void fill_row(struct arena *arena, const struct csv_dialect *dialect, struct slice sample,
                     const struct csv_marks *marks, const struct csv_line *line, struct text *row)
{
    uint32_t begin = line->begin;
    for (uint32_t i = line->first; i <= line->last; i++) {
        struct slice field = slice_of(sample.at + begin, marks->at[i] - begin);
        if (i == line->last && field.len > 0 && field.at[field.len - 1] == '\r') {
            field.len--;
        }
        *row++ = unquoted(arena, dialect, field);
        begin = marks->at[i] + 1;
    }
}

static void take_apart(struct arena *arena, const struct csv_dialect *dialect, struct slice sample,
                       struct csv_table *table)
{
    struct csv_line lines[SAMPLE_ROWS_MAX];
    struct csv_marks marks = {.at = arena_alloc(arena, (sample.len + 1) * sizeof(uint32_t))};
    sample = behind_prelude(dialect, sample);
    csv_exact(dialect, sample, 0, true, &marks);
    *table = (struct csv_table){0};
    uint32_t n = list_lines(dialect, sample, &marks, lines, &table->n_records);
    table->n_columns = usual_count(lines, n);
    table->cells = arena_alloc(arena, (size_t)n * table->n_columns * sizeof *table->cells);
    for (uint32_t i = 0; i < n; i++) {
        if (lines[i].last - lines[i].first + 1 == table->n_columns) {
            fill_row(arena, dialect, sample, &marks, &lines[i], cell(table, table->n_rows, 0));
            table->n_rows++;
        }
    }
    csv_marks_release(&marks);
}

static unsigned table_fit(const struct csv_table *table)
{
    return table->n_columns < 2 ? 0 : 100 * table->n_rows / table->n_records;
}

/* Tries the usual delimiters; the first of the best wins. Returns its fit. */
static unsigned find_delimiter(struct arena *scratch, struct csv_dialect *dialect,
                               struct slice sample)
{
    static const uint8_t candidates[] = {',', ';', '\t', '|'};
    unsigned best_fit = 0;
    uint8_t best = ',';
    for (unsigned i = 0; i < sizeof candidates; i++) {
        struct csv_table table;
        dialect->delimiter = candidates[i];
        take_apart(scratch, dialect, sample, &table);
        if (table_fit(&table) > best_fit) {
            best_fit = table_fit(&table);
            best = candidates[i];
        }
    }
    dialect->delimiter = best;
    return best_fit;
}

/* ---- header, names, types ------------------------------------------------------------------- */

static void guess_column(const struct csv_table *table, uint32_t first_row, uint32_t col,
                         struct guess *guess)
{
    guess_init(guess);
    for (uint32_t row = first_row; row < table->n_rows; row++) {
        const struct text *field = cell(table, row, col);
        if (!field_is_null(*field)) {
            guess_add(guess, text_slice(*field));
        }
    }
}

static bool has_type(const struct guess *guess)
{
    return guess_type(guess, (struct slice){0}).id != TYPE_TEXT || guess_pattern(guess) != NULL;
}

static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        bool letter = (uint8_t)(ascii_lower(c) - 'a') < 26 || c == '_' || c >= 0x80;
        bool other = ascii_is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '#';
        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    return text.len > 0 && text.len <= NAME_BYTES_MAX;
}

/* The text of row 0 is found again further down: it is no name. */
static bool recurs(const struct csv_table *table, uint32_t col)
{
    struct slice first = text_slice(*cell(table, 0, col));
    for (uint32_t row = 1; row < table->n_rows; row++) {
        if (slice_equal(first, text_slice(*cell(table, row, col)))) {
            return true;
        }
    }
    return false;
}

static bool is_repeated(const struct csv_table *table, uint32_t col, struct slice name)
{
    for (uint32_t other = 0; other < col; other++) {
        if (slice_equal_nocase(name, slice_trim(text_slice(*cell(table, 0, other))))) {
            return true;
        }
    }
    return false;
}

/* Names may be missing or repeated if the types below show that the others are names, and if
 * nothing has to know the header again by its names (header = auto, as a user may write it). */
static bool looks_like_header(const struct csv_table *table, bool is_exact)
{
    bool rest_has_types = false;
    bool all_words = true;
    for (uint32_t col = 0; col < table->n_columns; col++) {
        struct slice name = slice_trim(text_slice(*cell(table, 0, col)));
        struct guess guess;
        guess_init(&guess);
        guess_add(&guess, name);
        if (has_type(&guess)) {
            return false;
        }
        bool is_name = name.len > 0 && !is_repeated(table, col, name);
        if (is_exact && !is_name) {
            return false;
        }
        all_words = all_words && is_name && is_word(name) && !recurs(table, col);
        guess_column(table, 1, col, &guess);
        rest_has_types = rest_has_types || (name.len > 0 && has_type(&guess));
    }
    return all_words || rest_has_types;
}

static bool name_taken(const struct schema *schema, struct slice name)
{
    return schema_find(schema, name) >= 0;
}

/* `name`, or c1, c2 … if it is empty, with _2, _3 … if it is taken. schema->n = columns so far. */
static struct slice free_name(struct arena *arena, const struct schema *schema, struct slice name)
{
    name = slice_trim(name);
    struct slice base = name.len == 0 ? slice_text(arena_printf(arena, "c%u", schema->n + 1))
                                      : arena_copy(arena, name);
    struct slice got = base;
    for (unsigned i = 2; name_taken(schema, got); i++) {
        got = slice_text(arena_printf(arena, "%.*s_%u", (int)base.len, (const char *)base.at, i));
    }
    return got;
}

/* Cuts the next name off option `columns`. */
static struct slice next_listed(struct slice *list)
{
    const uint8_t *comma = list->len == 0 ? NULL : memchr(list->at, ',', list->len);
    size_t len = comma == NULL ? list->len : (size_t)(comma - list->at);
    struct slice name = slice_of(list->at, len);
    len += comma != NULL;
    *list = slice_of(list->at + len, list->len - len);
    return name;
}

static void fill_schema(struct arena *arena, const struct csv_table *table, bool has_header,
                        struct slice listed, const char **patterns, struct schema *out)
{
    *out = (struct schema){.fields = arena_zalloc(arena, table->n_columns * sizeof *out->fields)};
    for (uint32_t col = 0; col < table->n_columns; col++) {
        struct guess guess;
        struct slice name = next_listed(&listed);
        if (name.len == 0 && has_header) {
            name = text_slice(*cell(table, 0, col));
        }
        struct slice chosen = free_name(arena, out, name);
        guess_column(table, has_header ? 1 : 0, col, &guess);
        patterns[col] = guess_pattern(&guess);
        out->fields[out->n++] = (struct field){.name = chosen, .type = guess_type(&guess, chosen)};
    }
}

static enum status put_text(struct options *options, const char *key, struct slice value,
                            struct error *err)
{
    return options_put(options, slice_text(key), value, -1, err);
}

static enum status nothing_there(struct error *err)
{
    error_set(err, ERR_OPTION, "the columns are not declared and there is no row to tell them");
    error_hint(err, "declare them: CREATE STREAM name (ts TIMESTAMP, card TEXT, …) FROM …");
    return ERR_OPTION;
}

static enum status infer_table(struct arena *arena, const struct csv_dialect *dialect,
                               const struct csv_table *table, struct options *options,
                               struct schema *out, struct error *err)
{
    if (table->n_rows == 0) {
        return nothing_there(err);
    }
    if (table->n_columns > SCHEMA_COLUMNS_MAX) {
        return error_set(err, ERR_LIMIT, "the sample has %u columns, the limit is %d",
                         table->n_columns, SCHEMA_COLUMNS_MAX);
    }
    bool has_header = dialect->header == CSV_HEADER_TRUE || dialect->header == CSV_HEADER_MATCH;
    bool is_asked = options_find(options, "header") != NULL;
    if (dialect->header == CSV_HEADER_AUTO) {
        has_header = looks_like_header(table, is_asked);
    }
    if (!is_asked) {
        TRY(put_text(options, "header", slice_text(has_header ? "true" : "false"), err));
    }
    const char **patterns = arena_zalloc(arena, table->n_columns * sizeof *patterns);
    struct schema schema;
    fill_schema(arena, table, has_header, options_text(options, "columns", ""), patterns, &schema);
    TRY(guess_apply_patterns(&schema, patterns, options, err));
    *out = schema;
    return OK;
}

enum status csv_infer(struct arena *arena, struct options *options, uint8_t delimiter,
                      struct slice sample, struct schema *out, struct error *err)
{
    struct csv_dialect dialect;
    TRY(csv_dialect_init(&dialect, options, delimiter == 0 ? ',' : delimiter, err));
    struct arena scratch;
    arena_init(&scratch);
    struct csv_table table;
    enum status status = OK;
    if (delimiter == 0 && options_find(options, "delimiter") == NULL) {
        find_delimiter(&scratch, &dialect, sample);
        struct slice byte = slice_of(&dialect.delimiter, 1);
        status = put_text(options, "delimiter", *byte.at == '\t' ? slice_text("tab") : byte, err);
    }
    if (status == OK) {
        take_apart(&scratch, &dialect, sample, &table);
        status = infer_table(arena, &dialect, &table, options, out, err);
    }
    arena_release(&scratch);
    return status;
}

/* ---- does it look like CSV at all? ----------------------------------------------------------- */

/* More words than a field of a table has: "09:00:00,123 INFO the reactor is up" has a comma too. */
enum { PROSE_SPACES = 4 };

static bool is_prose(struct slice text)
{
    uint32_t spaces = 0;
    for (size_t i = 0; i < text.len; i++) {
        spaces += text.at[i] == ' ';
    }
    return spaces >= PROSE_SPACES;
}

static bool has_prose_column(const struct csv_table *table)
{
    for (uint32_t col = 0; col < table->n_columns; col++) {
        uint32_t n = 0;
        for (uint32_t row = 0; row < table->n_rows; row++) {
            n += is_prose(text_slice(*cell(table, row, col)));
        }
        if (n * 2 > table->n_rows) {
            return true;
        }
    }
    return false;
}

unsigned csv_fit(struct slice sample)
{
    struct arena scratch;
    struct options none;
    struct csv_dialect dialect;
    struct csv_table table;
    unsigned fit = 0;
    arena_init(&scratch);
    options_init(&none, &scratch);
    if (csv_dialect_init(&dialect, &none, ',', NULL) == OK &&
        find_delimiter(&scratch, &dialect, sample) > 0) {
        take_apart(&scratch, &dialect, sample, &table);
        bool is_table = looks_like_header(&table, false) || !has_prose_column(&table);
        bool is_enough = table.n_rows > 1 || table.n_columns > 2;
        fit = is_table && is_enough ? table_fit(&table) : 0;
    }
    arena_release(&scratch);
    return fit;
}
