/* hash: see hash.h. */
#include "engine/base/hash.h"

/* Inlined from the system's header: keys of 17 to 64 bytes are common and a call costs a third. */
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_long(const uint8_t *at, size_t len)
{
    return XXH3_64bits(at, len);
}
