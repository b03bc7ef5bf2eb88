/* utf8: see utf8.h. */
#include "engine/base/utf8.h"

#include "engine/base/panic.h"

uint32_t utf8_decode(struct slice text, unsigned *used)
{
    DCHECK(text.len > 0);
    uint8_t first = text.at[0];
    *used = 1;
    if (first < 0x80) {
        return first;
    }
    /* Bytes that follow, and the least value that needs as many. */
    unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    if (first < 0xc2 || first > 0xf4 || text.len <= more) {
        return UTF8_BAD;
    }
    uint32_t code = first & (0x3fu >> more);
    for (unsigned i = 1; i <= more; i++) {
        if ((text.at[i] & 0xc0) != 0x80) {
            return UTF8_BAD;
        }
        code = code << 6 | (text.at[i] & 0x3f);
    }
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return UTF8_BAD;
    }
    *used = more + 1;
    return code;
}
