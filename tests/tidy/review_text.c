/* review_text: rules that hold for any text file; see review.h. */
#include "engine/base/utf8.h"
#include "tests/tidy/review.h"
#include "tests/tidy/scanner.h"

static bool is_code_file(struct slice path)
{
    return slice_ends(path, ".c") || slice_ends(path, ".h");
}

/* Tables of Markdown and command lines of CMake may be wider than the screen. */
static bool has_width_limit(struct slice path)
{
    return !slice_ends(path, ".md") && !slice_ends(path, ".txt") && !slice_ends(path, ".json") &&
           !slice_ends(path, ".test") && !slice_ends(path, ".sql") && !slice_ends(path, ".csv");
}

static uint32_t count_columns(struct slice line)
{
    uint32_t columns = 0;
    while (line.len > 0) {
        unsigned used;
        (void)utf8_decode(line, &used);
        line = slice_of(line.at + used, line.len - used);
        columns++;
    }
    return columns;
}

static void review_line(const struct reviewed *file, struct slice line)
{
    size_t offset = (size_t)(line.at - file->text.at);
    if (line.len > 0 && ascii_is_space(line.at[line.len - 1])) {
        fault_at(file, "trailing-space", offset, "white space at the end of the line");
    }
    if (slice_find(line, slice_of("\t", 1)) != NULL) {
        fault_at(file, "tab", offset, "a tab; indent with spaces");
    }
    uint32_t columns = count_columns(line);
    if (columns > COLUMNS_MAX && has_width_limit(file->path)) {
        fault_at(file, "wide-line", offset, "%u columns, the limit is %d", columns, COLUMNS_MAX);
    }
}

static void review_length(const struct reviewed *file, uint32_t lines)
{
    if (!is_code_file(file->path)) {
        return;
    }
    if (lines > FILE_LINES_MAX) {
        fault_at(file, "file-length", 0, "%u lines, the limit is %d", lines, FILE_LINES_MAX);
    } else if (lines > FILE_LINES_SOFT) {
        note_at(file, "file-length", 0, "%u lines; one noun per file needs %d", lines,
                FILE_LINES_SOFT);
    }
}

void review_text(const struct rulebook *book, const struct reviewed *file)
{
    size_t at = 0;
    uint32_t lines = 0;
    struct slice line;
    while (next_line(file->text, &at, &line)) {
        review_line(file, line);
        lines++;
    }
    review_length(file, lines);
    if (file->text.len > 0 && file->text.at[file->text.len - 1] != '\n') {
        fault_at(file, "last-line", file->text.len, "the last line has no line end");
    }
    if (is_code_file(file->path) && !slice_starts(file->text, "/* ")) {
        fault_at(file, "head-comment", 0, "the file does not begin by saying what it is");
    }

    at = 0;
    struct slice word;
    while (next_word(file->text, &at, &word)) {
        if (rulebook_ban(book, BAN_WORD, word, file->path) != NULL) {
            fault_at(file, "word", at, "\"%.*s\"", (int)word.len, (const char *)word.at);
        }
    }
}
