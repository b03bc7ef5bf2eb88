/* prompt: see prompt.h. */
#include "shell/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/io/near.h"
#include "shell/complain.h"
#include "shell/help.h"
#include "sinks/console_sink.h"

enum { LINE_BYTES = 4096 };

struct prompt {
    struct session *session;
    const struct fs *fs;
    struct args *args;
    struct bytebuf input; /* read, not used yet */
    struct bytebuf text;  /* the statement so far */
    bool quit;
    char mode[16]; /* what args->output points to */
};

/* ---- lines ---------------------------------------------------------------------------------- */

static void on_interrupt(int number)
{
    (void)number; /* that poll(2) comes back is all that is wanted */
}

/* Each run of a query takes the signal for itself and leaves the default behind. */
static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

static void write_text(const struct prompt *prompt, const char *text)
{
    struct error err;
    if (say(prompt->fs, slice_text(text), &err) != OK) {
        complain(&err);
    }
}

enum line_end { LINE_READY, LINE_INTERRUPTED, LINE_END };

/* Waits until a whole line is in prompt->input. */
static enum line_end wait_line(struct prompt *prompt)
{
    struct error err;
    while (prompt->input.len == 0 || memchr(prompt->input.at, '\n', prompt->input.len) == NULL) {
        struct pollfd wanted = {.fd = STDIN_FILENO, .events = POLLIN};
        size_t n;
        if (poll(&wanted, 1, -1) < 0 && errno == EINTR) {
            return LINE_INTERRUPTED;
        }
        uint8_t *at = bytebuf_reserve(&prompt->input, LINE_BYTES);
        if (prompt->fs->read(prompt->fs, STDIN_FILENO, at, LINE_BYTES, &n, &err) != OK || n == 0) {
            return LINE_END;
        }
        prompt->input.len += n;
    }
    return LINE_READY;
}

/* Takes the first line, with its end, off the input. */
static void take_line(struct prompt *prompt, struct bytebuf *line)
{
    const uint8_t *end = memchr(prompt->input.at, '\n', prompt->input.len);
    size_t len = (size_t)(end - prompt->input.at) + 1;
    bytebuf_clear(line);
    bytebuf_add(line, prompt->input.at, len);
    prompt->input.len -= len;
    memmove(prompt->input.at, prompt->input.at + len, prompt->input.len);
}

/* ---- commands ------------------------------------------------------------------------------- */

static void show(struct prompt *prompt, const char *statement)
{
    session_text(prompt->session, slice_text(statement), NULL);
}

static void do_help(struct prompt *prompt, struct slice rest)
{
    struct bytebuf out = {0};
    struct error err;
    if (rest.len == 0) {
        help_prompt(&out);
    } else if (help_topic(&out, rest, &err) != OK) {
        complain(&err);
    }
    write_text(prompt, bytebuf_text(&out));
    bytebuf_release(&out);
}

static void do_mode(struct prompt *prompt, struct slice rest)
{
    struct error err;
    if (rest.len == 0) {
        prompt->args->output = NULL; /* by the place again */
        return;
    }
    if (rest.len >= sizeof prompt->mode || !console_format_known(rest)) {
        error_set(&err, ERR_OPTION, "no output format \"%.*s\"", (int)rest.len,
                  (const char *)rest.at);
        error_hint(&err, "box, table, csv, tsv, json, jsonl, markdown, line, insert");
        complain(&err);
        return;
    }
    memcpy(prompt->mode, rest.at, rest.len);
    prompt->mode[rest.len] = '\0';
    prompt->args->output = prompt->mode;
}

static void do_queries(struct prompt *prompt, struct slice rest)
{
    (void)rest;
    show(prompt, "SHOW QUERIES");
}

static void do_quit(struct prompt *prompt, struct slice rest)
{
    (void)rest;
    prompt->quit = true;
}

static void do_run(struct prompt *prompt, struct slice rest)
{
    struct error err;
    (void)rest;
    if (!session_has_queries(prompt->session)) {
        error_set(&err, ERR_OPTION, "there is no query to run");
        error_hint(&err, "INSERT INTO and CREATE QUERY make some");
        complain(&err);
        return;
    }
    session_run(prompt->session);
}

static void do_sinks(struct prompt *prompt, struct slice rest)
{
    (void)rest;
    show(prompt, "SHOW SINKS");
}

static void do_streams(struct prompt *prompt, struct slice rest)
{
    (void)rest;
    show(prompt, "SHOW STREAMS");
}

static const struct {
    const char *name;
    void (*run)(struct prompt *prompt, struct slice rest);
} commands[] = {
    {".exit", do_quit}, {".help", do_help}, {".mode", do_mode},   {".queries", do_queries},
    {".quit", do_quit}, {".run", do_run},   {".sinks", do_sinks}, {".streams", do_streams},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

/* A whole name, or a start that only one name has; N_COMMANDS if there is none. */
static size_t command_find(struct slice word)
{
    size_t found = N_COMMANDS;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        struct slice name = slice_text(commands[i].name);
        if (slice_equal(name, word)) {
            return i;
        }
        if (word.len < name.len && memcmp(name.at, word.at, word.len) == 0) {
            found = found == N_COMMANDS ? i : N_COMMANDS + 1;
        }
    }
    return found < N_COMMANDS ? found : N_COMMANDS;
}

static void run_command(struct prompt *prompt, struct slice line)
{
    size_t len = 0;
    while (len < line.len && !ascii_is_space(line.at[len])) {
        len++;
    }
    struct slice word = slice_of(line.at, len);
    size_t i = command_find(word);
    if (i < N_COMMANDS) {
        commands[i].run(prompt, slice_trim(slice_of(line.at + len, line.len - len)));
        return;
    }
    struct error err;
    struct near near;
    near_init(&near, word);
    error_set(&err, ERR_OPTION, "no command \"%.*s\"", (int)len, (const char *)line.at);
    error_hint(&err, ".help lists them");
    for (i = 0; i < N_COMMANDS; i++) {
        near_try(&near, commands[i].name);
    }
    near_hint(&near, &err);
    complain(&err);
}

/* ---- statements ----------------------------------------------------------------------------- */

/* Runs all statements of the text that are complete and keeps the rest. */
static void run_statements(struct prompt *prompt)
{
    struct split split;
    struct slice text = bytebuf_slice(&prompt->text);
    while (statement_split(text, &split)) {
        if (session_text(prompt->session, split.text, NULL) != 0) {
            split.rest.len = 0; /* what follows in the same text was meant to follow */
        }
        text = split.rest;
    }
    if (split.state == SPLIT_DONE) {
        text.len = 0;
    }
    struct bytebuf rest = {0};
    bytebuf_add(&rest, text.at, text.len);
    bytebuf_release(&prompt->text);
    prompt->text = rest;
}

static void take_input(struct prompt *prompt)
{
    struct bytebuf line = {0};
    take_line(prompt, &line);
    struct slice trimmed = slice_trim(bytebuf_slice(&line));
    if (prompt->text.len == 0 && trimmed.len > 0 && trimmed.at[0] == '.') {
        run_command(prompt, trimmed);
    } else if (prompt->text.len > 0 || trimmed.len > 0) {
        bytebuf_add(&prompt->text, line.at, line.len);
        run_statements(prompt);
    }
    bytebuf_release(&line);
}

int prompt_run(struct session *session, const struct fs *fs, struct args *args)
{
    struct prompt prompt = {.session = session, .fs = fs, .args = args};
    write_text(&prompt, "tailrace " TAILRACE_VERSION
                        " — SQL over streams; .help says more, Ctrl-D leaves\n");
    while (!prompt.quit) {
        catch_interrupt();
        write_text(&prompt, prompt.text.len == 0 ? "tr> " : "  > ");
        switch (wait_line(&prompt)) {
        case LINE_READY:
            take_input(&prompt);
            break;
        case LINE_INTERRUPTED:
            bytebuf_clear(&prompt.input);
            bytebuf_clear(&prompt.text);
            write_text(&prompt, "\n");
            break;
        case LINE_END:
            write_text(&prompt, "\n");
            prompt.quit = true;
            break;
        }
    }
    bytebuf_release(&prompt.input);
    bytebuf_release(&prompt.text);
    return 0;
}
