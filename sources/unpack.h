/* unpack: takes compressed bytes and gives what they hold: gzip (RFC 1952) with any number of
 * members, or zstd (RFC 8878) with any number of frames.
 *
 *     struct unpack *unpack = unpack_new(first_bytes);         // NULL: it is neither
 *     while (there is input or the last step filled its room) {
 *         TRY(unpack_step(unpack, &input, at, max, &n, err));  // takes from the front of input
 *     }
 *     if (!unpack_is_whole(unpack)) { …the input was cut… }
 *     unpack_free(unpack);
 */
#ifndef SOURCES_UNPACK_H
#define SOURCES_UNPACK_H

#include <stdbool.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

/* Bytes of a file that tell how it is packed. */
enum { UNPACK_MAGIC_BYTES = 4 };

struct unpack;

struct unpack *unpack_new(struct slice first_bytes);
void unpack_free(struct unpack *unpack); /* NULL is fine */
const char *unpack_name(const struct unpack *unpack);

/* Zero bytes behind the last member are padding. ERR_INPUT: the bytes are damaged; *n bytes in
 * front of that are good. */
MUST_CHECK enum status unpack_step(struct unpack *unpack, struct slice *input, void *at, size_t max,
                                   size_t *n, struct error *err);

/* The input may end here: a member is complete. */
bool unpack_is_whole(const struct unpack *unpack);

#endif
