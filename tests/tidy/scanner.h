/* scanner: small steps over the text of a C file.
 *
 *     struct slice code = code_only(arena, text);      // same length, same lines
 *     size_t at = 0;
 *     struct slice word;
 *     while (next_word(code, &at, &word)) { … }        // `at` stands behind the word
 */
#ifndef TESTS_TIDY_SCANNER_H
#define TESTS_TIDY_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"

/* A copy in which comments and the insides of strings and character constants are spaces. Offsets
 * and line ends stay where they are. */
struct slice code_only(struct arena *arena, struct slice text);

/* Also makes preprocessor lines blank, their continuation lines too. */
struct slice code_without_directives(struct arena *arena, struct slice code);

bool is_word_byte(uint8_t byte);

/* The next identifier or number at or behind *at; false at the end. */
bool next_word(struct slice code, size_t *at, struct slice *word);

/* The next line without its line end, as a slice; false at the end. */
bool next_line(struct slice text, size_t *at, struct slice *line);

/* First byte at or behind `at` that is no white space; text.len if there is none. */
size_t skip_space(struct slice text, size_t at);
/* Last byte before `at` that is no white space; 0 (a NUL) if there is none. */
uint8_t byte_before(struct slice text, size_t at);

bool slice_starts(struct slice text, const char *prefix);
bool slice_ends(struct slice text, const char *suffix);
bool slice_is(struct slice text, const char *whole);

#endif
