/* dot_commands: see dot_commands.h. */
#include "shell/dot_commands.h"

#include <string.h>

#include "engine/io/near.h"
#include "engine/io/secrets.h"
#include "shell/complain.h"
#include "shell/help.h"
#include "shell/line_editor.h"
#include "shell/pager.h"
#include "shell/text_file.h"
#include "sinks/console_sink.h"

static void write_text(const struct dot_commands *commands, struct slice text)
{
    struct error err;
    if (pager_say(session_pager(commands->session), text, &err) != OK) {
        complain(&err);
    }
}

static void refuse(const char *what, struct slice word, const char *hint)
{
    struct error err;
    error_set(&err, ERR_OPTION, "%s \"%.*s\"", what, (int)word.len, (const char *)word.at);
    error_hint(&err, "%s", hint);
    complain(&err);
}

/* Runs `text` with `rest` in its one %.*s place. */
static void run_statement(struct dot_commands *commands, const char *before, struct slice rest,
                          const char *after)
{
    struct bytebuf text = {0};
    bytebuf_add_text(&text, before);
    bytebuf_add(&text, rest.at, rest.len);
    bytebuf_add_text(&text, after);
    session_text(commands->session, bytebuf_slice(&text), NULL);
    bytebuf_release(&text);
}

/* ---- what there is --------------------------------------------------------------------------- */

static void do_streams(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    run_statement(commands, "SHOW STREAMS", slice_text(""), "");
}

static void do_sinks(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    run_statement(commands, "SHOW SINKS", slice_text(""), "");
}

static void do_queries(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    run_statement(commands, "SHOW QUERIES", slice_text(""), "");
}

static void do_show(struct dot_commands *commands, struct slice rest)
{
    run_statement(commands, "SHOW ", rest.len > 0 ? rest : slice_text("SETTINGS"), "");
}

static void do_describe(struct dot_commands *commands, struct slice rest)
{
    if (rest.len == 0) {
        do_streams(commands, rest);
    } else {
        run_statement(commands, "DESCRIBE ", rest, "");
    }
}

/* The statements that made what there is, as they were typed. */
static void do_schema(struct dot_commands *commands, struct slice rest)
{
    struct bytebuf out = {0};
    const struct catalog *catalog = session_catalog(commands->session);
    for (int kind = 0; kind < CATALOG_KINDS; kind++) {
        const struct catalog_entry *entry;
        for (uint32_t i = 0; (entry = catalog_at(catalog, (enum catalog_kind)kind, i)) != NULL;
             i++) {
            if (rest.len == 0 || slice_equal_nocase(entry->name, rest)) {
                struct slice text = slice_trim(entry->text);
                bool ended = text.len > 0 && text.at[text.len - 1] == ';';
                secrets_hide(&out, text);
                bytebuf_add_text(&out, ended ? "\n" : ";\n");
            }
        }
    }
    if (out.len == 0 && rest.len > 0) {
        refuse("there is no", rest, ".schema alone shows all");
    }
    write_text(commands, bytebuf_slice(&out));
    bytebuf_release(&out);
}

/* ---- queries --------------------------------------------------------------------------------- */

static void do_start(struct dot_commands *commands, struct slice rest)
{
    run_statement(commands, "START QUERY ", rest, "");
}

static void do_stop(struct dot_commands *commands, struct slice rest)
{
    run_statement(commands, "STOP QUERY ", rest, "");
}

static void do_explain(struct dot_commands *commands, struct slice rest)
{
    run_statement(commands, "EXPLAIN ", rest, "");
}

static void inspect(struct dot_commands *commands, enum inspect_view view, struct slice name)
{
    struct bytebuf out = {0};
    struct error err;
    if (session_inspect(commands->session, view, name, &out, &err) != OK) {
        complain(&err);
    }
    write_text(commands, bytebuf_slice(&out));
    bytebuf_release(&out);
}

/* Alone: of what ran last in the foreground, until Ctrl-C. */
static void do_why(struct dot_commands *commands, struct slice rest)
{
    if (rest.len == 0) {
        inspect(commands, INSPECT_WHY, rest);
    } else {
        run_statement(commands, "EXPLAIN WHY ", rest, "");
    }
}

static void do_progress(struct dot_commands *commands, struct slice rest)
{
    inspect(commands, INSPECT_PROGRESS, rest);
}

static void do_bad(struct dot_commands *commands, struct slice rest)
{
    inspect(commands, INSPECT_BAD, rest);
}

static void do_late(struct dot_commands *commands, struct slice rest)
{
    inspect(commands, INSPECT_LATE, rest);
}

/* ---- how results look and where they go ------------------------------------------------------ */

static void do_mode(struct dot_commands *commands, struct slice rest)
{
    if (rest.len == 0) {
        commands->args->output = NULL; /* by the place again */
    } else if (rest.len >= sizeof commands->mode || !console_format_known(rest)) {
        refuse("no output format", rest,
               "box, table, csv, tsv, json, jsonl, markdown, line, insert");
    } else {
        memcpy(commands->mode, rest.at, rest.len);
        commands->mode[rest.len] = '\0';
        commands->args->output = commands->mode;
    }
}

static void do_expanded(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    bool is_on = commands->args->output != NULL && strcmp(commands->args->output, "line") == 0;
    do_mode(commands, slice_text(is_on ? "" : "line"));
}

static void do_live(struct dot_commands *commands, struct slice rest)
{
    if (slice_equal_nocase(rest, slice_text("on")) || rest.len == 0) {
        commands->args->live = LIVE_ON;
    } else if (slice_equal_nocase(rest, slice_text("off"))) {
        commands->args->live = LIVE_OFF;
    } else if (slice_equal_nocase(rest, slice_text("full"))) {
        commands->args->live = LIVE_FULL;
    } else {
        refuse("no such view", rest,
               "on: tables are redrawn; off: rows scroll; full: the last "
               "table is shown whole");
    }
}

static void do_output(struct dot_commands *commands, struct slice rest)
{
    struct error err;
    if (session_set_output(commands->session, rest, false, &err) != OK) {
        complain(&err);
    }
}

static void do_once(struct dot_commands *commands, struct slice rest)
{
    struct error err;
    if (rest.len == 0) {
        refuse("the file is missing:", rest, ".once FILE");
    } else if (session_set_output(commands->session, rest, true, &err) != OK) {
        complain(&err);
    }
}

static void do_timer(struct dot_commands *commands, struct slice rest)
{
    bool on = slice_equal_nocase(rest, slice_text("on"));
    bool off = slice_equal_nocase(rest, slice_text("off"));
    commands->timer = on || (!off && !commands->timer);
    write_text(commands, slice_text(commands->timer ? "timer is on\n" : "timer is off\n"));
}

/* psql writes \pset pager off; its other words are about other things. */
static void do_pager(struct dot_commands *commands, struct slice rest)
{
    struct pager *pager = session_pager(commands->session);
    const struct slice name = slice_text("pager");
    if (rest.len >= name.len && slice_equal_nocase(slice_of(rest.at, name.len), name)) {
        rest = slice_trim(slice_of(rest.at + name.len, rest.len - name.len));
    }
    bool on = slice_equal_nocase(rest, slice_text("on"));
    bool off = slice_equal_nocase(rest, slice_text("off"));
    if (rest.len > 0 && !on && !off) {
        refuse("the pager cannot be", rest, "on or off; .mode is for the form of results");
        return;
    }
    pager_set_off(pager, off || (!on && !pager_is_off(pager)));
    write_text(commands, slice_text(pager_is_off(pager) ? "pager is off\n" : "pager is on\n"));
}

/* ---- the shell ------------------------------------------------------------------------------- */

static void do_help(struct dot_commands *commands, struct slice rest)
{
    struct bytebuf out = {0};
    struct error err;
    if (rest.len == 0) {
        help_prompt(&out);
    } else if (help_topic(&out, rest, &err) != OK) {
        complain(&err);
    }
    write_text(commands, bytebuf_slice(&out));
    bytebuf_release(&out);
}

/* "key value", "key = value". */
static void do_set(struct dot_commands *commands, struct slice rest)
{
    size_t len = 0;
    while (len < rest.len && !ascii_is_space(rest.at[len]) && rest.at[len] != '=') {
        len++;
    }
    struct slice value = slice_trim(slice_of(rest.at + len, rest.len - len));
    if (value.len > 0 && value.at[0] == '=') {
        value = slice_trim(slice_of(value.at + 1, value.len - 1));
    }
    bool quoted = value.len > 0 && value.at[0] == '\'';
    struct bytebuf text = {0};
    bytebuf_printf(&text, "SET %.*s = %s%.*s%s", (int)len, (const char *)rest.at, quoted ? "" : "'",
                   (int)value.len, (const char *)value.at, quoted ? "" : "'");
    run_statement(commands, "", bytebuf_slice(&text), "");
    bytebuf_release(&text);
}

static void do_history(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    struct bytebuf out = {0};
    for (uint32_t i = 0; i < commands->history->n; i++) {
        bytebuf_printf(&out, "%s\n", commands->history->entries[i]);
    }
    write_text(commands, bytebuf_slice(&out));
    bytebuf_release(&out);
}

static void do_read(struct dot_commands *commands, struct slice rest)
{
    struct bytebuf path = {0};
    bytebuf_add(&path, rest.at, rest.len);
    dot_commands_read(commands, bytebuf_text(&path));
    bytebuf_release(&path);
}

static void do_version(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    struct bytebuf out = {0};
    bytebuf_printf(&out, "tailrace " TAILRACE_VERSION ", lines edited by %s\n", line_editor_name());
    write_text(commands, bytebuf_slice(&out));
    bytebuf_release(&out);
}

static void do_quit(struct dot_commands *commands, struct slice rest)
{
    (void)rest;
    commands->quit = true;
}

/* ---- the list -------------------------------------------------------------------------------- */

struct dot_command {
    const char *name;
    const char *psql; /* its other spelling; NULL = none */
    const char *arguments;
    const char *summary;
    void (*run)(struct dot_commands *commands, struct slice rest);
};

static const struct dot_command list[] = {
    {".bad", NULL, "[QUERY]", "newest bad rows", do_bad},
    {".describe", "\\d", "[NAME]", "columns of a stream, sink or query", do_describe},
    {".exit", NULL, "", "leave", do_quit},
    {".explain", NULL, "SELECT|QUERY", "the plan", do_explain},
    {".help", "\\?", "[TOPIC]", "functions, formats, sources, sinks, windows, …", do_help},
    {".history", NULL, "", "statements of this and earlier sessions", do_history},
    {".late", NULL, "[QUERY]", "newest rows that came too late", do_late},
    {".live", NULL, "on|off|full", "tables that are redrawn in place", do_live},
    {".mode", NULL, "[FORM]", "box, table, csv, json, …; alone: as the terminal likes it", do_mode},
    {".once", NULL, "FILE", "the next result goes to a file", do_once},
    {".output", "\\o", "[FILE]", "results go to a file; alone: back here", do_output},
    {".pager", "\\pset", "[on|off]", "what is taller than the screen goes to $PAGER", do_pager},
    {".progress", NULL, "[QUERY]", "rows in, out, bad, late; state; watermark", do_progress},
    {".queries", NULL, "", "queries and whether they run", do_queries},
    {".quit", "\\q", "", "leave; Ctrl-D too", do_quit},
    {".read", "\\i", "FILE", "statements and commands of a file", do_read},
    {".schema", NULL, "[NAME]", "the statements that made what there is", do_schema},
    {".set", NULL, "KEY VALUE", "a setting", do_set},
    {".show", NULL, "[WHAT]", "settings, functions, formats, …", do_show},
    {".sinks", NULL, "", "where results go", do_sinks},
    {".start", NULL, "QUERY", "goes on in the background", do_start},
    {".stop", NULL, "QUERY", "no longer runs", do_stop},
    {".streams", "\\dt", "", "where rows come from", do_streams},
    {".timer", "\\timing", "[on|off]", "how long each statement took", do_timer},
    {".version", NULL, "", "of tailrace, and which line editor it has", do_version},
    {".why", NULL, "[QUERY]", "why nothing comes out; alone: of the last SELECT", do_why},
    {".x", "\\x", "", "a value a line, or as before", do_expanded},
};
enum { N_COMMANDS = sizeof list / sizeof *list };

bool dot_command_is(struct slice line)
{
    bool is_number = line.len > 1 && line.at[0] == '.' && ascii_is_digit(line.at[1]);
    return line.len > 0 && (line.at[0] == '.' || line.at[0] == '\\') && !is_number;
}

static bool is_name(const struct dot_command *command, struct slice word)
{
    return slice_equal(word, slice_text(command->name)) ||
           (command->psql != NULL && slice_equal(word, slice_text(command->psql)));
}

/* A whole name, or a start that only one name has; NULL if there is none. */
static const struct dot_command *command_find(struct slice word)
{
    const struct dot_command *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        struct slice name = slice_text(list[i].name);
        if (is_name(&list[i], word)) {
            return &list[i];
        }
        if (word.len > 1 && word.len < name.len && memcmp(name.at, word.at, word.len) == 0) {
            found = &list[i];
            n++;
        }
    }
    return n == 1 ? found : NULL;
}

static void no_command(struct slice word)
{
    struct error err;
    struct near near;
    near_init(&near, word);
    error_set(&err, ERR_OPTION, "no command \"%.*s\"", (int)word.len, (const char *)word.at);
    error_hint(&err, ".help lists them");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        near_try(&near, list[i].name);
    }
    near_hint(&near, &err);
    complain(&err);
}

/* A statement's end is no part of a name. */
static struct slice without_end(struct slice rest)
{
    while (rest.len > 0 &&
           (rest.at[rest.len - 1] == ';' || ascii_is_space(rest.at[rest.len - 1]))) {
        rest.len--;
    }
    return rest;
}

void dot_command_run(struct dot_commands *commands, struct slice line)
{
    size_t len = 0;
    line = slice_trim(line);
    while (len < line.len && !ascii_is_space(line.at[len]) && line.at[len] != ';') {
        len++;
    }
    struct slice word = slice_of(line.at, len);
    const struct dot_command *command = command_find(word);
    if (command == NULL) {
        no_command(word);
        return;
    }
    command->run(commands, without_end(slice_trim(slice_of(line.at + len, line.len - len))));
}

void dot_commands_complete(struct candidates *found)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        candidates_add(found, slice_text(list[i].name));
    }
}

void dot_commands_help(struct bytebuf *out)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        struct bytebuf left = {0};
        if (list[i].summary[0] != '\0' && strcmp(list[i].name, ".exit") != 0) {
            bytebuf_printf(&left, "%s %s", list[i].name, list[i].arguments);
            bytebuf_printf(out, "  %-22s %s%s%s\n", bytebuf_text(&left), list[i].summary,
                           list[i].psql != NULL ? "; psql: " : "",
                           list[i].psql != NULL ? list[i].psql : "");
        }
        bytebuf_release(&left);
    }
}

static bool is_over(const struct dot_commands *commands)
{
    return commands->quit || session_is_terminated(commands->session);
}

/* ---- files ----------------------------------------------------------------------------------- */

void dot_commands_lead(struct dot_commands *commands, struct slice *text)
{
    for (;;) {
        struct slice trimmed = slice_trim(*text);
        if (!dot_command_is(trimmed) || is_over(commands)) {
            return;
        }
        const uint8_t *end = memchr(trimmed.at, '\n', trimmed.len);
        size_t len = end == NULL ? trimmed.len : (size_t)(end - trimmed.at);
        dot_command_run(commands, slice_of(trimmed.at, len));
        *text = slice_of(trimmed.at + len, trimmed.len - len);
    }
}

static bool run_text(struct dot_commands *commands, struct slice text, const char *path)
{
    struct split split;
    struct slice rest = text;
    dot_commands_lead(commands, &rest);
    while (!is_over(commands) && statement_split(rest, &split)) {
        if (session_text(commands->session, split.text, path) != 0) {
            return false;
        }
        rest = split.rest;
        dot_commands_lead(commands, &rest);
    }
    bool has_more = slice_trim(rest).len > 0 && !is_over(commands);
    return !has_more || session_text(commands->session, rest, path) == 0;
}

bool dot_commands_read(struct dot_commands *commands, const char *path)
{
    struct bytebuf text = {0};
    struct error err;
    if (commands->depth == READ_DEPTH_MAX) {
        refuse("too many files within files:", slice_text(path), "a file may not read itself");
        return false;
    }
    if (text_file_read(commands->fs, path, &text, &err) != OK) {
        complain(&err);
        bytebuf_release(&text);
        return false;
    }
    commands->depth++;
    bool good = run_text(commands, bytebuf_slice(&text), path);
    commands->depth--;
    bytebuf_release(&text);
    return good;
}
