/* retention: what is retained of each stream (retained.h), whichever job reads it.
 *
 *     struct retention *retention = retention_new(clock);
 *     retention_set_default(retention, &retain, bytes_max);    // for streams that say nothing
 *     config.retention = retention;                            // of jobs: their feeds write
 *     retained = retention_find(retention, stream);            // NULL: nobody has read it
 *     retention_forget(retention, stream);
 *     retention_free(retention);
 *
 * Streams are known by the address of their definition. Those without a name are not retained:
 * nobody could ask for them. */
#ifndef ENGINE_RUN_RETENTION_H
#define ENGINE_RUN_RETENTION_H

#include "engine/run/retained.h"

struct retention;

struct retention *retention_new(const struct clock *clock);
void retention_free(struct retention *retention); /* NULL is fine; behind its jobs */

/* For streams without RETAIN; both 0: they are not retained. Whatever a stream says, at most
 * `bytes_max` of it are kept. */
void retention_set_default(struct retention *retention, const struct retain *retain,
                           int64_t bytes_max);

/* Where `owner`, who reads the stream, writes what it reads; until retained_leave. NULL: nowhere;
 * also if `retention` is NULL. */
struct retained *retention_claim(struct retention *retention, const struct stream_def *stream,
                                 const void *owner);

/* True if rows of the stream are or would be kept. */
bool retention_covers(const struct retention *retention, const struct stream_def *stream);
/* And the stream itself says so (RETAIN), so that it is read though no query does. */
bool retention_collects(const struct retention *retention, const struct stream_def *stream);
/* NULL if nobody has read it since it is covered. */
struct retained *retention_find(const struct retention *retention, const struct stream_def *stream);
/* The stream was dropped; nobody reads it. */
void retention_forget(struct retention *retention, const struct stream_def *stream);

#endif
