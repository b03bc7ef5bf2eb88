/* interrupt: a sink that waits for somebody else hears that the run is to end. Whoever runs the
 * loop lends it while it runs; the sink asks each time before it waits on.
 *
 *     while (busy) {
 *         if (interrupt_is_asked(config->interrupt)) { …give up, within a few seconds… }
 *         …wait for some milliseconds…
 *     }
 */
#ifndef ENGINE_IO_INTERRUPT_H
#define ENGINE_IO_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>

struct interrupt {
    /* True: the run has been asked to end. NULL: nobody can ask. It may let signals be heard, but
     * does nothing to the job. */
    bool (*is_asked)(void *owner);
    void *owner;
};

/* `interrupt` may be NULL: never. */
static inline bool interrupt_is_asked(const struct interrupt *interrupt)
{
    return interrupt != NULL && interrupt->is_asked != NULL &&
           interrupt->is_asked(interrupt->owner);
}

#endif
