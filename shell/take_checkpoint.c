/* take_checkpoint: see take_checkpoint.h. */
#include "shell/take_checkpoint.h"

#include <inttypes.h>

#include "engine/base/log.h"
#include "shell/human.h"

static enum status refuse(const char *why, const char *way_out, struct error *err)
{
    error_set(err, ERR_SQL, "CHECKPOINT: %s", why);
    error_hint(err, "%s", way_out);
    return ERR_SQL;
}

enum status take_checkpoint(struct job *job, const char *state_dir, struct error *err)
{
    struct checkpoint_written written;
    struct bytebuf bytes = {0};
    if (state_dir == NULL) {
        return refuse("there is no directory to write to",
                      "the queries of a file keep one: tailrace run FILE --state DIR; those of the "
                      "prompt come and go, and keep none",
                      err);
    }
    if (job == NULL) {
        return refuse("no query is running now",
                      "queries of a script start behind its last statement and write one when they "
                      "end; SIGUSR2 asks for one while they run",
                      err);
    }
    TRY(job_checkpoint_now(job, &written, err));
    human_bytes(&bytes, written.bytes);
    log_line(LOG_INFO, "checkpoint: all up to epoch %" PRIu64 " is in \"%s/snap.%" PRIu64 "\", %s",
             written.epoch, state_dir, written.generation, bytebuf_text(&bytes));
    bytebuf_release(&bytes);
    return OK;
}
