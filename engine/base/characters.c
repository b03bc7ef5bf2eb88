/* characters: see characters.h. */
#include "engine/base/characters.h"

bool characters_are_ascii(struct slice text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    for (; end - at >= 32; at += 32) {
        if (!characters_ascii32(at)) {
            return false;
        }
    }
    for (; end - at >= 8; at += 8) {
        if (!characters_ascii8(at)) {
            return false;
        }
    }
    uint8_t any = 0;
    for (; at < end; at++) {
        any |= *at;
    }
    return any < 0x80;
}

int64_t characters_count(struct slice text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    int64_t n = 0;
    while (at < end) {
        if (end - at >= 32 && characters_ascii32(at)) {
            at += 32;
            n += 32;
        } else if (end - at >= 8 && characters_ascii8(at)) {
            at += 8;
            n += 8;
        } else {
            at += character_bytes(at, end);
            n++;
        }
    }
    return n;
}

const uint8_t *characters_skip(struct slice text, int64_t n)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    while (n > 0 && at < end) {
        if (n >= 8 && end - at >= 8 && characters_ascii8(at)) {
            at += 8;
            n -= 8;
        } else {
            at += character_bytes(at, end);
            n--;
        }
    }
    return at;
}

uint8_t *characters_write(uint8_t *out, uint32_t code)
{
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    if (code < 0x80) {
        *out++ = (uint8_t)code;
        return out;
    }
    unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *out++ = (uint8_t)(leads[more] | code >> (6 * more));
    while (more > 0) {
        more--;
        *out++ = (uint8_t)(0x80 | (code >> (6 * more) & 0x3f));
    }
    return out;
}
