/* sql_runner: runs the cases of a file of tests/sql (its README.md says what they mean).
 *
 *     sql_runner FILE.test [PATTERN]         PATTERN: only cases with this in their name
 *
 * Every case is run up to three times: as it stands; with the whole engine stopped and started
 * again from its snapshot after each step; and, where results may not depend on it, with the input
 * coming line by line. */
#include <stdio.h>
#include <string.h>

#include "engine/base/fs.h"
#include "engine/data/timestamp.h"
#include "tests/lab/lab.h"
#include "tests/sql_runner/script.h"

enum { QUERIES_MAX = 16 };

enum run_mode { RUN_PLAIN, RUN_RESTARTED, RUN_BY_LINE };

static const char *const mode_names[] = {
    [RUN_PLAIN] = "",
    [RUN_RESTARTED] = ", restarted after each step",
    [RUN_BY_LINE] = ", input line by line",
};

/* A case that is being run. */
struct run {
    struct lab *lab;
    struct arena *arena;
    enum run_mode mode;
    bool refused;             /* the last statements were refused, nobody has said --- error yet */
    size_t seen[QUERIES_MAX]; /* bytes of each result that some --- expect has named */
    struct bytebuf complaint;
};

/* ---- comparing ------------------------------------------------------------------------------- */

static void complain_lines(struct bytebuf *out, const char *mark, struct slice text)
{
    struct slice line;
    while (script_line(&text, &line)) {
        bytebuf_add_text(out, mark);
        bytebuf_add(out, line.at, line.len);
        if (line.at[line.len - 1] != '\n') {
            bytebuf_add_byte(out, '\n');
        }
    }
}

static void complain(struct run *run, const struct section *section, const char *what)
{
    bytebuf_printf(&run->complaint, "line %u, --- %s: %s\n", section->line,
                   section_name(section->kind), what);
}

static bool same_text(struct run *run, const struct section *section, struct slice got)
{
    struct slice wanted = section->body;
    if (slice_equal(slice_trim(wanted), slice_trim(got))) {
        return true;
    }
    complain(run, section, "wanted (-) is not what came (+)");
    complain_lines(&run->complaint, "  - ", wanted);
    complain_lines(&run->complaint, "  + ", got);
    return false;
}

static bool begins_with(struct run *run, const struct section *section, const char *got)
{
    struct slice wanted = slice_trim(section->body);
    if (strncmp(got, (const char *)wanted.at, wanted.len) == 0) {
        return true;
    }
    return same_text(run, section, slice_text(got));
}

/* ---- sections -------------------------------------------------------------------------------- */

static bool run_statement(struct run *run, const struct section *section)
{
    struct slice text = arena_copy(run->arena, section->body);
    run->refused = !lab_sql(run->lab, (const char *)text.at);
    return true;
}

/* "STREAM" or "STREAM 1": the second word is the number of a split. */
static bool run_input(struct run *run, const struct section *section)
{
    struct slice name = section->argument;
    int64_t split = 0;
    const uint8_t *space = slice_find(name, slice_text(" "));
    if (space != NULL) {
        struct slice number = slice_of(space + 1, name.len - (size_t)(space + 1 - name.at));
        name.len = (size_t)(space - name.at);
        if (!slice_to_i64(slice_trim(number), &split)) {
            complain(run, section, "the split is not a number");
            return false;
        }
    }
    const char *feed = (const char *)arena_copy(run->arena, name).at;
    struct slice text = section->body;
    struct slice line = text;
    if (run->mode != RUN_BY_LINE) {
        lab_input_split(run->lab, feed, (uint32_t)split, text);
        return true;
    }
    while (script_line(&text, &line)) {
        lab_input_split(run->lab, feed, (uint32_t)split, line);
    }
    return true;
}

static bool run_clock(struct run *run, const struct section *section)
{
    int64_t by_us;
    if (!interval_parse(section->argument, &by_us)) {
        complain(run, section, "this is no duration");
        return false;
    }
    lab_clock(run->lab, by_us);
    return true;
}

/* The query that a section is about, counted from 0. */
static bool query_of(struct run *run, const struct section *section, uint32_t *query)
{
    int64_t number = lab_n_results(run->lab);
    if (section->argument.len > 0 && !slice_to_i64(section->argument, &number)) {
        number = 0;
    }
    if (number < 1 || number > lab_n_results(run->lab)) {
        complain(run, section, "no such query");
        return false;
    }
    *query = (uint32_t)number - 1;
    return true;
}

static bool run_columns(struct run *run, const struct section *section)
{
    uint32_t query;
    if (!query_of(run, section, &query)) {
        return false;
    }
    struct bytebuf names = {0};
    const struct schema *schema = &lab_result(run->lab, query)->plan->root->schema;
    for (uint32_t i = 0; i < schema->n; i++) {
        bytebuf_add_text(&names, i > 0 ? "," : "");
        bytebuf_add(&names, schema->fields[i].name.at, schema->fields[i].name.len);
    }
    bool same = same_text(run, section, bytebuf_slice(&names));
    bytebuf_release(&names);
    return same;
}

static bool run_expect(struct run *run, const struct section *section)
{
    uint32_t query;
    if (!query_of(run, section, &query)) {
        return false;
    }
    struct slice all = bytebuf_slice(&lab_result(run->lab, query)->rows.text);
    struct slice fresh = slice_of(all.at + run->seen[query], all.len - run->seen[query]);
    run->seen[query] = all.len;
    return same_text(run, section, fresh);
}

/* A wanted line that ends in … stands for every line that begins like it. */
static bool line_fits(struct slice wanted, struct slice got)
{
    struct slice dots = slice_text("…");
    wanted = slice_trim(wanted);
    got = slice_trim(got);
    bool is_open = wanted.len >= dots.len &&
                   slice_equal(slice_of(wanted.at + wanted.len - dots.len, dots.len), dots);
    if (!is_open) {
        return slice_equal(wanted, got);
    }
    wanted.len -= dots.len;
    return got.len >= wanted.len && slice_equal(slice_of(got.at, wanted.len), wanted);
}

static bool lines_fit(struct slice wanted, struct slice got)
{
    struct slice wanted_line;
    struct slice got_line;
    while (script_line(&wanted, &wanted_line)) {
        if (!script_line(&got, &got_line) || !line_fits(wanted_line, got_line)) {
            return false;
        }
    }
    return !script_line(&got, &got_line);
}

static bool run_said(struct run *run, const struct section *section)
{
    struct bytebuf *said = lab_said(run->lab);
    bool same = lines_fit(section->body, slice_trim(bytebuf_slice(said))) ||
                same_text(run, section, bytebuf_slice(said));
    bytebuf_clear(said);
    return same;
}

static bool run_error(struct run *run, const struct section *section)
{
    if (!run->refused) {
        complain(run, section, "the statements were not refused");
        return false;
    }
    run->refused = false;
    return begins_with(run, section, lab_refusal(run->lab));
}

static bool run_failure(struct run *run, const struct section *section)
{
    const char *failure = lab_error(run->lab);
    if (failure == NULL) {
        complain(run, section, "nothing failed");
        return false;
    }
    return begins_with(run, section, failure);
}

/* Does what the section says; false if it does not come out as it says. */
static bool run_section(struct run *run, const struct section *section)
{
    if (run->refused && section->kind != SECTION_ERROR) {
        complain(run, section, "the statements before it were refused");
        complain_lines(&run->complaint, "  ", slice_text(lab_refusal(run->lab)));
        return false;
    }
    switch (section->kind) {
    case SECTION_STATEMENT:
        return run_statement(run, section);
    case SECTION_INPUT:
        return run_input(run, section);
    case SECTION_CLOCK:
        return run_clock(run, section);
    case SECTION_END:
        lab_end(run->lab);
        return true;
    case SECTION_COLUMNS:
        return run_columns(run, section);
    case SECTION_EXPECT:
        return run_expect(run, section);
    case SECTION_SAID:
        return run_said(run, section);
    case SECTION_ERROR:
        return run_error(run, section);
    case SECTION_FAILURE:
        return run_failure(run, section);
    }
    return false;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static bool nothing_left(struct run *run, const struct script_case *script)
{
    const struct section *last = &script->sections[script->n - 1];
    if (run->refused) {
        complain(run, last, "the statements were refused");
        complain_lines(&run->complaint, "  ", slice_text(lab_refusal(run->lab)));
        return false;
    }
    for (uint32_t i = 0; i < lab_n_results(run->lab); i++) {
        struct slice all = bytebuf_slice(&lab_result(run->lab, i)->rows.text);
        if (all.len > run->seen[i]) {
            complain(run, last, "rows came that no --- expect names");
            complain_lines(&run->complaint, "  + ",
                           slice_of(all.at + run->seen[i], all.len - run->seen[i]));
            return false;
        }
    }
    return true;
}

/* Results of a trigger are what they are because of where it ends. */
static bool depends_on_triggers(const struct plan *plan)
{
    if (plan->changes || plan->emit.kind == EMIT_COMPLETE) {
        return true;
    }
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        if (node->kind == PLAN_SORT && node->window_columns[1] < 0) {
            return true;
        }
    }
    return false;
}

/* Runs a case in one mode. *by_line: the third mode would make sense. */
static bool run_case(struct arena *arena, const struct script_case *script, enum run_mode mode,
                     bool *by_line)
{
    struct run run = {.lab = lab_new(), .arena = arena, .mode = mode};
    bool good = script->n > 0;
    bool has_failed = false;
    for (uint32_t i = 0; i < script->n && good; i++) {
        const struct section *section = &script->sections[i];
        good = run_section(&run, section);
        has_failed = lab_error(run.lab) != NULL;
        if (has_failed && good && section->kind != SECTION_FAILURE &&
            (i + 1 == script->n || script->sections[i + 1].kind != SECTION_FAILURE)) {
            complain(&run, section, lab_error(run.lab));
            good = false;
        }
        if (mode == RUN_RESTARTED && good && !run.refused) {
            lab_restart(run.lab);
        }
    }
    good = good && nothing_left(&run, script);
    for (uint32_t i = 0; i < lab_n_results(run.lab); i++) {
        *by_line = *by_line && !depends_on_triggers(lab_result(run.lab, i)->plan);
    }
    if (!good) {
        printf("%.*s%s:\n%s", (int)script->name.len, (const char *)script->name.at,
               mode_names[mode], bytebuf_text(&run.complaint));
    }
    bytebuf_release(&run.complaint);
    lab_free(run.lab);
    return good;
}

/* A query that is gone cannot be started again. */
static bool can_restart(const struct script_case *script)
{
    for (uint32_t i = 0; i < script->n; i++) {
        struct slice body = script->sections[i].body;
        if (script->sections[i].kind == SECTION_STATEMENT &&
            (slice_find(body, slice_text("DROP QUERY")) != NULL ||
             slice_find(body, slice_text("STOP QUERY")) != NULL)) {
            return false;
        }
    }
    return true;
}

static bool run_all_modes(struct arena *arena, const struct script_case *script)
{
    bool by_line = true;
    if (!run_case(arena, script, RUN_PLAIN, &by_line)) {
        return false;
    }
    bool good = !can_restart(script) || run_case(arena, script, RUN_RESTARTED, &by_line);
    return (!by_line || run_case(arena, script, RUN_BY_LINE, &by_line)) && good;
}

static enum status read_file(struct arena *arena, const char *path, struct slice *out,
                             struct error *err)
{
    const struct fs *fs = fs_system();
    struct fs_stat stat;
    int fd;
    TRY(fs->stat(fs, path, &stat, err));
    TRY(fs->open(fs, path, FS_READ, &fd, err));
    uint8_t *bytes = arena_alloc(arena, (size_t)stat.bytes + 1);
    size_t len = 0;
    size_t n = 1;
    enum status status = OK;
    while (status == OK && n > 0 && len < (size_t)stat.bytes) {
        status = fs->read(fs, fd, bytes + len, (size_t)stat.bytes - len, &n, err);
        len += status == OK ? n : 0;
    }
    fs->close(fs, fd);
    *out = slice_of(bytes, len);
    return status;
}

/* Returns how many cases failed, -1 if none was run. */
static int run_script(struct arena *arena, const struct script *script, const char *pattern)
{
    int n_run = 0;
    int n_failed = 0;
    for (uint32_t i = 0; i < script->n; i++) {
        const struct script_case *it = &script->cases[i];
        if (slice_find(it->name, slice_text(pattern)) == NULL) {
            continue;
        }
        printf("[ RUN      ] %.*s\n", (int)it->name.len, (const char *)it->name.at);
        bool good = run_all_modes(arena, it);
        printf("%s %.*s\n", good ? "[       OK ]" : "[  FAILED  ]", (int)it->name.len,
               (const char *)it->name.at);
        n_run++;
        n_failed += !good;
    }
    return n_run > 0 ? n_failed : -1;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fputs("usage: sql_runner FILE.test [PATTERN]\n", stderr);
        return 2;
    }
    struct arena arena;
    struct error err;
    struct slice text;
    struct script script;
    arena_init(&arena);
    int n_failed = -1;
    if (read_file(&arena, argv[1], &text, &err) != OK ||
        script_read(&arena, text, &script, &err) != OK) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
    } else {
        n_failed = run_script(&arena, &script, argc == 3 ? argv[2] : "");
    }
    arena_release(&arena);
    return n_failed != 0;
}
