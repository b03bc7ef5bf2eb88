/* tidy: the style of the tree as a failing test.
 *
 *     git ls-files | tidy FOLDER                  reviews the files named on stdin
 *     tidy FOLDER --self                          reviews the snippets of bad.txt, each of which
 *                                                 must break just the rule that it names
 *
 * FOLDER holds include_law.txt, banned.txt and bad.txt. Layout is clang-format's business. */
#include <stdio.h>
#include <string.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"
#include "tests/tidy/review.h"
#include "tests/tidy/scanner.h"

enum { PATHS_MAX = 10000 };

struct tidy {
    struct arena arena;
    const char *folder;
    struct rulebook book;
};

static enum status read_file(struct arena *arena, const char *path, struct slice *out,
                             struct error *err)
{
    const struct fs *fs = fs_system();
    int fd;
    TRY(fs->open(fs, path, FS_READ, &fd, err));
    struct bytebuf bytes = {0};
    size_t n;
    enum status status;
    do {
        uint8_t *at = bytebuf_reserve(&bytes, 64 * 1024);
        status = fs->read(fs, fd, at, 64 * 1024, &n, err);
        bytes.len += status == OK ? n : 0;
    } while (status == OK && n > 0);
    fs->close(fs, fd);
    *out = arena_copy(arena, bytebuf_slice(&bytes));
    bytebuf_release(&bytes);
    return status;
}

static enum status read_rules(struct tidy *tidy, struct error *err)
{
    struct slice law;
    struct slice banned;
    struct arena *arena = &tidy->arena;
    TRY(read_file(arena, arena_printf(arena, "%s/include_law.txt", tidy->folder), &law, err));
    TRY(read_file(arena, arena_printf(arena, "%s/banned.txt", tidy->folder), &banned, err));
    return rulebook_read(&tidy->book, law, banned, err);
}

static void print_findings(const struct finding *finding)
{
    if (finding == NULL) {
        return;
    }
    print_findings(finding->next);
    printf("%.*s:%u: %s%s: %s\n", (int)finding->path.len, (const char *)finding->path.at,
           finding->line, finding->is_note ? "note: " : "", finding->rule, finding->text);
}

/* ---- the tree ------------------------------------------------------------------------------- */

/* What follows the last slash. */
static struct slice file_name(struct slice path)
{
    size_t from = path.len;
    while (from > 0 && path.at[from - 1] != '/') {
        from--;
    }
    return slice_of(path.at + from, path.len - from);
}

static void review_name(const struct slice *paths, uint32_t n, struct findings *findings)
{
    struct slice name = file_name(paths[n]);
    if (slice_is(name, "CMakeLists.txt") || slice_is(name, "README.md")) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (slice_equal(file_name(paths[i]), name)) {
            struct reviewed file = {.findings = findings, .path = paths[n]};
            fault_at(&file, "unique-name", 0, "%.*s has the same name", (int)paths[i].len,
                     (const char *)paths[i].at);
        }
    }
}

static enum status review_tree(struct tidy *tidy, struct findings *findings, uint32_t *n_files,
                               struct error *err)
{
    struct slice *paths = arena_alloc(&tidy->arena, PATHS_MAX * sizeof *paths);
    uint32_t n = 0;
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (n == PATHS_MAX) {
            return error_set(err, ERR_LIMIT, "more than %d files", PATHS_MAX);
        }
        const char *path = arena_text(&tidy->arena, line);
        struct slice text;
        TRY(read_file(&tidy->arena, path, &text, err));
        paths[n] = slice_text(path);
        review_name(paths, n, findings);
        review_file(&tidy->book, paths[n], text, findings);
        n++;
    }
    *n_files = n;
    return OK;
}

static int run_tree(struct tidy *tidy, struct error *err)
{
    struct findings findings = {.arena = &tidy->arena};
    uint32_t n_files = 0;
    if (review_tree(tidy, &findings, &n_files, err) != OK) {
        return 2;
    }
    print_findings(findings.newest);
    printf("%u files, %u faults, %u notes\n", n_files, findings.n_faults, findings.n_notes);
    return findings.n_faults > 0 || n_files == 0;
}

/* ---- the snippets --------------------------------------------------------------------------- */

/* A line "%N text" stands for N lines "text". */
static void snippet_add(struct bytebuf *snippet, struct slice line)
{
    uint32_t times = 1;
    if (slice_starts(line, "%")) {
        times = 0;
        size_t at = 1;
        while (at < line.len && ascii_is_digit(line.at[at])) {
            times = times * 10 + line.at[at++] - '0';
        }
        line = slice_of(line.at + at + 1, line.len - at - 1);
    }
    for (uint32_t i = 0; i < times; i++) {
        bytebuf_add(snippet, line.at, line.len);
        bytebuf_add_byte(snippet, '\n');
    }
}

/* The snippet breaks the rule in `title` ("rule path") and no other; "none" breaks none. */
static bool snippet_behaves(struct tidy *tidy, struct slice title, struct slice snippet)
{
    const uint8_t *space = slice_find(title, slice_of(" ", 1));
    struct slice rule = slice_of(title.at, (size_t)(space - title.at));
    struct slice path = slice_of(space + 1, title.len - rule.len - 1);
    struct findings findings = {.arena = &tidy->arena};
    review_file(&tidy->book, path, arena_copy(&tidy->arena, snippet), &findings);
    bool as_expected = (findings.n_faults > 0) != slice_is(rule, "none");
    for (const struct finding *it = findings.newest; it != NULL; it = it->next) {
        as_expected &= it->is_note || slice_is(rule, it->rule);
    }
    printf("%s%.*s\n", as_expected ? "[       OK ] " : "[  FAILED  ] ", (int)title.len,
           (const char *)title.at);
    if (!as_expected) {
        print_findings(findings.newest);
    }
    return as_expected;
}

static int run_self(struct tidy *tidy, struct error *err)
{
    struct slice text;
    const char *path = arena_printf(&tidy->arena, "%s/bad.txt", tidy->folder);
    if (read_file(&tidy->arena, path, &text, err) != OK) {
        return 2;
    }
    struct slice title = {0};
    struct bytebuf snippet = {0};
    struct slice line;
    size_t at = 0;
    bool all_behave = true;
    while (next_line(text, &at, &line)) {
        if (!slice_starts(line, "--- ")) {
            snippet_add(&snippet, line);
            continue;
        }
        if (title.len > 0) {
            all_behave &= snippet_behaves(tidy, title, bytebuf_slice(&snippet));
        }
        title = slice_of(line.at + 4, line.len - 4);
        bytebuf_clear(&snippet);
    }
    all_behave &= title.len > 0 && snippet_behaves(tidy, title, bytebuf_slice(&snippet));
    bytebuf_release(&snippet);
    return !all_behave;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "--self") != 0)) {
        fputs("usage: git ls-files | tidy FOLDER    or    tidy FOLDER --self\n", stderr);
        return 2;
    }
    struct tidy tidy = {.folder = argv[1]};
    arena_init(&tidy.arena);
    struct error err;
    error_clear(&err);
    int result = 2;
    if (read_rules(&tidy, &err) == OK) {
        result = argc == 3 ? run_self(&tidy, &err) : run_tree(&tidy, &err);
    }
    if (result == 2) {
        fprintf(stderr, "tidy: %s\n", err.text);
    }
    arena_release(&tidy.arena);
    return result;
}
