/* csv_header: see csv_header.h. */
#include "sources/csv_header.h"

#include "engine/base/bytebuf.h"
#include "engine/base/mem.h"
#include "sources/csv_exact.h"

/* Room for the marks of one record: those of a longer one are not kept. */
static struct csv_marks marks_for(const struct csv_dialect *dialect, size_t bytes)
{
    size_t max = (size_t)dialect->record_bytes_max + 2;
    return (struct csv_marks){.at = mem_alloc((bytes < max ? bytes + 1 : max) * sizeof(uint32_t))};
}

static void marks_free(struct csv_marks *marks)
{
    csv_marks_release(marks);
    mem_free(marks->at);
}

static struct slice without_return(struct slice line)
{
    return slice_of(line.at, line.len - (line.len > 0 && line.at[line.len - 1] == '\r'));
}

static bool is_comment(const struct csv_dialect *dialect, struct slice line)
{
    return dialect->has_comment && line.len > 0 && line.at[0] == dialect->comment;
}

uint32_t csv_header_find(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                         bool is_final, struct csv_header_line *out)
{
    struct csv_marks marks = marks_for(dialect, bytes.len - begin);
    *out = (struct csv_header_line){0};
    while (begin < bytes.len && out->text.at == NULL) {
        uint32_t next = csv_exact_one(dialect, &marks, bytes, begin, is_final);
        if (next == begin) {
            break;
        }
        size_t len = (marks.n == 0 ? next : marks.at[marks.n - 1]) - begin;
        len = len < dialect->record_bytes_max ? len : dialect->record_bytes_max;
        struct slice line = without_return(slice_of(bytes.at + begin, len));
        if (line.len > 0 && !is_comment(dialect, line)) {
            *out = (struct csv_header_line){
                .text = line,
                .is_bad = marks.n_faults > 0 || marks.skipping,
            };
        }
        out->is_cut = marks.skipping;
        begin = next;
    }
    marks_free(&marks);
    return begin;
}

static struct slice field_name(const struct csv_dialect *dialect, struct slice field,
                               struct bytebuf *room)
{
    if (field.len < 2 || !dialect->has_quote || field.at[0] != dialect->quote) {
        return slice_trim(field);
    }
    bytebuf_clear(room);
    struct slice inner = slice_of(field.at + 1, field.len - 2);
    room->len = csv_undo_escapes(dialect, inner, bytebuf_reserve(room, inner.len + 1));
    return slice_trim(bytebuf_slice(room));
}

uint32_t csv_header_places(const struct csv_dialect *dialect, struct slice header,
                           const struct schema *schema, int32_t *places)
{
    struct csv_marks marks = marks_for(dialect, header.len);
    struct bytebuf room = {0};
    uint32_t begin = 0;
    uint32_t n_found = 0;
    for (uint32_t col = 0; col < schema->n; col++) {
        places[col] = -1;
    }
    csv_exact_one(dialect, &marks, header, 0, true);
    for (uint32_t i = 0; i < marks.n; i++) {
        struct slice field = slice_of(header.at + begin, marks.at[i] - begin);
        int col = schema_find(schema, field_name(dialect, field, &room));
        if (col >= 0 && places[col] < 0) {
            places[col] = (int32_t)i;
            n_found++;
        }
        begin = marks.at[i] + 1;
    }
    bytebuf_release(&room);
    uint32_t n_fields = n_found == 0 ? 0 : marks.n;
    marks_free(&marks);
    return n_fields;
}
