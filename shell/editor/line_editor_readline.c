/* line_editor: on GNU readline or libedit's imitation of it, through their callback interface; see
 * line_editor.h. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "shell/line_editor.h"

enum { ENTRIES_MAX = 10000 };

struct line_editor {
    struct line_editor_config config;
    bool is_open; /* a prompt is on the terminal */
    bool is_hidden;
    char *prompt;
    struct candidates found; /* of the last completion */
    uint32_t next;
};

/* The callbacks of the library get no pointer of ours. */
static struct line_editor *the_editor;

/* ---- completion ------------------------------------------------------------------------------ */

/* The library frees what it gets with free(3), which is what mem_free does. */
static char *next_candidate(const char *word, int state)
{
    (void)word;
    struct line_editor *editor = the_editor;
    editor->next = state == 0 ? 0 : editor->next;
    if (editor->next == editor->found.n) {
        return NULL;
    }
    const char *item = editor->found.items[editor->next++];
    return mem_text(item, strlen(item));
}

static char **complete_word(const char *word, int start, int end)
{
    struct line_editor *editor = the_editor;
    (void)end;
    candidates_release(&editor->found);
    candidates_init(&editor->found);
    editor->config.complete(editor->config.owner, slice_of(rl_line_buffer, (size_t)start),
                            slice_text(word), &editor->found);
    rl_attempted_completion_over = 1; /* no file names */
    bool is_call = editor->found.n > 0 && strchr(editor->found.items[0], '(') != NULL;
    rl_completion_append_character = is_call ? '\0' : ' ';
    return rl_completion_matches(word, next_candidate);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void line_ready(char *line)
{
    struct line_editor *editor = the_editor;
    editor->is_open = false;
    rl_callback_handler_remove();
    editor->config.line(editor->config.owner, line);
    rl_free(line);
}

const char *line_editor_name(void)
{
    return strstr(rl_library_version, "EditLine") != NULL ? "libedit" : "readline";
}

struct line_editor *line_editor_new(const struct line_editor_config *config)
{
    CHECK(the_editor == NULL);
    struct line_editor *editor = mem_zalloc(sizeof *editor);
    editor->config = *config;
    candidates_init(&editor->found);
    the_editor = editor;
    rl_readline_name = "tailrace";
    rl_catch_signals = 0; /* they are the loop's */
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_attempted_completion_function = complete_word;
    rl_completer_word_break_characters = (char *)(uintptr_t) " \t\n\"'`@><=;|&{(,)+-*/%";
    using_history();
    stifle_history(ENTRIES_MAX);
    return editor;
}

void line_editor_free(struct line_editor *editor)
{
    if (editor == NULL) {
        return;
    }
    if (editor->is_open) {
        rl_callback_handler_remove();
    }
    clear_history();
    candidates_release(&editor->found);
    mem_free(editor->prompt);
    mem_free(editor);
    the_editor = NULL;
}

void line_editor_prompt(struct line_editor *editor, const char *prompt)
{
    CHECK(!editor->is_open);
    mem_free(editor->prompt);
    editor->prompt = mem_text(prompt, strlen(prompt));
    editor->is_open = true;
    rl_callback_handler_install(editor->prompt, line_ready);
}

/* libedit asks a terminal that is gone for ever. */
static bool terminal_is_gone(void)
{
    struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR)) != 0;
}

void line_editor_read(struct line_editor *editor)
{
    if (!editor->is_open) {
        return;
    }
    if (terminal_is_gone()) {
        line_ready(NULL);
    } else {
        rl_callback_read_char();
    }
}

void line_editor_interrupt(struct line_editor *editor)
{
    if (editor->is_open) {
        rl_callback_sigcleanup();
        rl_replace_line("", 0);
        rl_crlf();
        rl_callback_handler_remove();
        editor->is_open = false;
    }
}

/* ---- output above the prompt ----------------------------------------------------------------- */

void line_editor_hide(struct line_editor *editor)
{
    if (editor->is_open && !editor->is_hidden) {
        editor->is_hidden = true;
        rl_clear_visible_line();
        fflush(rl_outstream);
    }
}

void line_editor_show(struct line_editor *editor)
{
    if (editor->is_hidden) {
        editor->is_hidden = false;
        rl_forced_update_display();
    }
}

void line_editor_resize(struct line_editor *editor)
{
    if (editor->is_open) {
        rl_resize_terminal();
    }
}

void line_editor_suspend(struct line_editor *editor)
{
    if (editor->is_open) {
        rl_deprep_terminal();
    }
}

void line_editor_resume(struct line_editor *editor)
{
    if (editor->is_open) {
        rl_prep_terminal(1);
        rl_forced_update_display();
    }
}

void line_editor_remember(struct line_editor *editor, const char *entry)
{
    (void)editor;
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (last == NULL || strcmp(last->line, entry) != 0) {
        add_history(entry);
    }
}
