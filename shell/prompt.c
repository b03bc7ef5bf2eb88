/* prompt: see prompt.h. */
#include "shell/prompt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/run/loop.h"
#include "shell/above.h"
#include "shell/background.h"
#include "shell/complain.h"
#include "shell/dot_commands.h"
#include "shell/human.h"
#include "shell/line_editor.h"
#include "shell/pager.h"
#include "shell/resumption.h"
#include "shell/xdg.h"

struct prompt {
    struct above above; /* rows of the background */
    const struct fs *fs;
    struct session *session;
    struct line_editor *editor;
    struct history history;
    struct dot_commands commands;
    struct bytebuf text; /* the statement so far */
    char *line;          /* has come, not used yet */
    bool at_end;         /* Ctrl-D */
    bool is_shown;       /* the prompt, in this wait */
};

static void write_text(const struct prompt *prompt, const char *text)
{
    struct error err;
    if (say(prompt->fs, slice_text(text), &err) != OK) {
        complain(&err);
    }
}

/* ---- the editor ------------------------------------------------------------------------------ */

static void on_line(void *owner, const char *line)
{
    struct prompt *prompt = owner;
    prompt->at_end = line == NULL;
    if (line != NULL) {
        prompt->line = mem_text(line, strlen(line));
    }
}

static void on_complete(void *owner, struct slice before, struct slice word,
                        struct candidates *found)
{
    struct prompt *prompt = owner;
    found->word = word;
    if (prompt->text.len == 0 && slice_trim(before).len == 0 && dot_command_is(word)) {
        dot_commands_complete(found);
        return;
    }
    struct bytebuf statement = {0};
    bytebuf_add(&statement, prompt->text.at, prompt->text.len);
    bytebuf_add(&statement, before.at, before.len);
    complete_statement(session_catalog(prompt->session), bytebuf_slice(&statement), word, found);
    bytebuf_release(&statement);
}

/* ---- statements ------------------------------------------------------------------------------ */

/* Without what people took to read. */
static int64_t busy_us(const struct prompt *prompt)
{
    return clock_steady_us(clock_system()) - pager_open_us(session_pager(prompt->session));
}

static void say_time(const struct prompt *prompt, int64_t start_us)
{
    struct bytebuf out = {0};
    bytebuf_add_text(&out, "took ");
    human_duration(&out, busy_us(prompt) - start_us);
    bytebuf_add_byte(&out, '\n');
    write_text(prompt, bytebuf_text(&out));
    bytebuf_release(&out);
}

/* A whole statement is one entry, however many lines it has. */
static void remember(struct prompt *prompt, struct slice text)
{
    struct slice trimmed = slice_trim(text);
    struct bytebuf entry = {0};
    bool is_secret = text.len > 0 && text.at[0] == ' ';
    bytebuf_add(&entry, trimmed.at, trimmed.len);
    if (entry.len > 0 && !is_secret) {
        line_editor_remember(prompt->editor, bytebuf_text(&entry));
        history_add(&prompt->history, bytebuf_text(&entry));
    }
    bytebuf_release(&entry);
}

static bool is_over(const struct prompt *prompt)
{
    return prompt->commands.quit || session_is_terminated(prompt->session);
}

/* Runs all statements of the text that are complete, and commands between them, and keeps the rest.
 */
static void run_statements(struct prompt *prompt)
{
    struct split split = {.state = SPLIT_DONE};
    struct slice text = bytebuf_slice(&prompt->text);
    dot_commands_lead(&prompt->commands, &text);
    while (!is_over(prompt) && statement_split(text, &split)) {
        int64_t start_us = busy_us(prompt);
        remember(prompt, slice_of(text.at, (size_t)(split.rest.at - text.at)));
        if (session_text(prompt->session, split.text, NULL) != 0) {
            split.rest.len = 0; /* what follows in the same text was meant to follow */
        }
        if (prompt->commands.timer) {
            say_time(prompt, start_us);
        }
        text = split.rest;
        dot_commands_lead(&prompt->commands, &text);
    }
    if (split.state == SPLIT_DONE) {
        text.len = 0;
    }
    struct bytebuf rest = {0};
    bytebuf_add(&rest, text.at, text.len);
    bytebuf_release(&prompt->text);
    prompt->text = rest;
}

/* What people type who are new here, or in a hurry: a command without its point. */
static bool is_bare_command(struct slice line)
{
    static const char *const words[] = {"help", "?", "quit", "exit"};
    size_t len = 0;
    while (len < line.len && !ascii_is_space(line.at[len]) && line.at[len] != ';') {
        len++;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal_nocase(slice_of(line.at, len), slice_text(words[i]))) {
            return true;
        }
    }
    return false;
}

/* "help windows" is .help windows, "?" is \?. */
static void run_command(struct prompt *prompt, struct slice line)
{
    struct bytebuf text = {0};
    if (is_bare_command(line)) {
        bytebuf_add_byte(&text, line.at[0] == '?' ? '\\' : '.');
    }
    bytebuf_add(&text, line.at, line.len);
    dot_command_run(&prompt->commands, bytebuf_slice(&text));
    bytebuf_release(&text);
}

static void take_line(struct prompt *prompt)
{
    char *line = prompt->line;
    struct slice trimmed = slice_trim(slice_text(line));
    prompt->line = NULL;
    bool is_paste = memchr(trimmed.at, '\n', trimmed.len) != NULL;
    bool is_command = !is_paste && (is_bare_command(trimmed) || dot_command_is(trimmed));
    if (prompt->text.len == 0 && is_command) {
        remember(prompt, slice_text(line));
        run_command(prompt, trimmed);
    } else if (prompt->text.len > 0 || trimmed.len > 0) {
        if (is_command) { /* who has forgotten the semicolon is told how to get out */
            log_line(LOG_INFO, "the statement goes on until ; ends it; Ctrl-C gives it up");
        }
        bytebuf_add_text(&prompt->text, line);
        bytebuf_add_byte(&prompt->text, '\n');
        run_statements(prompt);
    }
    mem_free(line);
}

/* ---- waiting for a line ---------------------------------------------------------------------- */

static void show_prompt(struct prompt *prompt)
{
    line_editor_prompt(prompt->editor, prompt->text.len == 0 ? "tr> " : " -> ");
}

static void on_input(void *owner)
{
    struct prompt *prompt = owner;
    line_editor_read(prompt->editor);
}

static bool on_interrupt(void *owner)
{
    struct prompt *prompt = owner;
    line_editor_interrupt(prompt->editor);
    bytebuf_clear(&prompt->text);
    show_prompt(prompt);
    return true;
}

static void on_resize(void *owner)
{
    struct prompt *prompt = owner;
    line_editor_resize(prompt->editor);
}

static void on_suspend(void *owner)
{
    struct prompt *prompt = owner;
    line_editor_suspend(prompt->editor);
}

static void on_resume(void *owner)
{
    struct prompt *prompt = owner;
    line_editor_resume(prompt->editor);
}

static struct job *on_failure(void *owner, const struct error *err)
{
    struct prompt *prompt = owner;
    line_editor_hide(prompt->editor);
    session_background_failed(prompt->session, err);
    line_editor_show(prompt->editor);
    return background_job(session_background(prompt->session));
}

/* The prompt is shown when the loop listens: Ctrl-C behind it is heard. */
static bool after_step(void *owner)
{
    struct prompt *prompt = owner;
    if (!prompt->is_shown) {
        prompt->is_shown = true;
        show_prompt(prompt);
    }
    if (background_any_ended(session_background(prompt->session))) {
        line_editor_hide(prompt->editor);
        session_background_reap(prompt->session);
        line_editor_show(prompt->editor);
    }
    return prompt->line == NULL && !prompt->at_end && session_failed(prompt->session) == 0;
}

/* Until a line or the end has come; false: the loop was stopped from outside. */
static bool wait_line(struct prompt *prompt)
{
    struct error err;
    enum loop_end end = LOOP_STOPPED;
    struct loop_config config = {
        .job = background_job(session_background(prompt->session)),
        .owner = prompt,
        .after_step = after_step,
        .input = on_input,
        .interrupt = on_interrupt,
        .resized = on_resize,
        .suspended = on_suspend,
        .resumed = on_resume,
        .failed = on_failure,
    };
    prompt->is_shown = false;
    if (loop_run(&config, &end, &err) != OK) {
        complain(&err);
        return false;
    }
    return end == LOOP_ENOUGH;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void open_history(struct prompt *prompt)
{
    struct bytebuf path = {0};
    bool known = xdg_state_path(&path, "history");
    history_open(&prompt->history, prompt->fs, known ? bytebuf_text(&path) : NULL);
    for (uint32_t i = 0; i < prompt->history.n; i++) {
        line_editor_remember(prompt->editor, prompt->history.entries[i]);
    }
    bytebuf_release(&path);
}

/* tailracerc: what a person wants to be said at every start; the command line goes before it. */
static void read_config(struct prompt *prompt)
{
    struct bytebuf path = {0};
    struct fs_stat stat;
    struct error ignored;
    bool known = xdg_config_path(&path, "tailracerc");
    if (known && prompt->fs->stat(prompt->fs, bytebuf_text(&path), &stat, &ignored) == OK) {
        const char *output = prompt->commands.args->output;
        session_set_repeats(prompt->session, true);
        dot_commands_read(&prompt->commands, bytebuf_text(&path));
        session_set_repeats(prompt->session, false);
        session_set_from_args(prompt->session);
        if (output != NULL) {
            prompt->commands.args->output = output;
        }
    }
    bytebuf_release(&path);
}

static void prompt_open(struct prompt *prompt, const struct fs *fs, const struct clock *clock,
                        struct args *args)
{
    const struct line_editor_config editor = {
        .owner = prompt,
        .line = on_line,
        .complete = on_complete,
    };
    const struct session_config session = {
        .args = args,
        .fs = fs,
        .clock = clock,
        .interactive = true,
        .above = &prompt->above,
    };
    above_init(&prompt->above, fs);
    prompt->fs = fs;
    prompt->session = session_new(&session);
    prompt->editor = line_editor_new(&editor);
    prompt->above.pager = session_pager(prompt->session);
    prompt->above.editor = prompt->editor;
    above_take_log(&prompt->above);
    prompt->commands = (struct dot_commands){
        .session = prompt->session,
        .fs = fs,
        .args = args,
        .history = &prompt->history,
    };
    open_history(prompt);
}

static void prompt_close(struct prompt *prompt)
{
    above_leave_log();
    session_free(prompt->session);
    line_editor_free(prompt->editor);
    history_close(&prompt->history);
    bytebuf_release(&prompt->text);
    mem_free(prompt->line);
}

/* Between the loops of lines and queries nobody listens to Ctrl-C; it must not end the shell. */
static void block_interrupt(void)
{
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, NULL);
}

static void prompt_talk(struct prompt *prompt)
{
    read_config(prompt);
    write_text(prompt, "tailrace " TAILRACE_VERSION
                       " — SQL over streams; .help says more, Ctrl-D leaves\n");
    while (!is_over(prompt) && !prompt->at_end && session_failed(prompt->session) == 0 &&
           wait_line(prompt)) {
        if (prompt->line != NULL) {
            take_line(prompt);
        }
    }
    if (prompt->at_end) {
        write_text(prompt, "\n");
    }
}

int prompt_run(const struct fs *fs, const struct clock *clock, struct args *args)
{
    struct prompt *prompt = mem_zalloc(sizeof *prompt);
    block_interrupt();
    prompt_open(prompt, fs, clock, args);
    int exit_code = args->state != NULL ? resumption_begin(prompt->session, args) : 0;
    if (exit_code == 0) {
        prompt_talk(prompt);
        exit_code = resumption_end(prompt->session);
    }
    prompt_close(prompt);
    mem_free(prompt);
    return exit_code;
}
