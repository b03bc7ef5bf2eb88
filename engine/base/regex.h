/* regex: Perl regular expressions by PCRE2 with its JIT, on texts of any bytes.
 *
 *     struct regex *regex = regex_new(pattern, REGEX_NOCASE, wrong);
 *     if (regex == NULL) { …wrong says why… }
 *     switch (regex_match(regex, text, 0)) { case REGEX_MATCH: … regex_group(regex, 1, &part) … }
 *     regex_free(regex);
 *
 * Characters are UTF-8 where a text is not ASCII, so that . is one character; bytes that are not
 * UTF-8 match nothing. ASCII texts take a faster code that gives the same. A match may take
 * REGEX_STEPS_MAX steps of backtracking, no more: patterns such as (a+)+$ would otherwise stop a
 * query for ever on one line. */
#ifndef ENGINE_BASE_REGEX_H
#define ENGINE_BASE_REGEX_H

#include "engine/base/slice.h"

/* About 5 ms of the JIT's time. */
enum { REGEX_STEPS_MAX = 1000000, REGEX_PATTERN_MAX = 32768, REGEX_ERROR_BYTES = 160 };

enum regex_flags {
    REGEX_NOCASE = 1,   /* i */
    REGEX_DOT_ALL = 2,  /* s: . matches a line end too */
    REGEX_LINES = 4,    /* m: ^ and $ at line ends too */
    REGEX_EXTENDED = 8, /* x: white space in the pattern is not part of it */
};

enum regex_result { REGEX_MATCH, REGEX_NO_MATCH, REGEX_OVER_LIMIT };

struct regex;

/* NULL if the pattern is none; `wrong` then holds why and where, as a text. */
struct regex *regex_new(struct slice pattern, unsigned flags, char wrong[REGEX_ERROR_BYTES]);
void regex_free(struct regex *regex);

/* The first match at or behind byte `start` of the text. */
enum regex_result regex_match(struct regex *regex, struct slice text, size_t start);

/* Groups of the last match; 0 is all of it. False if the group took no part. Points into the text.
 */
bool regex_group(const struct regex *regex, uint32_t group, struct slice *out);

/* How many groups the pattern has, without group 0. */
uint32_t regex_groups(const struct regex *regex);

/* The name of a group, (?<name>…); false if it has none. Points into the pattern's code. */
bool regex_group_name(const struct regex *regex, uint32_t group, struct slice *out);

#endif
