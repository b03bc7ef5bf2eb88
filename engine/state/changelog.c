/* changelog: see changelog.h. */
#include "engine/state/changelog.h"

#include "engine/base/byteorder.h"
#include "engine/base/panic.h"

/* ---- writing ------------------------------------------------------------------------------------
 */

static void open_bytes(struct changelog *log)
{
    log->open_at = log->out->len;
    codec_put_u32(log->out, 0);
}

static void close_bytes(struct changelog *log)
{
    size_t len = log->out->len - log->open_at - 4;
    CHECK(len <= UINT32_MAX);
    store_le32(log->out->at + log->open_at, (uint32_t)len);
}

void changelog_operator(struct changelog *log, uint32_t number, uint8_t version, struct slice name)
{
    codec_put_u8(log->out, CHANGE_OPERATOR);
    codec_put_u32(log->out, number);
    codec_put_u8(log->out, version);
    codec_put_bytes(log->out, name);
}

void changelog_section(struct changelog *log, struct slice name)
{
    codec_put_u8(log->out, CHANGE_SECTION);
    codec_put_bytes(log->out, name);
}

void changelog_number_section(struct changelog *log, char kind, int64_t number)
{
    codec_put_u8(log->out, CHANGE_SECTION);
    open_bytes(log);
    codec_put_u8(log->out, (uint8_t)kind);
    changelog_put_number(log->out, changelog_signed(number));
    close_bytes(log);
}

void changelog_drop(struct changelog *log)
{
    codec_put_u8(log->out, CHANGE_DROP);
}

void changelog_put(struct changelog *log, uint8_t group)
{
    codec_put_u8(log->out, CHANGE_PUT);
    codec_put_u8(log->out, group);
    open_bytes(log);
}

void changelog_value(struct changelog *log)
{
    close_bytes(log);
    open_bytes(log);
}

void changelog_erase(struct changelog *log)
{
    codec_put_u8(log->out, CHANGE_ERASE);
    open_bytes(log);
}

void changelog_done(struct changelog *log)
{
    close_bytes(log);
}

void changelog_end(struct changelog *log)
{
    codec_put_u8(log->out, CHANGE_END);
}

void changelog_put_number(struct bytebuf *out, uint64_t number)
{
    codec_put_u64(out, __builtin_bswap64(number));
}

/* ---- reading ------------------------------------------------------------------------------------
 */

uint64_t changelog_number(struct slice key, struct reader *of)
{
    struct reader in = reader_of(key);
    uint64_t number = __builtin_bswap64(reader_u64(&in));
    of->failed |= !reader_ok(&in) || reader_left(&in) != 0;
    return number;
}

bool changelog_next(struct reader *in, struct change *out)
{
    struct change change = {.kind = (enum change_kind)reader_u8(in)};
    switch (change.kind) {
    case CHANGE_OPERATOR:
        change.number = reader_u32(in);
        change.version = reader_u8(in);
        change.name = reader_bytes(in);
        break;
    case CHANGE_SECTION:
    case CHANGE_ERASE:
        change.name = reader_bytes(in);
        break;
    case CHANGE_PUT:
        change.group = reader_u8(in);
        change.name = reader_bytes(in);
        change.value = reader_bytes(in);
        break;
    case CHANGE_DROP:
        break;
    case CHANGE_GROUP:
        change.group = reader_u8(in);
        change.bytes = reader_u32(in);
        in->failed |= change.bytes > reader_left(in);
        break;
    case CHANGE_END:
        in->failed |= reader_left(in) != 0;
        break;
    default:
        in->failed = true;
    }
    *out = change;
    return reader_ok(in);
}
