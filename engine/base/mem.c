/* mem: see mem.h. */
#include "engine/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/base/panic.h"

enum { HUGE_PAGE_BYTES = 2 * 1024 * 1024 };

void *mem_alloc(size_t bytes)
{
    void *at = malloc(bytes > 0 ? bytes : 1);
    if (at == NULL) {
        PANIC("out of memory");
    }
    return at;
}

void *mem_zalloc(size_t bytes)
{
    void *at = calloc(1, bytes > 0 ? bytes : 1);
    if (at == NULL) {
        PANIC("out of memory");
    }
    return at;
}

void *mem_realloc(void *old, size_t bytes)
{
    void *at = realloc(old, bytes > 0 ? bytes : 1);
    if (at == NULL) {
        PANIC("out of memory");
    }
    return at;
}

void mem_free(void *at)
{
    free(at);
}

static uint8_t *pages_map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        PANIC("out of memory");
    }
    return at;
}

/* The kernel backs only whole aligned 2 MiB with a huge page: map more and give back the ends. */
static void *huge_pages_map(size_t bytes)
{
    size_t rounded = (bytes + 4095) & ~(size_t)4095;
    size_t mapped = rounded + HUGE_PAGE_BYTES;
    uint8_t *start = pages_map(mapped);
    size_t front = (size_t)(-(uintptr_t)start & (HUGE_PAGE_BYTES - 1));
    size_t back = mapped - front - rounded;
    if (front > 0) {
        munmap(start, front);
    }
    if (back > 0) {
        munmap(start + front + rounded, back);
    }
    madvise(start + front, rounded, MADV_HUGEPAGE); /* only advice: small pages work too */
    return start + front;
}

void *mem_pages(size_t bytes)
{
    CHECK(bytes < SIZE_MAX / 2);
    if (bytes >= HUGE_PAGE_BYTES) {
        return huge_pages_map(bytes);
    }
    return pages_map(bytes > 0 ? bytes : 1);
}

void mem_pages_free(void *at, size_t bytes)
{
    if (at == NULL) {
        return;
    }
    CHECK(munmap(at, bytes > 0 ? bytes : 1) == 0);
}

char *mem_text(const void *at, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, at, len);
    }
    copy[len] = '\0';
    return copy;
}
