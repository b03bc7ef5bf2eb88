/* csv_index: see csv_index.h. */
#include "sources/csv_index.h"

#include "engine/base/lanes.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

static const char wrong_count[] = "wrong field count";

void csv_index_init(struct csv_index *index, const struct csv_dialect *dialect)
{
    CHECK(dialect->n_columns > 0);
    *index = (struct csv_index){.dialect = dialect, .scan = csv_scan_choose()};
}

static void marks_free(struct csv_index *index)
{
    if (index->marks.at != NULL) {
        mem_free(index->marks.at - 1);
    }
    index->marks.at = NULL;
}

void csv_index_release(struct csv_index *index)
{
    marks_free(index);
    csv_marks_release(&index->marks);
    mem_free(index->firsts);
    mem_free(index->bads);
}

/* Every byte may be a mark. Memory that is not written to costs nothing. */
static void marks_reserve(struct csv_index *index, size_t bytes)
{
    uint32_t needed = (uint32_t)(bytes + 1 + LANES_SLACK);
    if (needed > index->cap_marks) {
        marks_free(index);
        uint32_t *room = mem_alloc(((size_t)needed + 1) * sizeof *room);
        index->marks.at = room + 1;
        index->cap_marks = needed;
    }
}

/* ---- finding the marks ---------------------------------------------------------------------- */

static bool has_byte(struct slice bytes, uint32_t begin, uint8_t byte)
{
    return begin < bytes.len && memchr(bytes.at + begin, byte, bytes.len - begin) != NULL;
}

/* True if the fast pass understands all that may be in the block. */
static bool can_scan(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin)
{
    return !(dialect->has_escape && has_byte(bytes, begin, dialect->escape)) &&
           !(dialect->has_comment && has_byte(bytes, begin, dialect->comment));
}

static bool is_line_end(struct slice bytes, uint32_t mark)
{
    return mark == bytes.len || bytes.at[mark] == '\n';
}

/* Every record within the limit, as far as marks tell. */
static bool records_fit(const struct csv_index *index, struct slice bytes, uint32_t begin)
{
    uint32_t max = index->dialect->record_bytes_max;
    if (bytes.len - begin <= max) {
        return true;
    }
    const uint32_t *marks = index->marks.at;
    for (uint32_t i = 0; i < index->marks.n; i++) {
        if (is_line_end(bytes, marks[i])) {
            if (marks[i] - begin > max) {
                return false;
            }
            begin = marks[i] + 1;
        }
    }
    return true;
}

/* The fast pass over the block. False: it takes the exact one. *n_lines = marks that are line ends.
 */
static bool scan_block(struct csv_index *index, struct slice bytes, uint32_t begin, bool is_final,
                       uint32_t *n_lines)
{
    const struct csv_dialect *dialect = index->dialect;
    struct csv_marks *marks = &index->marks;
    struct csv_scan scan;
    index->scan(dialect, bytes, begin, marks->at, &scan);
    if (scan.odd || (is_final && scan.inside)) {
        return false;
    }
    uint32_t n = scan.n_marks;
    while (n > 0 && bytes.at[marks->at[n - 1]] != '\n') {
        n--;
    }
    uint32_t end = n == 0 ? begin : marks->at[n - 1] + 1;
    if (is_final && end < bytes.len) {
        n = scan.n_marks;
        marks->at[n++] = (uint32_t)bytes.len;
        scan.n_lines++;
        end = (uint32_t)bytes.len;
    }
    if (bytes.len - end > dialect->record_bytes_max) {
        return false;
    }
    marks->n = n;
    marks->n_faults = 0;
    marks->end = end;
    index->has_quotes = scan.has_quotes;
    *n_lines = scan.n_lines;
    return records_fit(index, bytes, begin);
}

/* ---- from marks to records ------------------------------------------------------------------ */

/* As many marks as lines × columns, and a line end at each stride: then all others are separators.
 */
static bool find_regular(const struct csv_index *index, struct slice bytes, uint32_t n_lines)
{
    uint32_t stride = index->dialect->n_columns;
    const struct csv_marks *marks = &index->marks;
    if ((uint64_t)n_lines * stride != marks->n) {
        return false;
    }
    for (uint32_t i = stride; i <= marks->n; i += stride) {
        if (!is_line_end(bytes, marks->at[i - 1])) {
            return false;
        }
    }
    return true;
}

static void add_bad(struct csv_index *index, uint32_t begin, uint32_t end, const char *reason)
{
    if (index->n_bads == index->cap_bads) {
        index->cap_bads = index->cap_bads == 0 ? 16 : index->cap_bads * 2;
        index->bads = mem_realloc(index->bads, index->cap_bads * sizeof *index->bads);
    }
    uint32_t max = index->dialect->record_bytes_max;
    index->bads[index->n_bads++] = (struct csv_bad){
        .begin = begin,
        .end = end - begin > max ? begin + max : end,
        .before = index->n_records,
        .reason = reason,
    };
}

static void add_record(struct csv_index *index, uint32_t first)
{
    if (index->n_records == index->cap_firsts) {
        index->cap_firsts = index->cap_firsts == 0 ? 1024 : index->cap_firsts * 2;
        index->firsts = mem_realloc(index->firsts, index->cap_firsts * sizeof *index->firsts);
    }
    index->firsts[index->n_records++] = first;
}

static uint32_t without_return(struct slice bytes, uint32_t begin, uint32_t end)
{
    return end - (end > begin && bytes.at[end - 1] == '\r');
}

/* Marks [first, last] are one line: a record, a bad one, or nothing. */
static void judge_line(struct csv_index *index, struct slice bytes, uint32_t first, uint32_t last,
                       const char *fault)
{
    const struct csv_dialect *dialect = index->dialect;
    const uint32_t *marks = index->marks.at;
    uint32_t begin = first == 0 ? marks[-1] + 1 : marks[first - 1] + 1;
    uint32_t end = without_return(bytes, begin, marks[last]);
    uint32_t n_fields = last - first + 1;
    if (fault != NULL) {
        add_bad(index, begin, end, fault);
    } else if (dialect->has_comment && begin < end && bytes.at[begin] == dialect->comment) {
        return;
    } else if (begin == end && dialect->n_columns > 1) {
        return; /* a blank line is no row of two or more fields */
    } else if (n_fields != dialect->n_columns) {
        add_bad(index, begin, end, wrong_count);
    } else {
        add_record(index, first);
    }
}

static void list_records(struct csv_index *index, struct slice bytes)
{
    const struct csv_marks *marks = &index->marks;
    uint32_t first = 0;
    uint32_t fault = 0;
    for (uint32_t i = 0; i < marks->n; i++) {
        if (!is_line_end(bytes, marks->at[i])) {
            continue;
        }
        const char *reason = NULL;
        if (fault < marks->n_faults && marks->faults[fault].mark == i) {
            reason = marks->faults[fault++].reason;
        }
        judge_line(index, bytes, first, i, reason);
        first = i + 1;
    }
    CHECK(fault == marks->n_faults && first == marks->n);
}

static void find_records(struct csv_index *index, struct slice bytes, uint32_t begin, bool is_final)
{
    struct csv_marks *marks = &index->marks;
    uint32_t n_lines;
    if (can_scan(index->dialect, bytes, begin) &&
        scan_block(index, bytes, begin, is_final, &n_lines)) {
        if (find_regular(index, bytes, n_lines)) {
            index->is_regular = true;
            index->n_records = n_lines;
            return;
        }
    } else {
        csv_exact(index->dialect, bytes, begin, is_final, marks);
        index->has_quotes = index->dialect->has_quote;
    }
    list_records(index, bytes);
    if (marks->skipping && marks->skip_is_bad) {
        add_bad(index, marks->skipped, (uint32_t)bytes.len, "record too long");
    }
}

uint32_t csv_index_end_skip(struct csv_index *index, struct slice bytes, uint32_t begin,
                            bool is_final)
{
    if (!index->marks.skipping) {
        return begin;
    }
    const uint8_t *line_end =
        begin < bytes.len ? memchr(bytes.at + begin, '\n', bytes.len - begin) : NULL;
    index->marks.skipping = line_end == NULL && !is_final;
    return line_end == NULL ? (uint32_t)bytes.len : (uint32_t)(line_end - bytes.at) + 1;
}

uint32_t csv_index_block(struct csv_index *index, struct slice bytes, uint32_t begin, bool is_final)
{
    struct csv_marks *marks = &index->marks;
    index->is_regular = false;
    index->n_records = 0;
    index->n_bads = 0;
    marks->n = 0;
    marks->n_faults = 0;
    begin = csv_index_end_skip(index, bytes, begin, is_final);
    if (begin == bytes.len) {
        return begin;
    }
    marks_reserve(index, bytes.len - begin);
    marks->at[-1] = begin - 1; /* wraps at 0, and back when 1 is added */
    marks->end = begin;
    find_records(index, bytes, begin, is_final);
    return marks->end;
}

struct slice csv_index_record(const struct csv_index *index, struct slice bytes, uint32_t record)
{
    CHECK(record < index->n_records);
    const uint32_t *marks = csv_index_marks(index, record);
    uint32_t begin = marks[-1] + 1;
    uint32_t end = marks[index->dialect->n_columns - 1];
    return slice_of(bytes.at + begin, without_return(bytes, begin, end) - begin);
}
