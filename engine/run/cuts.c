/* cuts: see cuts.h. A cut is u8 kind, u32 of, i64 time and, for kinds that have them, u32 split and
 * u32 bytes. */
#include "engine/run/cuts.h"

#include "engine/data/timestamp.h"

static bool has_split(enum cut_kind kind)
{
    return kind == CUT_READ || kind == CUT_SPLIT_ENDED || kind == CUT_SPLIT_LOST;
}

static bool has_bytes(enum cut_kind kind)
{
    return kind == CUT_READ || kind == CUT_QUERY_END;
}

void cut_put(struct bytebuf *out, const struct cut *cut)
{
    codec_put_u8(out, (uint8_t)cut->kind);
    codec_put_u32(out, cut->of);
    codec_put_i64(out, cut->time_us);
    if (has_split(cut->kind)) {
        codec_put_u32(out, cut->split);
    }
    if (has_bytes(cut->kind)) {
        codec_put_u32(out, cut->bytes);
    }
}

bool cut_next(struct reader *in, struct cut *out)
{
    if (!reader_ok(in) || reader_left(in) == 0) {
        return false;
    }
    uint8_t kind = reader_u8(in);
    if (kind < CUT_READ || kind > CUT_QUERY_END) {
        in->failed = true;
        return false;
    }
    struct cut cut = {.kind = (enum cut_kind)kind, .of = reader_u32(in)};
    cut.time_us = reader_i64(in);
    cut.split = has_split(cut.kind) ? reader_u32(in) : 0;
    cut.bytes = has_bytes(cut.kind) ? reader_u32(in) : 0;
    *out = cut;
    return reader_ok(in);
}

void cut_print(struct bytebuf *out, const struct cut *cut)
{
    static const char *const names[] = {
        [CUT_READ] = "read",
        [CUT_SPLIT_ENDED] = "split ended",
        [CUT_SPLIT_LOST] = "split lost",
        [CUT_FEED_DONE] = "source done",
        [CUT_TRIGGER] = "trigger",
        [CUT_QUERY_END] = "query end",
    };
    timestamp_print(out, cut->time_us);
    bytebuf_printf(out, "  %s", names[cut->kind]);
    if (cut->kind != CUT_TRIGGER) {
        bytebuf_printf(out, " %u", cut->of);
    }
    if (has_split(cut->kind)) {
        bytebuf_printf(out, ":%u", cut->split);
    }
    if (cut->kind == CUT_READ) {
        bytebuf_printf(out, " %u bytes", cut->bytes);
    }
    bytebuf_add_byte(out, '\n');
}
