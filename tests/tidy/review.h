/* review: the rules, applied to one file. Each function below is one group of rules; review_file
 * calls those that suit the kind of file. */
#ifndef TESTS_TIDY_REVIEW_H
#define TESTS_TIDY_REVIEW_H

#include "tests/tidy/findings.h"
#include "tests/tidy/rulebook.h"

enum {
    FILE_LINES_SOFT = 600, /* style.md rule 18 */
    FILE_LINES_MAX = 1000,
    FUNCTION_LINES_SOFT = 60,
    FUNCTION_LINES_MAX = 90,
    COLUMNS_MAX = 100,
};

/* Applies all rules for files of this name. `findings` collects what is wrong. */
void review_file(const struct rulebook *book, struct slice path, struct slice text,
                 struct findings *findings);

/* White space, line and file length, banned words: any text file. */
void review_text(const struct rulebook *book, const struct reviewed *file);

/* Includes against the law, include guards, conditional compilation. */
void review_directives(const struct rulebook *book, const struct reviewed *file);

/* Banned calls and words in code, `long`, typedefs of structs. */
void review_words(const struct rulebook *book, const struct reviewed *file);

/* Length of functions; variables that live longer than a call and are not const. */
void review_scopes(const struct rulebook *book, const struct reviewed *file);

#endif
