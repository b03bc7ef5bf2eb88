/* findings: what tidy has to say, collected. A note is for people; only a fault fails the test. */
#ifndef TESTS_TIDY_FINDINGS_H
#define TESTS_TIDY_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

struct finding {
    const struct finding *next; /* the one before it */
    const char *rule;
    bool is_note;
    struct slice path;
    uint32_t line; /* from 1 */
    const char *text;
};

struct findings {
    struct arena *arena;
    const struct finding *newest;
    uint32_t n_faults;
    uint32_t n_notes;
};

/* A file under review: `code` is `text` with comments and the insides of strings made blank. */
struct reviewed {
    struct findings *findings;
    struct slice path;
    struct slice text;
    struct slice code;
};

/* Reports a fault at byte `offset` of the file. */
void fault_at(const struct reviewed *file, const char *rule, size_t offset, const char *format, ...)
    PRINTF_LIKE(4, 5);
void note_at(const struct reviewed *file, const char *rule, size_t offset, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Line of byte `offset`, from 1. */
uint32_t line_of(struct slice text, size_t offset);

#endif
