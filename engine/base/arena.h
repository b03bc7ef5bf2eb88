/* arena: memory with one lifetime. Parts are never freed alone; all of it is, at once.
 *
 *     struct arena batch_arena;
 *     arena_init(&batch_arena);
 *     for (each batch) {
 *         int64_t *values = arena_alloc(&batch_arena, n * sizeof *values);
 *         …
 *         arena_clear(&batch_arena);       // keeps up to 1 MiB for the next batch
 *     }
 *     arena_release(&batch_arena);
 *
 * A function that allocates takes its arena first, named by lifetime: batch, epoch, statement,
 * query. */
#ifndef ENGINE_BASE_ARENA_H
#define ENGINE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* newest first */
    uint8_t *next;
    uint8_t *end;
    size_t bytes; /* held from the system */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);
/* Forgets everything; keeps one block for reuse. */
void arena_clear(struct arena *arena);

/* The slow path of arena_alloc. */
void *arena_grow(struct arena *arena, size_t bytes);

/* Aligned to 16 bytes, not zeroed. */
static inline void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (__builtin_expect((size_t)(arena->end - arena->next) < rounded, 0)) {
        return arena_grow(arena, rounded);
    }
    void *at = arena->next;
    arena->next += rounded;
    return at;
}

/* Zeroed. */
void *arena_zalloc(struct arena *arena, size_t bytes);

/* A copy of the bytes, followed by one NUL that is not counted. */
struct slice arena_copy(struct arena *arena, struct slice bytes);

/* NUL-terminated copy and printf. */
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
