/* crc32c: see crc32c.h. */
#include "engine/base/crc32c.h"

#include "engine/base/byteorder.h"

/* Four bits at a time: remainder of each nibble under the reflected polynomial 0x82f63b78. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_plain(uint32_t crc, const void *at, size_t len)
{
    const uint8_t *bytes = at;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return ~crc;
}

#if defined __x86_64__

__attribute__((target("sse4.2"))) static uint32_t crc32c_fast(uint32_t crc, const void *at,
                                                              size_t len)
{
    const uint8_t *bytes = at;
    uint64_t wide = (uint32_t)~crc;
    for (; len >= 8; len -= 8, bytes += 8) {
        wide = __builtin_ia32_crc32di(wide, load_le64(bytes));
    }
    crc = (uint32_t)wide;
    for (; len > 0; len--) {
        crc = __builtin_ia32_crc32qi(crc, *bytes++);
    }
    return ~crc;
}

uint32_t crc32c(uint32_t crc, const void *at, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_fast(crc, at, len)
                                            : crc32c_plain(crc, at, len);
}

#else

uint32_t crc32c(uint32_t crc, const void *at, size_t len)
{
    return crc32c_plain(crc, at, len);
}

#endif
