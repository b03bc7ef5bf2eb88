/* secrets: options whose values nobody but this process should see: passwords, keys, tokens. Their
 * values are left out wherever a statement or a URI is shown again.
 *
 *     secrets_hide(&out, slice_text("kafka://h/t?kafka.sasl.password=x"));   // …password=***
 */
#ifndef ENGINE_IO_SECRETS_H
#define ENGINE_IO_SECRETS_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"

/* True for names such as kafka.sasl.password; not for those of files and switches
 * (password_file, allow_plaintext_password). */
bool secret_key(struct slice key);

/* Appends the text of a statement or URI with *** in the place of each value that a secret key has,
 * written key=value or key = 'value'. ${NAME} stays: it says only where the value is. */
void secrets_hide(struct bytebuf *out, struct slice text);
/* The same with as many * as the value has bytes: places in the text stay what they are. */
void secrets_cover(struct bytebuf *out, struct slice text);

#endif
