/* panic: what must never be false. CHECK stays in release builds; DCHECK only in dev builds, for
 * hot loops. Neither is ever used on user input, and neither may have side effects. A panic writes
 * one line to stderr and aborts: recovery from it is the same tested path as kill -9. */
#ifndef ENGINE_BASE_PANIC_H
#define ENGINE_BASE_PANIC_H

_Noreturn void panic_at(const char *file, int line, const char *what);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            panic_at(__FILE__, __LINE__, #condition);                                              \
        }                                                                                          \
    } while (0)

#define PANIC(what) panic_at(__FILE__, __LINE__, what)

#ifdef TAILRACE_DCHECK
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) ((void)0)
#endif

#endif
