/* arena: see arena.h. Blocks double from 16 KiB to 1 MiB; a request larger than that gets a block
 * of its own. */
#include "engine/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { BLOCK_BYTES_MIN = 16 * 1024, BLOCK_BYTES_MAX = 1024 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t bytes; /* with this header */
    _Alignas(16) uint8_t data[];
};

/* Under ASan nothing is kept, so that who keeps a pointer beyond its batch is found out. */
#ifdef __SANITIZE_ADDRESS__
#define ARENA_KEEPS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_KEEPS false
#endif
#endif
#ifndef ARENA_KEEPS
#define ARENA_KEEPS true
#endif

/* Where an arena without a block points: an allocation of 0 bytes is never NULL. */
static const uint8_t nothing[16];

void arena_init(struct arena *arena)
{
    *arena = (struct arena){.next = (uint8_t *)nothing, .end = (uint8_t *)nothing};
}

static void blocks_free(struct arena_block *block, const struct arena_block *but)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        if (block != but) {
            mem_free(block);
        }
        block = older;
    }
}

void arena_release(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    blocks_free(arena->block, NULL);
    arena_init(arena);
}

static struct arena_block *block_to_keep(struct arena_block *block)
{
    struct arena_block *best = NULL;
    for (; ARENA_KEEPS && block != NULL; block = block->older) {
        if (block->bytes <= BLOCK_BYTES_MAX && (best == NULL || block->bytes > best->bytes)) {
            best = block;
        }
    }
    return best;
}

void arena_clear(struct arena *arena)
{
    struct arena_block *kept = block_to_keep(arena->block);
    blocks_free(arena->block, kept);
    arena_init(arena);
    if (kept != NULL) {
        kept->older = NULL;
        arena->block = kept;
        arena->next = kept->data;
        arena->end = (uint8_t *)kept + kept->bytes;
        arena->bytes = kept->bytes;
    }
}

void *arena_grow(struct arena *arena, size_t bytes)
{
    CHECK(bytes < SIZE_MAX / 2);
    size_t size = arena->block == NULL ? BLOCK_BYTES_MIN : arena->block->bytes * 2;
    if (size > BLOCK_BYTES_MAX) {
        size = BLOCK_BYTES_MAX;
    }
    if (size < bytes + sizeof(struct arena_block)) {
        size = bytes + sizeof(struct arena_block);
    }
    struct arena_block *block = mem_alloc(size);
    block->older = arena->block;
    block->bytes = size;
    arena->block = block;
    arena->bytes += size;
    arena->next = block->data + bytes;
    arena->end = (uint8_t *)block + size;
    return block->data;
}

void *arena_zalloc(struct arena *arena, size_t bytes)
{
    void *at = arena_alloc(arena, bytes);
    if (bytes > 0) {
        memset(at, 0, bytes);
    }
    return at;
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    uint8_t *at = arena_alloc(arena, bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(at, bytes.at, bytes.len);
    }
    at[bytes.len] = 0;
    return slice_of(at, bytes.len);
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *at = arena_alloc(arena, bytes);
    memcpy(at, text, bytes);
    return at;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *at = arena_alloc(arena, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    return at;
}
