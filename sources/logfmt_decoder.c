/* logfmt_decoder: format logfmt, lines of key=value. A value with blanks stands in quotes, where \"
 * \\ \n \t and \r are escapes. A key without a value is true; "key=" is NULL, key="" the empty
 * text. A column is the value of its name, dots and all; of two equal keys the last counts. */
#include "sources/logfmt_decoder.h"

#include "engine/base/mem.h"
#include "sources/converter.h"
#include "sources/guess.h"
#include "sources/key_tree.h"
#include "sources/line_index.h"
#include "sources/sources.h"

enum { INFER_COLUMNS_MAX = 1024, INFER_LINES_MAX = 64 };

struct logfmt_value {
    struct text text; /* between the quotes */
    bool has_escapes;
    bool is_bare; /* no "=": the key alone */
};

struct logfmt_decoder {
    struct decoder base;
    struct line_index index;
    struct converter converter;
    struct key_tree tree;
    uint32_t n_columns;
    struct logfmt_value *values; /* by column, BATCH_ROWS each */
    struct slice records[BATCH_ROWS];
};

static struct logfmt_decoder *logfmt_of(struct decoder *decoder)
{
    return (struct logfmt_decoder *)decoder;
}

/* ---- one line ------------------------------------------------------------------------------- */

/* Behind the opening quote. False: it is not closed. */
static bool cut_quoted(struct slice *rest, struct logfmt_value *out)
{
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->at[i] == '\\' && i + 1 < rest->len) {
            out->has_escapes = true;
            i++;
        } else if (rest->at[i] == '"') {
            out->text = (struct text){rest->at, (uint32_t)i};
            *rest = slice_of(rest->at + i + 1, rest->len - i - 1);
            return true;
        }
    }
    return false;
}

static size_t word_length(struct slice text, uint8_t other_end)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != ' ' && text.at[len] != '\t' &&
           text.at[len] != other_end) {
        len++;
    }
    return len;
}

/* Cuts the next pair off *rest. NULL and no key: the line has ended. Else NULL, or what is wrong.
 */
static const char *cut_pair(struct slice *rest, struct slice *key, struct logfmt_value *value)
{
    static const struct text yes = {(const uint8_t *)"true", 4};
    *rest = slice_trim(*rest);
    *key = slice_of(rest->at, word_length(*rest, '='));
    *value = (struct logfmt_value){.text = yes, .is_bare = true};
    if (rest->len == 0) {
        return NULL;
    }
    if (key->len == 0 || memchr(key->at, '"', key->len) != NULL) {
        return "no key=value";
    }
    *rest = slice_of(rest->at + key->len, rest->len - key->len);
    if (rest->len == 0 || rest->at[0] != '=') {
        return NULL;
    }
    value->is_bare = false;
    *rest = slice_of(rest->at + 1, rest->len - 1);
    if (rest->len > 0 && rest->at[0] == '"') {
        *rest = slice_of(rest->at + 1, rest->len - 1);
        return cut_quoted(rest, value) ? NULL : "unterminated quote";
    }
    size_t len = word_length(*rest, ' ');
    value->text = len == 0 ? null_field() : (struct text){rest->at, (uint32_t)len};
    *rest = slice_of(rest->at + len, rest->len - len);
    return NULL;
}

/* NULL, or why the line is none: no pair with "=" in it, or a broken one. */
static const char *take_line(struct logfmt_decoder *logfmt, struct slice text, uint32_t row)
{
    struct slice rest = text;
    struct slice key;
    struct logfmt_value value;
    const char *reason;
    for (uint32_t col = 0; col < logfmt->n_columns; col++) {
        logfmt->values[(size_t)col * BATCH_ROWS + row] =
            (struct logfmt_value){.text = null_field()};
    }
    logfmt->records[row] = text;
    while ((reason = cut_pair(&rest, &key, &value)) == NULL && key.len > 0) {
        uint16_t child = key_tree_child(&logfmt->tree, KEY_TREE_ROOT, key);
        if (child != KEY_TREE_NONE) {
            size_t col = (size_t)logfmt->tree.nodes[child].column;
            logfmt->values[col * BATCH_ROWS + row] = value;
        }
    }
    bool has_pair = text.len > 0 && memchr(text.at, '=', text.len) != NULL;
    return reason == NULL && !has_pair ? "no key=value" : reason;
}

static struct text value_text(struct arena *arena, const struct logfmt_value *value)
{
    static const char letters[] = "nrt";
    static const char meanings[] = "\n\r\t";
    if (!value->has_escapes) {
        return value->text;
    }
    uint8_t *copy = arena_alloc(arena, value->text.len);
    uint32_t n = 0;
    for (uint32_t i = 0; i < value->text.len; i++) {
        uint8_t c = value->text.at[i];
        if (c == '\\' && i + 1 < value->text.len) {
            c = value->text.at[++i];
            const char *letter = c == 0 ? NULL : strchr(letters, c);
            c = letter == NULL ? c : (uint8_t)meanings[letter - letters];
        }
        copy[n++] = c;
    }
    return (struct text){copy, n};
}

unsigned logfmt_fit(struct slice sample)
{
    uint32_t n_lines = 0;
    uint32_t n_good = 0;
    while (sample.len > 0) {
        struct slice line = slice_trim(line_cut(&sample));
        struct slice key;
        struct logfmt_value value;
        uint32_t n_words = 0;
        uint32_t n_pairs = 0;
        n_lines += line.len > 0;
        while (cut_pair(&line, &key, &value) == NULL && key.len > 0) {
            n_words++;
            n_pairs += !value.is_bare;
        }
        n_good += line.len == 0 && n_pairs >= 2 && n_pairs * 5 >= n_words * 4;
    }
    return n_lines == 0 ? 0 : 100 * n_good / n_lines;
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static enum status logfmt_setup(struct logfmt_decoder *logfmt, const struct decoder_config *config,
                                struct error *err)
{
    logfmt->n_columns = config->schema->n;
    TRY(line_index_init(&logfmt->index, config, '\n', '\n', err));
    TRY(key_tree_init(&logfmt->tree, config->schema, false, err));
    TRY(converter_init(&logfmt->converter, config, "auto", err));
    logfmt->values = mem_zalloc((size_t)logfmt->n_columns * BATCH_ROWS * sizeof *logfmt->values);
    return OK;
}

static void logfmt_close(struct decoder *decoder)
{
    struct logfmt_decoder *logfmt = logfmt_of(decoder);
    converter_release(&logfmt->converter);
    key_tree_release(&logfmt->tree);
    line_index_release(&logfmt->index);
    mem_free(logfmt->values);
    mem_free(logfmt);
}

static enum status logfmt_open(const struct decoder_config *config, struct decoder **out,
                               struct error *err)
{
    struct logfmt_decoder *logfmt = mem_zalloc(sizeof *logfmt);
    logfmt->base.kind = &logfmt_decoder_kind;
    enum status status = logfmt_setup(logfmt, config, err);
    if (status != OK) {
        logfmt_close(&logfmt->base);
        return status;
    }
    *out = &logfmt->base;
    return OK;
}

static size_t logfmt_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    return line_index_block(&logfmt_of(decoder)->index, bytes, is_final);
}

static uint32_t logfmt_next(struct decoder *decoder, uint32_t max)
{
    struct logfmt_decoder *logfmt = logfmt_of(decoder);
    struct line_index *index = &logfmt->index;
    uint32_t n_good = 0;
    uint32_t n;
    while (n_good == 0 && (n = line_index_next(index, max)) > 0) {
        const struct line *lines = line_index_batch(index);
        for (uint32_t i = 0; i < n; i++) {
            struct slice text = line_index_text(index, &lines[i]);
            const char *reason = take_line(logfmt, text, n_good);
            if (reason == NULL) {
                n_good++;
            } else if (slice_trim(text).len > 0) { /* a blank line is no row */
                index->reject->reject(index->reject->owner, lines[i].begin, text, -1, reason);
            }
        }
    }
    return n_good;
}

static void logfmt_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                          const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    struct logfmt_decoder *logfmt = logfmt_of(decoder);
    const struct logfmt_value *values = logfmt->values + (size_t)col * BATCH_ROWS;
    struct conversion conversion = {
        .decoder = decoder,
        .arena = arena,
        .block = logfmt->index.bytes.at,
        .col = col,
        .rows = rows,
        .n = n,
        .has_null = true,
        .reject = reject,
    };
    converter_begin(&logfmt->converter, &conversion);
    for (uint32_t i = 0; i < n; i++) {
        conversion.fields[i] = value_text(arena, &values[rows == NULL ? i : rows[i]]);
    }
    converter_finish(&logfmt->converter, &conversion);
    *out = column_view(&conversion.out, n);
}

static struct slice logfmt_record(const struct decoder *decoder, uint32_t row)
{
    return ((const struct logfmt_decoder *)decoder)->records[row];
}

/* ---- infer ---------------------------------------------------------------------------------- */

static void add_line(struct arena *arena, struct arena *scratch, struct slice line,
                     struct schema *schema, struct guess *guesses)
{
    struct slice key;
    struct logfmt_value value;
    while (cut_pair(&line, &key, &value) == NULL && key.len > 0) {
        int i = schema_find(schema, key);
        if (i < 0 && schema->n < INFER_COLUMNS_MAX) {
            i = (int)schema->n++;
            schema->fields[i] = (struct field){.name = arena_copy(arena, key)};
            guess_init(&guesses[i]);
        }
        if (i >= 0 && !field_is_null(value.text)) {
            guess_add(&guesses[i], text_slice(value_text(scratch, &value)));
        }
    }
}

static enum status add_lines(struct arena *arena, struct arena *scratch, struct slice sample,
                             struct schema *schema, struct options *options, struct error *err)
{
    const char **patterns = arena_zalloc(scratch, INFER_COLUMNS_MAX * sizeof *patterns);
    struct guess *guesses = arena_alloc(scratch, INFER_COLUMNS_MAX * sizeof *guesses);
    for (uint32_t i = 0; i < INFER_LINES_MAX && sample.len > 0; i++) {
        add_line(arena, scratch, line_cut(&sample), schema, guesses);
    }
    for (uint32_t i = 0; i < schema->n; i++) {
        schema->fields[i].type = guess_type(&guesses[i], schema->fields[i].name);
        patterns[i] = guess_pattern(&guesses[i]);
    }
    return guess_apply_patterns(schema, patterns, options, err);
}

static enum status logfmt_infer(struct arena *arena, struct options *options, struct slice argument,
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
        error_set(err, ERR_OPTION, "the columns are not declared and no key=value is there");
        error_hint(err, "declare them: CREATE STREAM name (ts TIMESTAMP, level TEXT, …) FROM …");
        return ERR_OPTION;
    }
    *out = schema;
    *time_column = -1;
    return OK;
}

static const struct option_spec logfmt_options[] = {LINE_INDEX_OPTIONS, CONVERTER_OPTIONS, {0}};

static const char *const logfmt_samples[] = {
    "ts=2026-01-05T09:00:00Z level=info msg=\"card \\\"4001\\\" read\" took=15 retry user=\n",
    "ts=2026-01-05T09:00:00Z, level=info, msg=card \"4001\" read, took=15, retry=true, user=NULL",
    NULL,
};

const struct decoder_kind logfmt_decoder_kind = {
    .name = "logfmt",
    .summary = "lines of key=value",
    .options = logfmt_options,
    .samples = logfmt_samples,
    .needs_sample = true,
    .infer = logfmt_infer,
    .open = logfmt_open,
    .block = logfmt_block,
    .next = logfmt_next,
    .column = logfmt_column,
    .record = logfmt_record,
    .close = logfmt_close,
};
