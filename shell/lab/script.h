/* script: a test file as cases and sections (docs/testing.md).
 *
 *     TRY(script_read(&arena, text, &script, &err));
 *     for (each case) { for (each section) { … } }
 *
 * Everything is in the arena or points into the text. */
#ifndef SHELL_LAB_SCRIPT_H
#define SHELL_LAB_SCRIPT_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

enum section_kind {
    SECTION_STATEMENT,
    SECTION_INCLUDE, /* argument: a file of statements */
    SECTION_INPUT,   /* argument: stream, optionally the number of a split */
    SECTION_CLOCK,   /* argument: a duration or a time */
    SECTION_END,
    SECTION_COLUMNS, /* argument: a query's name or number, from 1; none = the newest */
    SECTION_EXPECT,  /* the same */
    SECTION_SAID,
    SECTION_ERROR,
    SECTION_FAILURE,
};

struct section {
    enum section_kind kind;
    struct slice argument;
    struct slice body; /* whole lines behind the head; empty lines at the end left out */
    uint32_t line;     /* of its head in the file */
};

struct script_case {
    struct slice name;
    uint32_t n;
    struct section *sections;
};

struct script {
    uint32_t n;
    struct script_case *cases;
};

/* Errors point at their place in the text, with near names where a section has none. */
MUST_CHECK enum status script_read(struct arena *arena, struct slice text, struct script *out,
                                   struct error *err);

/* "--- expect", for messages. */
const char *section_name(enum section_kind kind);

/* The next line of `text` with its line end, if it has one; false at the end. */
bool script_line(struct slice *text, struct slice *line);

/* The lines of `got` are those of `wanted`, white space at both ends aside; one that ends in …
 * stands for every line that begins like it. */
bool script_lines_fit(struct slice wanted, struct slice got);

#endif
