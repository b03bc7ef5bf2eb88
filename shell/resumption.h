/* resumption: a prompt with --state begins where the last one ended: the statements of DIR/job.sql
 * are done, and their queries go on in the background. */
#ifndef SHELL_RESUMPTION_H
#define SHELL_RESUMPTION_H

#include "shell/session.h"

/* Says in one line what goes on. Returns an exit code; if that is not 0, it was said why, and
 * nothing in DIR is changed. */
int resumption_begin(struct session *session, const struct args *args);
/* The end of the session: everything is in a snapshot. Returns an exit code. */
int resumption_end(struct session *session);

#endif
