/* clones: a hot loop compiled twice, for AVX2 and for any machine of its family; the loader picks
 * once, when the program starts. For plain loops that the vectoriser understands:
 *
 *     HOT_CLONES
 *     static void add(const int64_t *restrict a, const int64_t *restrict b, …)
 *
 * Only for static functions: clang 14 gives clones a name that no other file finds.
 *
 * Dev builds have one copy: the resolvers that the loader calls would run before the sanitizers
 * are ready. Both copies come from the same lines of C, so what the tests see is what runs. */
#ifndef ENGINE_BASE_CLONES_H
#define ENGINE_BASE_CLONES_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(TAILRACE_DCHECK)
#define HOT_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define HOT_CLONES
#endif

#endif
