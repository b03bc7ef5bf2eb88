/* generated: see generated.h. */
#include "shell/lab/generated.h"

#include "engine/io/kinds.h"
#include "shell/wiring.h"

enum { STEP_BYTES = 1 << 16 };

bool generated_is(const struct stream_def *stream)
{
    return stream->name.len == 0 && stream->finite &&
           slice_equal(stream->uri.scheme, slice_text("gen"));
}

static enum status read_all(struct source *source, struct bytebuf *out, struct error *err)
{
    for (;;) {
        uint32_t split;
        enum source_state what;
        size_t n;
        TRY(source_poll(source, &split, &what, err));
        if (what != SOURCE_MORE) {
            return OK;
        }
        uint8_t *at = bytebuf_reserve(out, STEP_BYTES);
        TRY(source_read(source, split, at, STEP_BYTES, &n, err));
        out->len += n;
        if (out->len > GENERATED_BYTES_MAX) {
            return error_set(err, ERR_LIMIT, "a test generates at most %d MiB",
                             GENERATED_BYTES_MAX >> 20);
        }
    }
}

enum status generated_rows(struct arena *arena, const struct stream_def *stream, struct slice *out,
                           struct error *err)
{
    const struct source_kind *kind = kinds_source(wiring_kinds(), stream->uri.scheme);
    const struct source_config config = {
        .uri = &stream->uri,
        .options = &stream->options,
        .fs = fs_system(),
        .clock = clock_system(),
    };
    struct source *source;
    struct bytebuf rows = {0};
    TRY(source_open(kind, &config, &source, err));
    enum status status = read_all(source, &rows, err);
    source_close(source);
    if (status == OK) {
        *out = arena_copy(arena, bytebuf_slice(&rows));
    }
    bytebuf_release(&rows);
    return status;
}
