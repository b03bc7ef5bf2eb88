/* script: a file of tests/sql as cases and sections (tests/sql/README.md).
 *
 *     TRY(script_read(&arena, text, &script, &err));
 *     for (each case) { for (each section) { … } }
 *
 * Everything is in the arena or points into the text. */
#ifndef TESTS_SQL_RUNNER_SCRIPT_H
#define TESTS_SQL_RUNNER_SCRIPT_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

enum section_kind {
    SECTION_STATEMENT,
    SECTION_INPUT, /* argument: stream, optionally the number of a split */
    SECTION_CLOCK, /* argument: duration */
    SECTION_END,
    SECTION_COLUMNS, /* argument: number of a query, from 1; none = the newest */
    SECTION_EXPECT,  /* the same */
    SECTION_SAID,
    SECTION_ERROR,
    SECTION_FAILURE,
};

struct section {
    enum section_kind kind;
    struct slice argument;
    struct slice body; /* whole lines; empty lines at the end left out */
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

/* ERR_INPUT names the line that is not understood. */
MUST_CHECK enum status script_read(struct arena *arena, struct slice text, struct script *out,
                                   struct error *err);

/* "--- expect", for messages. */
const char *section_name(enum section_kind kind);

/* The next line of `text` with its line end, if it has one; false at the end. */
bool script_line(struct slice *text, struct slice *line);

#endif
