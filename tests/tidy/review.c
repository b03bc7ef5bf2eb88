/* review: which rules a file is under; see review.h. */
#include "tests/tidy/review.h"

#include "tests/tidy/scanner.h"

void review_file(const struct rulebook *book, struct slice path, struct slice text,
                 struct findings *findings)
{
    struct reviewed file = {.findings = findings, .path = path, .text = text, .code = text};
    review_text(book, &file);
    if (!slice_ends(path, ".c") && !slice_ends(path, ".h") && !slice_ends(path, ".def")) {
        return;
    }
    file.code = code_only(findings->arena, text);
    review_directives(book, &file);
    review_words(book, &file);
    if (!slice_ends(path, ".def")) {
        review_scopes(book, &file);
    }
}
