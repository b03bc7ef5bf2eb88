/* script: see script.h. */
#include "shell/lab/script.h"

#include <string.h>

#include "engine/io/near.h"

enum { CASES_MAX = 500, SECTIONS_MAX = 200 };

static const char *const section_names[] = {
    [SECTION_STATEMENT] = "statement", [SECTION_INCLUDE] = "include", [SECTION_INPUT] = "input",
    [SECTION_CLOCK] = "clock",         [SECTION_END] = "end",         [SECTION_COLUMNS] = "columns",
    [SECTION_EXPECT] = "expect",       [SECTION_SAID] = "said",       [SECTION_ERROR] = "error",
    [SECTION_FAILURE] = "failure",
};

const char *section_name(enum section_kind kind)
{
    return section_names[kind];
}

bool script_line(struct slice *text, struct slice *line)
{
    if (text->len == 0) {
        return false;
    }
    const uint8_t *end = memchr(text->at, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->at) + 1 : text->len;
    *line = slice_of(text->at, len);
    *text = slice_of(text->at + len, text->len - len);
    return true;
}

/* "--- WORD argument" in two parts; false if the line is no head. */
static bool split_head(struct slice line, struct slice *word, struct slice *argument)
{
    if (line.len < 4 || memcmp(line.at, "--- ", 4) != 0) {
        return false;
    }
    struct slice rest = slice_trim(slice_of(line.at + 4, line.len - 4));
    const uint8_t *space = slice_find(rest, slice_text(" "));
    size_t len = space != NULL ? (size_t)(space - rest.at) : rest.len;
    *word = slice_of(rest.at, len);
    *argument = slice_trim(slice_of(rest.at + len, rest.len - len));
    return true;
}

static bool kind_named(struct slice word, enum section_kind *kind)
{
    for (uint32_t i = 0; i < sizeof section_names / sizeof *section_names; i++) {
        if (slice_equal(word, slice_text(section_names[i]))) {
            *kind = (enum section_kind)i;
            return true;
        }
    }
    return false;
}

/* A file on its way. */
struct reader {
    struct arena *arena;
    struct slice text;
    struct script *script;
    uint32_t line;
};

/* Points the error at `where` of the file. */
static enum status fault_at(const struct reader *reader, struct slice where, struct error *err)
{
    error_place(err, 0, where.at - reader->text.at, (int64_t)where.len);
    return err->status;
}

static enum status no_section(const struct reader *reader, struct slice word, struct error *err)
{
    struct near near;
    near_init(&near, word);
    near_try(&near, "case");
    for (uint32_t i = 0; i < sizeof section_names / sizeof *section_names; i++) {
        near_try(&near, section_names[i]);
    }
    error_set(err, ERR_INPUT, "no section \"%.*s\"", (int)word.len, (const char *)word.at);
    error_hint(err, "case, statement, include, input, clock, end, columns, expect, said, error and "
                    "failure are the sections");
    near_hint(&near, err);
    return fault_at(reader, word, err);
}

static enum status add_case(const struct reader *reader, struct slice name, struct error *err)
{
    struct script *script = reader->script;
    if (script->n == CASES_MAX) {
        error_set(err, ERR_LIMIT, "more than %d cases", CASES_MAX);
        return fault_at(reader, name, err);
    }
    script->cases[script->n++] = (struct script_case){
        .name = name,
        .sections = arena_alloc(reader->arena, SECTIONS_MAX * sizeof(struct section)),
    };
    return OK;
}

/* A head begins a case or a section. */
static enum status add_head(const struct reader *reader, struct slice word, struct slice argument,
                            const uint8_t *end, struct error *err)
{
    struct script *script = reader->script;
    if (slice_equal(word, slice_text("case"))) {
        return add_case(reader, argument, err);
    }
    enum section_kind kind;
    if (!kind_named(word, &kind)) {
        return no_section(reader, word, err);
    }
    struct script_case *last = script->n > 0 ? &script->cases[script->n - 1] : NULL;
    if (last == NULL || last->n == SECTIONS_MAX) {
        error_set(err, ERR_INPUT,
                  last == NULL ? "a section before the first case" : "too many sections in a case");
        return fault_at(reader, word, err);
    }
    last->sections[last->n++] = (struct section){
        .kind = kind,
        .argument = argument,
        .body = slice_of(end, 0),
        .line = reader->line,
    };
    return OK;
}

/* The body of the newest section grows by a line; lines before the first section are free text. */
static void add_line(struct script *script, struct slice line)
{
    struct script_case *last = script->n > 0 ? &script->cases[script->n - 1] : NULL;
    if (last == NULL || last->n == 0) {
        return;
    }
    struct slice *body = &last->sections[last->n - 1].body;
    if (slice_trim(line).len > 0) {
        body->len = (size_t)(line.at + line.len - body->at);
    }
}

enum status script_read(struct arena *arena, struct slice text, struct script *out,
                        struct error *err)
{
    struct reader reader = {.arena = arena, .text = text, .script = out, .line = 1};
    struct slice line;
    struct slice word;
    struct slice argument;
    out->n = 0;
    out->cases = arena_alloc(arena, CASES_MAX * sizeof *out->cases);
    for (; script_line(&text, &line); reader.line++) {
        if (split_head(line, &word, &argument)) {
            TRY(add_head(&reader, word, argument, line.at + line.len, err));
        } else {
            add_line(out, line);
        }
    }
    return out->n > 0 ? OK : error_set(err, ERR_INPUT, "the file has no \"--- case\"");
}

/* A wanted line that ends in … stands for every line that begins like it. */
static bool line_fits(struct slice wanted, struct slice got)
{
    struct slice dots = slice_text("…");
    wanted = slice_trim(wanted);
    got = slice_trim(got);
    bool is_open = wanted.len >= dots.len &&
                   slice_equal(slice_of(wanted.at + wanted.len - dots.len, dots.len), dots);
    if (!is_open) {
        return slice_equal(wanted, got);
    }
    wanted.len -= dots.len;
    return got.len >= wanted.len && slice_equal(slice_of(got.at, wanted.len), wanted);
}

bool script_lines_fit(struct slice wanted, struct slice got)
{
    struct slice wanted_line;
    struct slice got_line;
    while (script_line(&wanted, &wanted_line)) {
        if (!script_line(&got, &got_line) || !line_fits(wanted_line, got_line)) {
            return false;
        }
    }
    return !script_line(&got, &got_line);
}
