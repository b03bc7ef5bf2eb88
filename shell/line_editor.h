/* line_editor: reads lines from a terminal while other things go on: it is fed when standard input
 * is readable and never waits. Built on GNU readline, libedit, or the terminal alone
 * (-DLINE_EDITOR=readline|libedit|none); the file that is compiled in decides.
 *
 *     struct line_editor *editor = line_editor_new(&config);
 *     line_editor_prompt(editor, "tr> ");
 *     while (…standard input is readable…) {
 *         line_editor_read(editor);              // config.line is called for each whole line
 *     }
 *     line_editor_hide(editor); …output… line_editor_show(editor);
 *     line_editor_free(editor);                  // the terminal is as it was
 *
 * One at a time: the libraries keep their state in the process. */
#ifndef SHELL_LINE_EDITOR_H
#define SHELL_LINE_EDITOR_H

#include "shell/complete.h"

struct line_editor;

struct line_editor_config {
    void *owner;
    /* A line without its end; NULL: Ctrl-D on an empty line. The prompt is gone until
     * line_editor_prompt. */
    void (*line)(void *owner, const char *line);
    /* Fills `found` for `word`, in front of which `before` stands in the line. */
    void (*complete)(void *owner, struct slice before, struct slice word, struct candidates *found);
};

/* "readline", "libedit" or "none": which of them is compiled in. */
const char *line_editor_name(void);

struct line_editor *line_editor_new(const struct line_editor_config *config);
void line_editor_free(struct line_editor *editor); /* NULL is fine */

/* Begins a line. `prompt` must live until the next one. */
void line_editor_prompt(struct line_editor *editor, const char *prompt);
/* Standard input is readable. */
void line_editor_read(struct line_editor *editor);
/* Ctrl-C: what was typed is given up; the next line begins with line_editor_prompt. */
void line_editor_interrupt(struct line_editor *editor);
/* Between these two something else may be written to the terminal; what was typed comes back. */
void line_editor_hide(struct line_editor *editor);
void line_editor_show(struct line_editor *editor);
/* The terminal has another size. */
void line_editor_resize(struct line_editor *editor);
/* Between these two the terminal is somebody else's: Ctrl-Z. The second alone draws the line again,
 * where the process was stopped without a warning. */
void line_editor_suspend(struct line_editor *editor);
void line_editor_resume(struct line_editor *editor);
/* An entry that the arrow keys find: a whole statement, which may have several lines. */
void line_editor_remember(struct line_editor *editor, const char *entry);

#endif
