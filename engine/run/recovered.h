/* recovered: what a snapshot and the COMMITs behind it come to: the newest image, with the state of
 * all its queries.
 *
 *     struct recovered *recovered = recovered_new();
 *     TRY(recovered_add(recovered, image, err));            // the snapshot's, then each COMMIT's
 *     … recovered_image(recovered), recovered_entries(recovered, name) …
 *     recovered_free(recovered);
 *
 * The bytes of all images must live as long. */
#ifndef ENGINE_RUN_RECOVERED_H
#define ENGINE_RUN_RECOVERED_H

#include "engine/run/image.h"
#include "engine/state/entries.h"

struct recovered;

struct recovered *recovered_new(void);
void recovered_free(struct recovered *recovered); /* NULL is fine */

/* ERR_STATE if the bytes are no image. */
MUST_CHECK enum status recovered_add(struct recovered *recovered, struct slice image,
                                     struct error *err);

/* The newest; its queries have their plans, and no changes. Valid until the next one is added. */
const struct image *recovered_image(const struct recovered *recovered);
/* What the operators of a query of that image keep. */
struct entries *recovered_entries(const struct recovered *recovered, struct slice query);

#endif
