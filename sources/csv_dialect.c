/* csv_dialect: see csv_dialect.h. */
#include "sources/csv_dialect.h"

#include "engine/io/decoder.h"

enum { SKIP_LINES_MAX = 1000000, RECORD_BYTES_LIMIT = 1 << 30 };

const struct option_spec csv_options[] = {
    {"delimiter", OPTION_TEXT, ",", "one byte between fields, or tab"},
    {"quote", OPTION_TEXT, "\"", "one byte around fields; empty: none"},
    {"escape", OPTION_TEXT, "the quote", "one byte in front of a quote within quotes"},
    {"header", OPTION_TEXT, "auto",
     "true, false, match (columns go by its names), auto (skipped if it is the names)"},
    {"null", OPTION_TEXT, "", "the unquoted text that means NULL"},
    {"comment", OPTION_TEXT, NULL, "records that begin with this byte are skipped"},
    {"skip", OPTION_INTEGER, "0", "lines to skip in front of everything"},
    {"columns", OPTION_TEXT, NULL, "names of the columns, with commas, if there is no header"},
    {"max_line", OPTION_BYTES, "1MiB", "a longer record is a bad row"},
    {"timestamp", OPTION_TEXT, "auto", "iso, clf, epoch_ms, … or a strptime pattern"},
    {"tz", OPTION_TEXT, "UTC", "time zone of stamps that carry none"},
    {0},
};

static enum status bad_byte(const struct option *option, const char *what, struct error *err)
{
    error_set(err, ERR_OPTION, "option %.*s = \"%.*s\" %s", (int)option->key.len,
              (const char *)option->key.at, (int)option->value.len, (const char *)option->value.at,
              what);
    error_place(err, 120, option->at, option->at < 0 ? -1 : (int64_t)option->key.len);
    return ERR_OPTION;
}

/* Reads a one-byte option. *has = false if it is empty, or not given and `fallback` is 0. */
static enum status read_byte(const struct options *options, const char *name, uint8_t fallback,
                             uint8_t *byte, bool *has, struct error *err)
{
    const struct option *option = options_find(options, name);
    *byte = fallback;
    *has = fallback != 0;
    if (option == NULL) {
        return OK;
    }
    struct slice value = option->value;
    if (slice_equal(value, slice_text("\\t")) || slice_equal_nocase(value, slice_text("tab"))) {
        value = slice_text("\t");
    }
    if (value.len > 1) {
        return bad_byte(option, "is not one byte", err);
    }
    *has = value.len == 1;
    *byte = value.len == 1 ? value.at[0] : 0;
    if (*has && (*byte == 0 || *byte == '\n' || *byte == '\r')) {
        return bad_byte(option, "cannot be a line end or NUL", err);
    }
    return OK;
}

static enum status read_header(const struct options *options, enum csv_header *out,
                               struct error *err)
{
    struct slice value = options_text(options, "header", "auto");
    if (slice_equal_nocase(value, slice_text("auto"))) {
        *out = CSV_HEADER_AUTO;
        return OK;
    }
    if (slice_equal_nocase(value, slice_text("match"))) {
        *out = CSV_HEADER_MATCH;
        return OK;
    }
    bool header;
    if (options_boolean(options, "header", false, &header, NULL) != OK) {
        return bad_byte(options_find(options, "header"), "is not true, false, match or auto", err);
    }
    *out = header ? CSV_HEADER_TRUE : CSV_HEADER_FALSE;
    return OK;
}

static enum status check_bytes_differ(const struct csv_dialect *dialect, struct error *err)
{
    if (dialect->has_quote && dialect->quote == dialect->delimiter) {
        return error_set(err, ERR_OPTION, "quote and delimiter are both \"%c\"", dialect->quote);
    }
    if (dialect->has_escape && dialect->escape == dialect->delimiter) {
        return error_set(err, ERR_OPTION, "escape and delimiter are both \"%c\"", dialect->escape);
    }
    if (dialect->has_comment && (dialect->comment == dialect->delimiter ||
                                 (dialect->has_quote && dialect->comment == dialect->quote))) {
        return error_set(err, ERR_OPTION, "comment \"%c\" is the delimiter or the quote",
                         dialect->comment);
    }
    return OK;
}

enum status csv_dialect_init(struct csv_dialect *dialect, const struct options *options,
                             uint8_t delimiter, struct error *err)
{
    struct csv_dialect got = {0};
    bool has_delimiter;
    TRY(read_byte(options, "delimiter", delimiter, &got.delimiter, &has_delimiter, err));
    if (!has_delimiter) {
        return bad_byte(options_find(options, "delimiter"), "is not one byte", err);
    }
    TRY(read_byte(options, "quote", '"', &got.quote, &got.has_quote, err));
    TRY(read_byte(options, "escape", 0, &got.escape, &got.has_escape, err));
    got.has_escape = got.has_escape && got.has_quote && got.escape != got.quote;
    TRY(read_byte(options, "comment", 0, &got.comment, &got.has_comment, err));
    TRY(check_bytes_differ(&got, err));
    TRY(read_header(options, &got.header, err));
    int64_t number = 0;
    TRY(options_integer(options, "skip", 0, SKIP_LINES_MAX, &number, err));
    got.skip_lines = (uint32_t)number;
    TRY(options_bytes(options, "max_line", RECORD_BYTES_MAX, &number, err));
    if (number < 1 || number > RECORD_BYTES_LIMIT) {
        return bad_byte(options_find(options, "max_line"), "is not between 1 and 1GiB", err);
    }
    got.record_bytes_max = (uint32_t)number;
    got.null_text = options_text(options, "null", "");
    *dialect = got;
    return OK;
}

uint32_t csv_undo_escapes(const struct csv_dialect *dialect, struct slice inner, uint8_t *out)
{
    uint8_t escape = dialect->has_escape ? dialect->escape : dialect->quote;
    uint32_t n = 0;
    for (size_t i = 0; i < inner.len; i++) {
        bool is_mark = inner.at[i] == escape || inner.at[i] == dialect->quote;
        i += is_mark && i + 1 < inner.len;
        out[n++] = inner.at[i];
    }
    return n;
}
