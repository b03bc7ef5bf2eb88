/* stream_sampler: looks at the first lines of streams whose columns are not declared, for the
 * catalog. A source that can be read again by offset (a file) is closed after the look; one that
 * cannot (stdin, tcp) is kept with its bytes and handed to the job that reads the stream.
 *
 *     struct stream_sampler *sampler = stream_sampler_new(fs, clock);
 *     struct sampler interface = stream_sampler_interface(sampler);
 *     catalog_set_sampler(catalog, &interface);
 *     …
 *     stream_sampler_hand_over(sampler, job, stream);     // before job_add_query
 *     …
 *     stream_sampler_free(sampler);
 */
#ifndef SHELL_STREAM_SAMPLER_H
#define SHELL_STREAM_SAMPLER_H

#include "engine/run/job.h"
#include "sql/catalog.h"

enum { SAMPLE_LINES = 64, SAMPLE_BYTES = 64 * 1024 };

struct stream_sampler;

/* Both must outlive the sampler. */
struct stream_sampler *stream_sampler_new(const struct fs *fs, const struct clock *clock);
void stream_sampler_free(struct stream_sampler *sampler); /* NULL is fine; closes what is kept */
/* Sources end at what is there now (--once). */
void stream_sampler_set_once(struct stream_sampler *sampler, bool once);

struct sampler stream_sampler_interface(struct stream_sampler *sampler);

/* Gives the job what was read of `stream`, if its source was kept. */
void stream_sampler_hand_over(struct stream_sampler *sampler, struct job *job,
                              const struct stream_def *stream);

#endif
