/* line_editor: nothing but the terminal's own line discipline; see line_editor.h. */
#include <unistd.h>

#include "engine/base/fs.h"
#include "engine/base/mem.h"
#include "shell/line_editor.h"

enum { READ_BYTES = 4096 };

struct line_editor {
    struct line_editor_config config;
    struct bytebuf input; /* read, not a whole line yet */
    const char *prompt;   /* the last one */
    bool is_open;
    bool at_end;
};

const char *line_editor_name(void)
{
    return "none";
}

struct line_editor *line_editor_new(const struct line_editor_config *config)
{
    struct line_editor *editor = mem_zalloc(sizeof *editor);
    editor->config = *config;
    return editor;
}

void line_editor_free(struct line_editor *editor)
{
    if (editor != NULL) {
        bytebuf_release(&editor->input);
        mem_free(editor);
    }
}

static void write_text(const char *text)
{
    struct error ignored;
    if (fs_write_all(fs_system(), STDOUT_FILENO, text, strlen(text), &ignored) != OK) {
        return; /* a terminal that is gone ends us by a signal */
    }
}

/* Gives the first whole line that is there, while a prompt waits for one. */
static void give_lines(struct line_editor *editor)
{
    const uint8_t *end;
    while (editor->is_open && editor->input.len > 0 &&
           (end = memchr(editor->input.at, '\n', editor->input.len)) != NULL) {
        size_t len = (size_t)(end - editor->input.at);
        char *line = mem_text(editor->input.at, len);
        editor->input.len -= len + 1;
        memmove(editor->input.at, editor->input.at + len + 1, editor->input.len);
        editor->is_open = false;
        editor->config.line(editor->config.owner, line);
        mem_free(line);
    }
    if (editor->is_open && editor->at_end) {
        editor->is_open = false;
        editor->config.line(editor->config.owner, NULL);
    }
}

void line_editor_prompt(struct line_editor *editor, const char *prompt)
{
    editor->is_open = true;
    editor->prompt = prompt;
    write_text(prompt);
}

void line_editor_read(struct line_editor *editor)
{
    struct error err;
    size_t n = 0;
    uint8_t *at = bytebuf_reserve(&editor->input, READ_BYTES);
    enum status status = fs_system()->read(fs_system(), STDIN_FILENO, at, READ_BYTES, &n, &err);
    editor->at_end = status != OK || n == 0;
    editor->input.len += n;
    give_lines(editor);
}

void line_editor_interrupt(struct line_editor *editor)
{
    bytebuf_clear(&editor->input);
    editor->is_open = false;
    write_text("\n");
}

void line_editor_hide(struct line_editor *editor)
{
    if (editor->is_open) {
        write_text("\r\x1b[K");
    }
}

void line_editor_show(struct line_editor *editor)
{
    (void)editor; /* what was typed is the terminal's, which does not say it again */
}

void line_editor_resize(struct line_editor *editor)
{
    (void)editor;
}

void line_editor_suspend(struct line_editor *editor)
{
    (void)editor;
}

void line_editor_resume(struct line_editor *editor)
{
    if (editor->is_open) {
        write_text(editor->prompt);
    }
}

void line_editor_remember(struct line_editor *editor, const char *entry)
{
    (void)editor;
    (void)entry;
}
