/* crash_shim: is loaded in front of libc into the release binary (LD_PRELOAD) and makes one thing
 * go wrong, which it says on stderr. CRASH_SHIM says what:
 *
 *     count          nothing; at the end says how many there were of each
 *     memory:N       the N-th allocation of the program's own code is refused
 *     library:N      the N-th allocation of a library it uses is
 *     short:N        the N-th write of two bytes or more to a regular file writes half
 *
 * The functions stand for those of libc by the names of their symbols. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum what { MEMORY, LIBRARY, SHORT, WHATS };

static const char *const names[WHATS] = {"memory", "library", "short"};

/* What goes wrong, and at which call; counted so far. Sections of the program in memory. */
static struct {
    int what;
    unsigned at;
    unsigned n[WHATS];
    bool counts;
    uintptr_t from;
    uintptr_t to;
} shim = {.what = WHATS};

typedef ssize_t (*write_call)(int fd, const void *at, size_t len);
typedef ssize_t (*pwrite_call)(int fd, const void *at, size_t len, off_t from);
typedef void *(*mmap_call)(void *at, size_t bytes, int how, int flags, int fd, off_t from);

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

void *shim_malloc(size_t bytes) __asm__("malloc");
void *shim_calloc(size_t n, size_t bytes) __asm__("calloc");
void *shim_realloc(void *old, size_t bytes) __asm__("realloc");
void *shim_mmap(void *at, size_t bytes, int how, int flags, int fd, off_t from) __asm__("mmap");
ssize_t shim_write(int fd, const void *at, size_t len) __asm__("write");
ssize_t shim_pwrite(int fd, const void *at, size_t len, off_t from) __asm__("pwrite64");

/* The first one is the program. */
static int take_program(struct dl_phdr_info *info, size_t size, void *nothing)
{
    (void)size;
    (void)nothing;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            shim.from = from;
            shim.to = from + part->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void shim_begin(void)
{
    const char *text = getenv("CRASH_SHIM");
    dl_iterate_phdr(take_program, NULL);
    shim.counts = text != NULL && strcmp(text, "count") == 0;
    for (int i = 0; text != NULL && i < WHATS; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(text, names[i], len) == 0 && text[len] == ':') {
            shim.what = i;
            shim.at = (unsigned)strtoul(text + len + 1, NULL, 10);
        }
    }
    memset(shim.n, 0, sizeof shim.n);
}

/* Without stdio, which allocates. */
static void say(const char *what, unsigned n)
{
    char text[64] = "crash_shim: ";
    char digits[12];
    size_t len = strlen(text);
    size_t at = sizeof digits;
    memcpy(text + len, what, strlen(what));
    len += strlen(what);
    text[len++] = ' ';
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    memcpy(text + len, digits + at, sizeof digits - at);
    len += sizeof digits - at;
    text[len++] = '\n';
    (void)!((write_call)dlsym(RTLD_NEXT, "write"))(STDERR_FILENO, text, len);
}

__attribute__((destructor)) static void shim_end(void)
{
    for (int i = 0; shim.counts && i < WHATS; i++) {
        say(names[i], shim.n[i]);
    }
}

static bool strikes(enum what what)
{
    if (++shim.n[what] != shim.at || (int)what != shim.what) {
        return false;
    }
    say(names[what], shim.at);
    return true;
}

static bool refuses(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    return shim.to != 0 && strikes(at >= shim.from && at < shim.to ? MEMORY : LIBRARY);
}

void *shim_malloc(size_t bytes)
{
    if (refuses(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(bytes);
}

void *shim_calloc(size_t n, size_t bytes)
{
    if (refuses(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(n, bytes);
}

void *shim_realloc(void *old, size_t bytes)
{
    if (refuses(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(old, bytes);
}

void *shim_mmap(void *at, size_t bytes, int how, int flags, int fd, off_t from)
{
    if ((flags & MAP_ANONYMOUS) != 0 && refuses(__builtin_return_address(0))) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return ((mmap_call)dlsym(RTLD_NEXT, "mmap"))(at, bytes, how, flags, fd, from);
}

static size_t cut(int fd, size_t len)
{
    struct stat stat;
    bool is_file = len >= 2 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    return is_file && strikes(SHORT) ? len / 2 : len;
}

ssize_t shim_write(int fd, const void *at, size_t len)
{
    return ((write_call)dlsym(RTLD_NEXT, "write"))(fd, at, cut(fd, len));
}

ssize_t shim_pwrite(int fd, const void *at, size_t len, off_t from)
{
    return ((pwrite_call)dlsym(RTLD_NEXT, "pwrite64"))(fd, at, cut(fd, len), from);
}
