/* review_scopes: functions and variables by where they stand; see review.h.
 *
 * The file is read as a row of statements at brace depth 0. What is between braces there is either
 * the body of a function or belongs to the statement (a struct, an initialiser). */
#include "tests/tidy/review.h"
#include "tests/tidy/scanner.h"

/* A statement at depth 0, its braces left out. */
struct statement {
    size_t from;
    size_t len;
    uint8_t text[4096];
};

static struct slice statement_slice(const struct statement *statement)
{
    return slice_of(statement->text, statement->len);
}

static void statement_add(struct statement *statement, uint8_t byte)
{
    if (statement->len < sizeof statement->text) {
        statement->text[statement->len++] = byte;
    }
}

/* Cuts `text` before the first `byte`. */
static struct slice cut_before(struct slice text, uint8_t byte)
{
    const uint8_t *found = slice_find(text, slice_of(&byte, 1));
    return found != NULL ? slice_of(text.at, (size_t)(found - text.at)) : text;
}

static struct slice behind_last_star(struct slice text)
{
    size_t from = text.len;
    while (from > 0 && text.at[from - 1] != '*') {
        from--;
    }
    return slice_of(text.at + from, text.len - from);
}

static bool has_word(struct slice text, const char *wanted)
{
    size_t at = 0;
    struct slice word;
    while (next_word(text, &at, &word)) {
        if (slice_is(word, wanted)) {
            return true;
        }
    }
    return false;
}

static struct slice last_word(struct slice text)
{
    size_t at = 0;
    struct slice word;
    struct slice last = {0};
    while (next_word(text, &at, &word)) {
        last = word;
    }
    return last;
}

static bool is_qualifier(struct slice word)
{
    return slice_is(word, "static") || slice_is(word, "const");
}

/* "struct x", "struct x {}", "enum {}", and "scan_fn scan", which declares a function: callback
 * types are named so. */
static bool declares_no_variable(struct slice declaration)
{
    struct slice trimmed = slice_trim(declaration);
    if (trimmed.len == 0 || slice_ends(trimmed, "}")) {
        return true;
    }
    size_t at = 0;
    struct slice word;
    uint32_t n = 0;
    bool is_aggregate = false;
    bool is_callback = false;
    while (next_word(declaration, &at, &word)) {
        if (is_qualifier(word)) {
            continue;
        }
        is_aggregate |= n == 0 && (slice_is(word, "struct") || slice_is(word, "union") ||
                                   slice_is(word, "enum"));
        is_callback |= n == 0 && slice_ends(word, "_fn");
        n++;
    }
    return (is_aggregate || is_callback) && n == 2;
}

/* The name of a variable that can change, or empty: `int n`, `const char *names[]`. */
static struct slice mutable_variable(struct slice statement)
{
    struct slice declaration = cut_before(cut_before(statement, '='), '[');
    if (has_word(declaration, "typedef") || has_word(declaration, "extern") ||
        slice_find(declaration, slice_of("(", 1)) != NULL || declares_no_variable(declaration)) {
        return (struct slice){0};
    }
    return has_word(behind_last_star(declaration), "const") ? (struct slice){0}
                                                            : last_word(declaration);
}

static void review_variable(const struct rulebook *book, const struct reviewed *file,
                            struct slice statement, size_t offset)
{
    struct slice name = mutable_variable(statement);
    if (name.len == 0 || slice_starts(file->path, "tests/")) {
        return; /* a test program may have a fixture */
    }
    for (uint32_t i = 0; i < book->n_bans; i++) {
        const struct ban *ban = &book->bans[i];
        if (ban->kind == BAN_VARIABLE && slice_equal(ban->name, name) &&
            places_hold(ban->places, file->path)) {
            return;
        }
    }
    fault_at(file, "mutable", offset, "\"%.*s\" outlives a call and is not const", (int)name.len,
             (const char *)name.at);
}

/* Variables inside a function that keep their value: body = code[from, to). */
static void review_static_locals(const struct rulebook *book, const struct reviewed *file,
                                 struct slice code, size_t from, size_t to)
{
    struct slice body = slice_of(code.at, to);
    size_t at = from;
    struct slice word;
    while (next_word(body, &at, &word)) {
        if (slice_is(word, "static")) {
            struct slice rest = slice_of(body.at + at, body.len - at);
            review_variable(book, file, cut_before(cut_before(rest, ';'), '{'), at);
        }
    }
}

static void review_function(const struct reviewed *file, struct slice signature, size_t from,
                            size_t to)
{
    uint32_t lines = line_of(file->code, to) - line_of(file->code, from) + 1;
    struct slice name = last_word(cut_before(signature, '('));
    if (lines > FUNCTION_LINES_MAX) {
        fault_at(file, "function-length", from, "%.*s has %u lines, the limit is %d", (int)name.len,
                 (const char *)name.at, lines, FUNCTION_LINES_MAX);
    } else if (lines > FUNCTION_LINES_SOFT) {
        note_at(file, "function-length", from, "%.*s has %u lines; %d are enough", (int)name.len,
                (const char *)name.at, lines, FUNCTION_LINES_SOFT);
    }
}

/* Offset of the brace that closes the one at `open`; code.len if none does. */
static size_t matching_brace(struct slice code, size_t open)
{
    uint32_t depth = 0;
    for (size_t at = open; at < code.len; at++) {
        depth += code.at[at] == '{';
        depth -= code.at[at] == '}';
        if (depth == 0) {
            return at;
        }
    }
    return code.len;
}

/* A body follows if the statement so far ends a parameter list. */
static bool is_signature(struct slice statement)
{
    return slice_ends(slice_trim(statement), ")") &&
           cut_before(statement, '=').len == statement.len;
}

void review_scopes(const struct rulebook *book, const struct reviewed *file)
{
    struct slice code = code_without_directives(file->findings->arena, file->code);
    struct statement statement = {0};
    for (size_t at = 0; at < code.len; at++) {
        uint8_t byte = code.at[at];
        if (slice_trim(statement_slice(&statement)).len == 0) {
            statement.from = at;
            statement.len = 0;
        }
        if (byte == '{') {
            size_t end = matching_brace(code, at);
            if (is_signature(statement_slice(&statement))) {
                review_function(file, statement_slice(&statement), statement.from, end);
                review_static_locals(book, file, code, at, end);
                statement.len = 0;
            } else {
                statement_add(&statement, '{');
                statement_add(&statement, '}');
            }
            at = end;
        } else if (byte == ';') {
            review_variable(book, file, statement_slice(&statement), statement.from);
            statement.len = 0;
        } else {
            statement_add(&statement, byte);
        }
    }
}
