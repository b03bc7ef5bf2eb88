/* script_run: see script_run.h. */
#include "shell/lab/script_run.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/data/timestamp.h"
#include "engine/io/near.h"
#include "shell/lab/generated.h"
#include "shell/lab/lab.h"
#include "shell/lab/line_diff.h"
#include "shell/stream_sampler.h"
#include "shell/text_file.h"
#include "sql/sqlerr.h"

enum { NAMED_MAX = 128 };

enum run_mode { RUN_PLAIN, RUN_RESTARTED, RUN_BY_LINE };

static const char *const mode_names[] = {
    [RUN_PLAIN] = "",
    [RUN_RESTARTED] = " (when stopped and started again after each section)",
    [RUN_BY_LINE] = " (when each line of input arrives alone)",
};

/* How much of a result some --- expect has named. */
struct named {
    const struct memory_rows *rows;
    size_t bytes;
};

/* A case that is being run. */
struct run {
    const struct script_file *file;
    const struct script_case *it;
    const struct section *section; /* the one being done */
    enum run_mode mode;
    struct lab *lab;
    struct arena arena;
    bool refused; /* the last statements were refused, nobody has said --- error yet */
    struct {
        struct slice text;
        const char *path;
        uint32_t line;
    } ran; /* where those statements stand */
    struct named named[NAMED_MAX];
    uint32_t n_named;
    struct bytebuf *complaint;
    struct script_edits *edits; /* NULL: complain */
};

/* ---- complaining ----------------------------------------------------------------------------- */

static void complain(struct run *run, const char *what)
{
    bytebuf_printf(run->complaint, "%s:%u: --- %s%s: %s\n", run->file->path, run->section->line,
                   section_name(run->section->kind), mode_names[run->mode], what);
}

/* An error whose place is `where` in the file; false, for the caller to return. */
static bool complain_at(struct run *run, struct slice where, struct error *err)
{
    error_place(err, err->code, where.at - run->file->text.at, (int64_t)where.len);
    sqlerr_print(run->complaint, err, run->file->text, run->file->path, 1);
    return false;
}

static void complain_refusal(struct run *run)
{
    struct error shifted = *lab_refusal_error(run->lab);
    if (shifted.at >= 0) {
        shifted.at += (int64_t)lab_refusal_from(run->lab);
    }
    sqlerr_print(run->complaint, &shifted, run->ran.text, run->ran.path, run->ran.line);
}

/* What came is not what the section says: a complaint, or an edit. */
static bool differs(struct run *run, struct slice got)
{
    const struct section *section = run->section;
    if (run->edits != NULL) {
        script_edits_add(run->edits, (size_t)(section->body.at - run->file->text.at),
                         section->body.len, got);
        return true;
    }
    complain(run, "what came (+) is not what is written (-)");
    line_diff(run->complaint, section->body, got, section->line + 1);
    return false;
}

static bool same_text(struct run *run, struct slice got)
{
    return slice_equal(slice_trim(run->section->body), slice_trim(got)) || differs(run, got);
}

static bool begins_with(struct run *run, const char *got)
{
    struct slice wanted = slice_trim(run->section->body);
    return strncmp(got, (const char *)wanted.at, wanted.len) == 0 || differs(run, slice_text(got));
}

/* ---- statements ------------------------------------------------------------------------------ */

static void run_sql(struct run *run, struct slice text, const char *path, uint32_t line)
{
    run->ran.text = arena_copy(&run->arena, text);
    run->ran.path = path;
    run->ran.line = line;
    run->refused = !lab_sql(run->lab, (const char *)run->ran.text.at);
}

static bool run_include(struct run *run)
{
    struct slice name = run->section->argument;
    const char *slash = strrchr(run->file->path, '/');
    int folder =
        slash != NULL && name.len > 0 && name.at[0] != '/' ? (int)(slash + 1 - run->file->path) : 0;
    const char *path = arena_printf(&run->arena, "%.*s%.*s", folder, run->file->path, (int)name.len,
                                    (const char *)name.at);
    struct bytebuf content = {0};
    struct error err;
    if (fs_read_file(run->file->fs, path, SCRIPT_BYTES_MAX, &content, &err) != OK) {
        return complain_at(run, name, &err);
    }
    run_sql(run, bytebuf_slice(&content), path, 1);
    bytebuf_release(&content);
    return true;
}

/* ---- input and time -------------------------------------------------------------------------- */

/* "STREAM" or "STREAM 1": the second word is the number of a split. */
static struct slice first_word(struct slice argument, struct slice *rest)
{
    size_t len = 0;
    while (len < argument.len && !ascii_is_space(argument.at[len])) {
        len++;
    }
    *rest = slice_trim(slice_of(argument.at + len, argument.len - len));
    return slice_of(argument.at, len);
}

/* The feed of a stream, or of what FROM names without a CREATE STREAM. */
static bool find_feed(struct run *run, struct slice name, const char **out)
{
    const struct catalog_entry *entry = catalog_find(lab_catalog(run->lab), CATALOG_STREAM, name);
    struct slice feed = entry != NULL ? memory_feed_name(&entry->stream->uri) : name;
    struct error err;
    if (!lab_has_feed(run->lab, feed)) {
        catalog_missing(lab_catalog(run->lab), 1U << CATALOG_STREAM, name, &err);
        return complain_at(run, name, &err);
    }
    *out = (const char *)arena_copy(&run->arena, feed).at;
    return true;
}

static bool find_split(struct run *run, struct slice word, uint32_t *out)
{
    int64_t split = 0;
    struct error err;
    if (word.len > 0 && (!slice_to_i64(word, &split) || split < 0 || split >= MEMORY_SPLITS_MAX)) {
        error_set(&err, ERR_INPUT, "\"%.*s\" is no split", (int)word.len, (const char *)word.at);
        error_hint(&err, "splits have numbers from 0 to %d", MEMORY_SPLITS_MAX - 1);
        return complain_at(run, word, &err);
    }
    *out = (uint32_t)split;
    return true;
}

/* The last line of a file may lack its end. */
static struct slice whole_lines(struct run *run, struct slice text)
{
    if (text.len == 0 || text.at[text.len - 1] == '\n') {
        return text;
    }
    uint8_t *copy = arena_alloc(&run->arena, text.len + 1);
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\n';
    return slice_of(copy, text.len + 1);
}

static bool run_input(struct run *run)
{
    struct slice rest;
    struct slice name = first_word(run->section->argument, &rest);
    struct slice text = whole_lines(run, run->section->body);
    struct slice line;
    const char *feed;
    uint32_t split;
    if (!find_feed(run, name, &feed) || !find_split(run, rest, &split)) {
        return false;
    }
    if (!lab_takes_input(run->lab, feed)) {
        complain(run, "this input has ended before");
        return false;
    }
    if (run->mode != RUN_BY_LINE) {
        lab_input_split(run->lab, feed, split, text);
        return true;
    }
    while (script_line(&text, &line)) {
        lab_input_split(run->lab, feed, split, line);
    }
    return true;
}

/* "10s": moves on so far. "2026-01-05T10:00:00Z": to that time. */
static bool run_clock(struct run *run)
{
    static const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {.prefix_us = 0};
    struct slice word = run->section->argument;
    struct error err;
    int64_t by_us;
    int64_t at_us;
    bool good = interval_parse(word, &by_us);
    if (!good && time_parse(&iso, &cache, word, &at_us)) {
        good = true;
        by_us = at_us - lab_now_us(run->lab);
    }
    if (!good || by_us < 0) {
        error_set(&err, ERR_INPUT, good ? "the clock does not go back" : "this is no time");
        error_hint(&err, "--- clock 10s moves on by 10 seconds, --- clock 2026-01-05T10:00:00Z to "
                         "that time");
        return complain_at(run, word, &err);
    }
    lab_clock(run->lab, by_us);
    return true;
}

/* ---- results --------------------------------------------------------------------------------- */

static bool no_query(struct run *run, struct slice word)
{
    struct near near;
    struct error err;
    near_init(&near, word);
    for (uint32_t i = 0; i < lab_n_results(run->lab); i++) {
        struct slice name = lab_result(run->lab, i)->name;
        if (name.len > 0) {
            near_try(&near, (const char *)arena_copy(&run->arena, name).at);
        }
    }
    const char *place;
    for (uint32_t i = 0; (place = lab_place_at(run->lab, i)) != NULL; i++) {
        near_try(&near, place);
    }
    if (word.len == 0) {
        complain(run, "no query has been started");
        return false;
    }
    error_set(&err, ERR_INPUT, "no query \"%.*s\"", (int)word.len, (const char *)word.at);
    error_hint(&err, "a query has the name that INSERT INTO or CREATE QUERY gave it, and a number "
                     "from 1 on; what is late or bad has the URI of its INTO");
    near_hint(&near, &err);
    return complain_at(run, word, &err);
}

/* The query that a section is about, counted from 0. */
static bool query_of(struct run *run, uint32_t *query)
{
    struct slice word = run->section->argument;
    uint32_t n = lab_n_results(run->lab);
    int64_t number = n;
    if (word.len > 0 && !slice_to_i64(word, &number)) {
        number = n;
        while (number > 0 &&
               !slice_equal_nocase(lab_result(run->lab, (uint32_t)number - 1)->name, word)) {
            number--;
        }
    }
    if (number < 1 || number > n) {
        return no_query(run, word);
    }
    *query = (uint32_t)number - 1;
    return true;
}

static bool run_columns(struct run *run)
{
    uint32_t query;
    if (!query_of(run, &query)) {
        return false;
    }
    struct bytebuf names = {0};
    const struct schema *schema = &lab_result(run->lab, query)->plan->root->schema;
    for (uint32_t i = 0; i < schema->n; i++) {
        bytebuf_add_text(&names, i > 0 ? "," : "");
        bytebuf_add(&names, schema->fields[i].name.at, schema->fields[i].name.len);
    }
    bool same = same_text(run, bytebuf_slice(&names));
    bytebuf_release(&names);
    return same;
}

/* Rows that no --- expect has named; they count as named from now on. */
static struct slice fresh_rows(struct run *run, const struct memory_rows *rows)
{
    uint32_t i = 0;
    while (i < run->n_named && run->named[i].rows != rows) {
        i++;
    }
    CHECK(i < NAMED_MAX); /* fewer queries and places than that can be in a lab */
    if (i == run->n_named) {
        run->named[run->n_named++] = (struct named){.rows = rows};
    }
    struct slice all = bytebuf_slice(&rows->text);
    struct slice fresh = slice_of(all.at + run->named[i].bytes, all.len - run->named[i].bytes);
    run->named[i].bytes = all.len;
    return fresh;
}

static bool run_expect(struct run *run)
{
    uint32_t query;
    const struct memory_rows *place = lab_place(run->lab, run->section->argument);
    if (place != NULL) {
        return same_text(run, fresh_rows(run, place));
    }
    return query_of(run, &query) &&
           same_text(run, fresh_rows(run, &lab_result(run->lab, query)->rows));
}

static bool run_said(struct run *run)
{
    struct bytebuf *said = lab_said(run->lab);
    bool same = script_lines_fit(run->section->body, slice_trim(bytebuf_slice(said))) ||
                same_text(run, bytebuf_slice(said));
    bytebuf_clear(said);
    return same;
}

static bool run_error(struct run *run)
{
    if (!run->refused) {
        complain(run, "the statements were not refused");
        return false;
    }
    run->refused = false;
    return begins_with(run, lab_refusal(run->lab));
}

static bool run_failure(struct run *run)
{
    const char *failure = lab_error(run->lab);
    if (failure == NULL) {
        complain(run, "nothing failed");
        return false;
    }
    return begins_with(run, failure);
}

/* ---- sections -------------------------------------------------------------------------------- */

/* Does what the section says; false if it does not come out as it says. */
static bool run_section(struct run *run)
{
    const struct section *section = run->section;
    if (run->refused && section->kind != SECTION_ERROR) {
        complain_refusal(run);
        return false;
    }
    switch (section->kind) {
    case SECTION_STATEMENT:
        run_sql(run, section->body, run->file->path, section->line + 1);
        return true;
    case SECTION_INCLUDE:
        return run_include(run);
    case SECTION_INPUT:
        return run_input(run);
    case SECTION_CLOCK:
        return run_clock(run);
    case SECTION_END:
        lab_end(run->lab);
        return true;
    case SECTION_COLUMNS:
        return run_columns(run);
    case SECTION_EXPECT:
        return run_expect(run);
    case SECTION_SAID:
        return run_said(run);
    case SECTION_ERROR:
        return run_error(run);
    case SECTION_FAILURE:
        return run_failure(run);
    }
    return false;
}

/* A query that has failed is what the next section must be about. */
static bool failure_is_named(struct run *run, uint32_t i)
{
    const struct script_case *it = run->it;
    const char *failure = lab_error(run->lab);
    if (failure == NULL || it->sections[i].kind == SECTION_FAILURE ||
        (i + 1 < it->n && it->sections[i + 1].kind == SECTION_FAILURE)) {
        return true;
    }
    complain(run, failure);
    return false;
}

static bool run_sections(struct run *run)
{
    for (uint32_t i = 0; i < run->it->n; i++) {
        run->section = &run->it->sections[i];
        if (!run_section(run) || !failure_is_named(run, i)) {
            return false;
        }
        if (run->mode == RUN_RESTARTED && !run->refused && lab_can_restart(run->lab)) {
            lab_restart(run->lab);
        }
    }
    return true;
}

/* ---- the end of a case ----------------------------------------------------------------------- */

/* Behind the last section, "--- expect" and its rows. */
static void add_expect(struct run *run, uint32_t query, struct slice rows)
{
    struct bytebuf text = {0};
    struct slice last = run->section->body;
    struct slice name = lab_result(run->lab, query)->name;
    if (lab_n_results(run->lab) == 1) {
        bytebuf_add_text(&text, "--- expect\n");
    } else if (name.len > 0) {
        bytebuf_printf(&text, "--- expect %.*s\n", (int)name.len, (const char *)name.at);
    } else {
        bytebuf_printf(&text, "--- expect %u\n", query + 1);
    }
    bytebuf_add(&text, rows.at, rows.len);
    script_edits_add(run->edits, (size_t)(last.at + last.len - run->file->text.at), 0,
                     bytebuf_slice(&text));
    bytebuf_release(&text);
}

/* Which query it is about is said where there are several. */
static void complain_unnamed(struct run *run, uint32_t query)
{
    struct slice name = lab_result(run->lab, query)->name;
    const char *which = "";
    if (lab_n_results(run->lab) > 1 && name.len > 0) {
        which = arena_printf(&run->arena, " of query %.*s", (int)name.len, (const char *)name.at);
    } else if (lab_n_results(run->lab) > 1) {
        which = arena_printf(&run->arena, " of query %u", query + 1);
    }
    complain(run, arena_printf(&run->arena, "rows%s came that no --- expect names", which));
}

static bool nothing_left(struct run *run)
{
    bool good = true;
    if (run->refused) {
        complain_refusal(run);
        return false;
    }
    for (uint32_t i = 0; i < lab_n_results(run->lab); i++) {
        struct slice rows = fresh_rows(run, &lab_result(run->lab, i)->rows);
        if (rows.len > 0 && run->edits != NULL) {
            add_expect(run, i, rows);
        } else if (rows.len > 0) {
            complain_unnamed(run, i);
            line_diff(run->complaint, slice_of(NULL, 0), rows, run->section->line + 1);
            good = false;
        }
    }
    return good;
}

/* ---- looking at input ------------------------------------------------------------------------ */

/* The first lines of what the case will feed to a stream whose columns are not declared. */
static enum status sample(void *owner, const struct stream_def *partial, struct arena *arena,
                          struct slice *out, struct error *err)
{
    const struct run *run = owner;
    struct slice feed = memory_feed_name(&partial->uri);
    *out = slice_of(NULL, 0);
    if (generated_is(partial)) {
        return generated_rows(arena, partial, out, err);
    }
    for (const struct section *at = run->section; at < run->it->sections + run->it->n; at++) {
        struct slice rest;
        struct slice name = first_word(at->argument, &rest);
        if (at->kind == SECTION_INPUT &&
            (slice_equal_nocase(name, partial->name) || slice_equal(name, feed))) {
            struct slice text = at->body;
            struct slice line;
            *out = slice_of(text.at, 0);
            for (uint32_t i = 0; i < SAMPLE_LINES && script_line(&text, &line); i++) {
                out->len += line.len;
            }
            return OK;
        }
    }
    return OK;
}

/* ---- cases ----------------------------------------------------------------------------------- */

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

/* In which other modes a case says the same. */
struct sense {
    bool restarted;
    bool by_line;
};

/* Restarting begins a trigger anew, and so does a line of its own unless triggers are as short as
 * can be. */
static struct sense sense_of(struct run *run)
{
    struct slice trigger = catalog_setting(lab_catalog(run->lab), "trigger");
    bool depends = false;
    for (uint32_t i = 0; i < lab_n_results(run->lab); i++) {
        depends = depends || depends_on_triggers(lab_result(run->lab, i)->plan);
    }
    return (struct sense){
        .restarted = !depends || slice_equal_nocase(trigger, slice_text("asap")),
        .by_line = !depends,
    };
}

static bool run_case(struct run *run, enum run_mode mode, struct sense *sense)
{
    const struct sampler sampler = {.owner = run, .sample = sample};
    run->mode = mode;
    run->refused = false;
    run->n_named = 0;
    run->lab = lab_new();
    arena_init(&run->arena);
    catalog_set_sampler(lab_catalog(run->lab), &sampler);
    bool good = run_sections(run) && nothing_left(run);
    *sense = sense_of(run);
    lab_free(run->lab);
    arena_release(&run->arena);
    return good;
}

bool script_run_case(const struct script_file *file, const struct script_case *it,
                     struct bytebuf *complaint)
{
    struct run run = {.file = file, .it = it, .complaint = complaint};
    struct sense sense;
    struct sense unused;
    if (it->n == 0) {
        bytebuf_printf(complaint, "%s: the case has no sections\n", file->path);
        return false;
    }
    return run_case(&run, RUN_PLAIN, &sense) &&
           (!sense.restarted || run_case(&run, RUN_RESTARTED, &unused)) &&
           (!sense.by_line || run_case(&run, RUN_BY_LINE, &unused));
}

void script_update_case(const struct script_file *file, const struct script_case *it,
                        struct script_edits *edits)
{
    struct bytebuf unused = {0};
    struct run run = {.file = file, .it = it, .complaint = &unused, .edits = edits};
    struct sense unused_sense;
    if (it->n > 0) {
        (void)run_case(&run, RUN_PLAIN, &unused_sense);
    }
    bytebuf_release(&unused);
}
