/* review_directives: includes, guards and conditional compilation; see review.h. */
#include <string.h>

#include "engine/base/panic.h"
#include "tests/tidy/review.h"
#include "tests/tidy/scanner.h"

/* `"engine/data/batch.h"` from a file of room `from`. */
static void review_own_include(const struct rulebook *book, const struct reviewed *file,
                               struct slice included, size_t offset)
{
    const struct law *from = rulebook_room(book, file->path);
    const struct law *to = rulebook_room(book, included);
    if (to == NULL || memchr(included.at, '/', included.len) == NULL) {
        fault_at(file, "include-root", offset, "\"%.*s\" is not written from the root",
                 (int)included.len, (const char *)included.at);
        return;
    }
    if (from == NULL) {
        fault_at(file, "include-law", offset, "include_law.txt has no line for this folder");
        return;
    }
    bool is_test = slice_starts(file->path, "tests/");
    if (from != to && !places_hold(from->list, to->name) &&
        !(is_test && slice_starts(included, "tests/support/"))) {
        fault_at(file, "include-law", offset, "%.*s does not include %.*s", (int)from->name.len,
                 (const char *)from->name.at, (int)to->name.len, (const char *)to->name.at);
    }
}

/* `<uv.h>`: free unless the law names the header. */
static void review_system_include(const struct rulebook *book, const struct reviewed *file,
                                  struct slice bracketed, size_t offset)
{
    const struct law *law = rulebook_law(book, bracketed);
    if (law != NULL && !places_hold(law->list, file->path)) {
        fault_at(file, "include-law", offset, "%.*s belongs to %.*s", (int)bracketed.len,
                 (const char *)bracketed.at, (int)law->list.len, (const char *)law->list.at);
    }
}

static void review_include(const struct rulebook *book, const struct reviewed *file,
                           struct slice rest, size_t offset)
{
    rest = slice_trim(rest);
    if (rest.len < 2) {
        return;
    }
    uint8_t close = rest.at[0] == '<' ? '>' : '"';
    const uint8_t *end = memchr(rest.at + 1, close, rest.len - 1);
    if (end == NULL) {
        return;
    }
    struct slice quoted = slice_of(rest.at, (size_t)(end - rest.at) + 1);
    if (close == '>') {
        review_system_include(book, file, quoted, offset);
    } else {
        review_own_include(book, file, slice_of(quoted.at + 1, quoted.len - 2), offset);
    }
}

/* ENGINE_DATA_BATCH_H for engine/data/batch.h. */
static bool is_guard_of(struct slice name, struct slice path)
{
    if (name.len != path.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t wanted = is_word_byte(path.at[i]) ? ascii_lower(path.at[i]) : (uint8_t)'_';
        if (ascii_lower(name.at[i]) != wanted) {
            return false;
        }
    }
    return true;
}

static bool needs_guard(struct slice path)
{
    return slice_ends(path, ".h") && !slice_ends(path, ".tmpl.h");
}

/* #if, #ifdef, #ifndef: allowed in engine/base and as the guard of a header. */
static void review_condition(const struct reviewed *file, struct slice directive, bool is_first,
                             size_t offset)
{
    if (is_first && needs_guard(file->path)) {
        size_t at = strlen("ifndef");
        struct slice name = {0};
        if (slice_starts(directive, "ifndef")) {
            (void)next_word(directive, &at, &name);
        }
        if (!is_guard_of(name, file->path)) {
            fault_at(file, "guard", offset, "the include guard is not named after the file");
        }
        return;
    }
    if (!slice_starts(file->path, "engine/base/")) {
        fault_at(file, "condition", offset, "conditional compilation outside engine/base");
    }
}

void review_directives(const struct rulebook *book, const struct reviewed *file)
{
    size_t at = 0;
    struct slice line;
    bool is_first = true;
    while (next_line(file->code, &at, &line)) {
        struct slice directive = slice_trim(line);
        if (!slice_starts(directive, "#")) {
            continue;
        }
        size_t offset = (size_t)(line.at - file->code.at);
        directive = slice_trim(slice_of(directive.at + 1, directive.len - 1));
        if (slice_starts(directive, "include")) {
            size_t skip = (size_t)(directive.at - file->code.at) + strlen("include");
            struct slice rest = slice_of(file->text.at + skip, line.len + offset - skip);
            review_include(book, file, rest, offset);
        } else if (slice_starts(directive, "if")) {
            review_condition(file, directive, is_first, offset);
            is_first = false;
        }
    }
    if (is_first && needs_guard(file->path)) {
        fault_at(file, "guard", 0, "the header has no include guard");
    }
}
