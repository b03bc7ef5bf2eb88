/* above: where rows of the queries in the background go, and lines of the log: above the prompt,
 * which comes back below them; above what a query in the foreground draws; and as long as a pager
 * has the terminal, nowhere yet.
 *
 *     above_init(&above, fs);
 *     above.editor = editor; above.pager = pager;       // NULL: there is none
 *     above_take_log(&above);
 *     …rows to handle 1 of &above.fs…
 *     above.screen = screen;                            // while one is drawn; then NULL again
 *     above_leave_log();
 */
#ifndef SHELL_ABOVE_H
#define SHELL_ABOVE_H

#include "engine/base/fs.h"
#include "shell/line_editor.h"
#include "shell/pager.h"
#include "shell/screen.h"

struct above {
    struct fs fs;           /* first member: rows are written to its handle 1 */
    const struct fs *under; /* of the terminal */
    struct line_editor *editor;
    struct pager *pager;
    struct screen *screen;
};

void above_init(struct above *above, const struct fs *under);
/* Lines of the log come here, too, if standard error is a terminal. */
void above_take_log(struct above *above);
void above_leave_log(void);

#endif
