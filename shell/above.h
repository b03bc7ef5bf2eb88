/* above: where rows of the queries in the background go: above the prompt, which comes back below
 * them; above what a query in the foreground shows; and as long as a pager has the terminal,
 * nowhere yet.
 *
 *     above_init(&above, fs);
 *     above.editor = editor; above.pager = pager;       // NULL: there is none
 *     …rows to handle 1 of &above.fs…
 *     above.screen = screen_fs(screen);                 // while one is drawn; then NULL again
 */
#ifndef SHELL_ABOVE_H
#define SHELL_ABOVE_H

#include "engine/base/fs.h"
#include "shell/line_editor.h"
#include "shell/pager.h"

struct above {
    struct fs fs;           /* first member: rows are written to its handle 1 */
    const struct fs *under; /* of the terminal */
    struct line_editor *editor;
    struct pager *pager;
    const struct fs *screen;
};

void above_init(struct above *above, const struct fs *under);

#endif
