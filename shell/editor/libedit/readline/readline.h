/* readline: libedit's imitation under the name of the original, with what it leaves out. */
#ifndef SHELL_EDITOR_LIBEDIT_READLINE_READLINE_H
#define SHELL_EDITOR_LIBEDIT_READLINE_READLINE_H

#include <editline/readline.h>

#include "engine/base/mem.h"

/* It never sets LINES and COLUMNS: the 0 for that goes where there is one already. */
#define rl_change_environment rl_catch_sigwinch

/* Of a line that Ctrl-C gives up it keeps nothing. */
static inline void rl_callback_sigcleanup(void)
{
}

/* It does not say how many lines what was typed takes: the one with the cursor goes. */
static inline void rl_clear_visible_line(void)
{
    fputs("\r\x1b[K", rl_outstream);
}

static inline void rl_free(void *memory)
{
    mem_free(memory);
}

#endif
