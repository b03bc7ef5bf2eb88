/* mem: the only door to the heap. Allocation failure panics (see panic.h), so no function here
 * returns NULL; what input can inflate is limited before it comes here. */
#ifndef ENGINE_BASE_MEM_H
#define ENGINE_BASE_MEM_H

#include <stddef.h>

__attribute__((malloc, returns_nonnull)) void *mem_alloc(size_t bytes);
/* Zeroed. */
__attribute__((malloc, returns_nonnull)) void *mem_zalloc(size_t bytes);
/* `old` may be NULL. */
__attribute__((returns_nonnull)) void *mem_realloc(void *old, size_t bytes);
/* `at` may be NULL. */
void mem_free(void *at);

/* Zeroed pages straight from the system, huge pages where the region is 2 MiB or more. Give them
 * back with the same size. Memory that is never touched costs nothing. */
__attribute__((malloc, returns_nonnull)) void *mem_pages(size_t bytes);
void mem_pages_free(void *at, size_t bytes);

/* A NUL-terminated copy of `len` bytes; free with mem_free. */
__attribute__((malloc, returns_nonnull)) char *mem_text(const void *at, size_t len);

#endif
