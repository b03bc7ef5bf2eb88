/* script: see script.h. */
#include "tests/sql_runner/script.h"

#include <string.h>

enum { CASES_MAX = 500, SECTIONS_MAX = 200 };

static const char *const section_names[] = {
    [SECTION_STATEMENT] = "statement", [SECTION_INPUT] = "input",
    [SECTION_CLOCK] = "clock",         [SECTION_END] = "end",
    [SECTION_COLUMNS] = "columns",     [SECTION_EXPECT] = "expect",
    [SECTION_SAID] = "said",           [SECTION_ERROR] = "error",
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

/* A head begins a case or a section. */
static enum status add_head(struct arena *arena, struct script *script, struct slice word,
                            struct slice argument, uint32_t line, struct error *err)
{
    if (slice_equal(word, slice_text("case"))) {
        if (script->n == CASES_MAX) {
            return error_set(err, ERR_LIMIT, "line %u: more than %d cases", line, CASES_MAX);
        }
        script->cases[script->n++] = (struct script_case){
            .name = argument,
            .sections = arena_alloc(arena, SECTIONS_MAX * sizeof(struct section)),
        };
        return OK;
    }
    enum section_kind kind;
    if (!kind_named(word, &kind)) {
        return error_set(err, ERR_INPUT, "line %u: no section \"%.*s\"", line, (int)word.len,
                         (const char *)word.at);
    }
    struct script_case *last = script->n > 0 ? &script->cases[script->n - 1] : NULL;
    if (last == NULL || last->n == SECTIONS_MAX) {
        return error_set(err, ERR_INPUT, "line %u: %s", line,
                         last == NULL ? "a section before the first case" : "too many sections");
    }
    last->sections[last->n++] = (struct section){.kind = kind, .argument = argument, .line = line};
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
    if (body->at == NULL) {
        body->at = line.at;
    }
    if (slice_trim(line).len > 0) {
        body->len = (size_t)(line.at + line.len - body->at);
    }
}

enum status script_read(struct arena *arena, struct slice text, struct script *out,
                        struct error *err)
{
    struct slice line;
    struct slice word;
    struct slice argument;
    out->n = 0;
    out->cases = arena_alloc(arena, CASES_MAX * sizeof *out->cases);
    for (uint32_t number = 1; script_line(&text, &line); number++) {
        if (split_head(line, &word, &argument)) {
            TRY(add_head(arena, out, word, argument, number, err));
        } else {
            add_line(out, line);
        }
    }
    return out->n > 0 ? OK : error_set(err, ERR_INPUT, "the file has no cases");
}
