/* hidden_columns: see hidden_columns.h. */
#include "engine/run/hidden_columns.h"

#include "engine/base/panic.h"
#include "engine/data/batch.h"

static struct slice record_of(const struct hidden_rows *rows, uint32_t i)
{
    return decoder_record(rows->decoder, rows->origin[i]);
}

static struct text text_of(struct slice slice)
{
    return (struct text){slice.at, (uint32_t)slice.len};
}

static bool has_messages(const struct hidden_rows *rows)
{
    return (source_flags(rows->source) & SOURCE_MESSAGES) != 0;
}

static struct source_message message_of(const struct hidden_rows *rows, uint32_t i)
{
    struct source_message message;
    size_t at = (size_t)(record_of(rows, i).at - rows->block);
    source_message_at(rows->source, rows->split, at, &message);
    return message;
}

static void put_text_or_null(struct column_out *out, struct slice slice, uint32_t i, uint32_t n)
{
    if (slice.at == NULL) {
        column_out_null(out, i, n);
    } else {
        out->text[i] = text_of(slice);
    }
}

/* Headers are printed anew for each message, so they are kept in the arena. */
static void put_message(struct column_out *out, const struct hidden_rows *rows,
                        enum hidden_column which, uint32_t i)
{
    struct source_message message = message_of(rows, i);
    switch (which) {
    case HIDDEN_KEY:
        put_text_or_null(out, message.key, i, rows->n);
        break;
    case HIDDEN_TOPIC:
        out->text[i] = text_of(message.topic);
        break;
    case HIDDEN_PARTITION:
        out->i64[i] = message.partition;
        break;
    case HIDDEN_TIMESTAMP:
        if (message.time_us == TIME_NONE) {
            column_out_null(out, i, rows->n);
        } else {
            out->i64[i] = message.time_us;
        }
        break;
    case HIDDEN_HEADERS:
        put_text_or_null(out,
                         message.headers.at == NULL ? message.headers
                                                    : arena_copy(out->arena, message.headers),
                         i, rows->n);
        break;
    default:
        PANIC("no such hidden column of a message");
    }
}

static int64_t offset_of(const struct hidden_rows *rows, uint32_t i)
{
    return has_messages(rows) ? message_of(rows, i).offset
                              : (int64_t)rows->position + (record_of(rows, i).at - rows->block);
}

struct column hidden_column(struct arena *arena, const struct hidden_rows *rows,
                            enum hidden_column which)
{
    struct column_out out = column_out_new(arena, hidden_column_type(which), rows->n);
    struct slice name = slice_text(rows->split_name);
    for (uint32_t i = 0; i < rows->n; i++) {
        switch (which) {
        case HIDDEN_ARRIVAL:
            out.i64[i] = rows->arrival_us;
            break;
        case HIDDEN_SOURCE:
            out.text[i] = text_of(name);
            break;
        case HIDDEN_OFFSET:
            out.i64[i] = offset_of(rows, i);
            break;
        case HIDDEN_LINE:
            out.text[i] = text_of(record_of(rows, i));
            break;
        default:
            put_message(&out, rows, which, i);
            break;
        }
    }
    return column_view(&out, rows->n);
}
