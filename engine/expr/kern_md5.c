/* kern_md5: md5() (RFC 1321). For comparing with what other systems computed, not for secrets. */
#include "engine/base/byteorder.h"
#include "engine/expr/kernels.h"

enum { MD5_BLOCK = 64, MD5_LENGTH_AT = 56, MD5_HEX = 32 };

/* floor(2^32 × |sin(i + 1)|), RFC 1321 §3.4. */
static const uint32_t sines[64] = {0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
                                   0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
                                   0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e,
                                   0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
                                   0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6,
                                   0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
                                   0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
                                   0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
                                   0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
                                   0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97,
                                   0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
                                   0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
                                   0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static const uint8_t shifts[4][4] = {{7, 12, 17, 22},
                                     {5, 9, 14, 20},
                                     {4, 11, 16, 23},
                                     {6, 10, 15, 21}};

static inline uint32_t rotate_left(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint32_t load_word(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* What step `i` mixes, and which word of the block it takes. */
static uint32_t step_mix(unsigned i, const uint32_t s[4], unsigned *word)
{
    uint32_t b = s[1];
    uint32_t c = s[2];
    uint32_t d = s[3];
    switch (i / 16) {
    case 0:
        *word = i;
        return (b & c) | (~b & d);
    case 1:
        *word = (5 * i + 1) % 16;
        return (d & b) | (~d & c);
    case 2:
        *word = (3 * i + 5) % 16;
        return b ^ c ^ d;
    default:
        *word = (7 * i) % 16;
        return c ^ (b | ~d);
    }
}

static void add_block(uint32_t state[4], const uint8_t *block)
{
    uint32_t s[4] = {state[0], state[1], state[2], state[3]};
    for (unsigned i = 0; i < 64; i++) {
        unsigned word;
        uint32_t mix = step_mix(i, s, &word);
        uint32_t sum = s[0] + mix + sines[i] + load_word(block + (size_t)4 * word);
        uint32_t next = s[1] + rotate_left(sum, shifts[i / 16][i % 4]);
        s[0] = s[3];
        s[3] = s[2];
        s[2] = s[1];
        s[1] = next;
    }
    for (unsigned i = 0; i < 4; i++) {
        state[i] += s[i];
    }
}

/* The last bytes, a 1 bit, zeros, and the length in bits. */
static void add_end(uint32_t state[4], struct slice rest, uint64_t total)
{
    uint8_t blocks[2 * MD5_BLOCK] = {0};
    if (rest.len > 0) {
        memcpy(blocks, rest.at, rest.len);
    }
    blocks[rest.len] = 0x80;
    size_t n = rest.len < MD5_LENGTH_AT ? 1 : 2;
    uint8_t *length = blocks + (n - 1) * MD5_BLOCK + MD5_LENGTH_AT;
    for (unsigned i = 0; i < 8; i++) {
        length[i] = (uint8_t)((total * 8) >> (8 * i));
    }
    for (size_t i = 0; i < n; i++) {
        add_block(state, blocks + i * MD5_BLOCK);
    }
}

static void write_md5(struct slice text, uint8_t *out)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    size_t whole = text.len / MD5_BLOCK * MD5_BLOCK;
    for (size_t i = 0; i < whole; i += MD5_BLOCK) {
        add_block(state, text.at + i);
    }
    add_end(state, slice_of(text.at + whole, text.len - whole), text.len);
    for (unsigned i = 0; i < 16; i++) {
        uint8_t byte = (uint8_t)(state[i / 4] >> (8 * (i % 4)));
        *out++ = (uint8_t)hex[byte >> 4];
        *out++ = (uint8_t)hex[byte & 15];
    }
}

void md5_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        uint8_t *at = text_room_reserve(&room, MD5_HEX);
        write_md5(text_slice(call->args[0]->text[i]), at);
        out->text[i] = text_room_take(&room, at + MD5_HEX);
    }
}
