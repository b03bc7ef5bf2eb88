/* job_text: DIR/job.sql, the statements of a job as text, for people and for tailrace checkpoint
 * export; the prompt begins with it. What the state is of, is in the fingerprints.
 *
 *     job_text_read(&dir, &text);                  // of the last run; empty if there is none
 *     TRY(job_text_keep(&dir, text, err));         // on disk when it returns
 */
#ifndef ENGINE_RUN_JOB_TEXT_H
#define ENGINE_RUN_JOB_TEXT_H

#include "engine/run/state_dir.h"

/* A longer text is not read. */
enum { JOB_TEXT_BYTES_MAX = 16 << 20 };

/* Appends what is there; nothing if that cannot be read. */
void job_text_read(const struct state_dir *dir, struct bytebuf *out);
/* The same for somebody who changes nothing and finds that generation in the MANIFEST: a crash may
 * have left its text as job.<generation> (job_text_prepare), which counts then. */
void job_text_look(const struct state_dir *dir, uint64_t generation, struct bytebuf *out);
/* Writes it, unless it says the same already or is empty. */
MUST_CHECK enum status job_text_keep(const struct state_dir *dir, struct slice text,
                                     struct error *err);
/* A text that counts with a generation: "job.<generation>" is on disk but for its name, which is
 * with the directory's sync; when the generation counts it takes the place of job.sql. */
MUST_CHECK enum status job_text_prepare(const struct state_dir *dir, uint64_t generation,
                                        struct slice text, struct error *err);
MUST_CHECK enum status job_text_take(const struct state_dir *dir, uint64_t generation,
                                     struct error *err);
/* Appends what `now` says otherwise, as lines "- …" and "+ …"; nothing if there is no text. */
void job_text_compare(const struct state_dir *dir, struct slice now, struct bytebuf *diff);

#endif
