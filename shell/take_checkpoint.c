/* take_checkpoint: see take_checkpoint.h. */
#include "shell/take_checkpoint.h"

#include <inttypes.h>

#include "engine/base/log.h"
#include "shell/human.h"
#include "shell/kept_job.h"

static enum status refuse(const char *why, const char *way_out, struct error *err)
{
    error_set(err, ERR_SQL, "CHECKPOINT: %s", why);
    error_hint(err, "%s", way_out);
    return ERR_SQL;
}

enum status take_checkpoint(struct background *background, struct slice query,
                            const char *state_dir, struct error *err)
{
    struct checkpoint_written written;
    struct bytebuf bytes = {0};
    if (state_dir == NULL) {
        return refuse("there is no directory to write to",
                      "tailrace --state DIR keeps what the queries of the prompt do, tailrace run "
                      "FILE --state DIR those of a file",
                      err);
    }
    if (background == NULL) {
        return refuse("no query is running now",
                      "queries of a script start behind its last statement and write one when they "
                      "end; SIGUSR2 asks for one while they run",
                      err);
    }
    if (query.len > 0 && background_find(background, query) == NULL) {
        error_set(err, ERR_SQL, "CHECKPOINT: no query \"%.*s\" runs", (int)query.len,
                  (const char *)query.at);
        error_hint(err, "SHOW QUERIES lists them; CHECKPOINT alone is for all");
        return ERR_SQL;
    }
    TRY(kept_job_checkpoint(background_kept(background), &written, err));
    human_bytes(&bytes, written.bytes);
    log_line(LOG_INFO,
             "checkpoint: all up to epoch %" PRIu64 " is in \"%s/snap.%" PRIu64 "\", %s%s",
             written.epoch, state_dir, written.generation, bytebuf_text(&bytes),
             query.len > 0 ? "; the queries of a job are written together" : "");
    bytebuf_release(&bytes);
    return OK;
}
