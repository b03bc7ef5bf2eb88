/* line_index: see line_index.h. */
#include "sources/line_index.h"

#include "engine/base/lanes.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { LINE_BYTES_LIMIT = 1 << 30 };

enum status line_index_init(struct line_index *index, const struct decoder_config *config,
                            uint8_t mark_a, uint8_t mark_b, struct error *err)
{
    int64_t max;
    TRY(options_bytes(config->options, "max_line", RECORD_BYTES_MAX, &max, err));
    if (max < 1 || max > LINE_BYTES_LIMIT) {
        return error_set(err, ERR_OPTION, "option max_line is not between 1 and 1GiB");
    }
    struct slice needle = config->needle;
    if (needle.len > 0 && memchr(needle.at, '\n', needle.len) != NULL) {
        needle.len = 0; /* in no line: the filter will say so, row by row */
    }
    *index = (struct line_index){
        .reject = config->reject,
        .needle = needle,
        .line_bytes_max = (uint32_t)max,
        .mark_a = mark_a,
        .mark_b = mark_b,
        .scan = mark_scan_choose(),
        .search = byte_search_choose(),
        .past_start = config->resumed,
    };
    return OK;
}

void line_index_release(struct line_index *index)
{
    mem_free(index->marks);
    mem_free(index->line_ends);
    mem_free(index->lines);
    mem_free(index->bads);
}

/* ---- collecting ----------------------------------------------------------------------------- */

static void add_bad(struct line_index *index, uint32_t begin)
{
    if (index->n_bads == index->cap_bads) {
        index->cap_bads = index->cap_bads == 0 ? 16 : index->cap_bads * 2;
        index->bads = mem_realloc(index->bads, index->cap_bads * sizeof *index->bads);
    }
    index->bads[index->n_bads++] = (struct bad_line){
        .begin = begin,
        .end = begin + index->line_bytes_max,
        .before = index->n_lines,
    };
}

static void lines_reserve(struct line_index *index, uint32_t n)
{
    if (n > index->cap_lines - index->n_lines) {
        uint32_t cap = index->cap_lines == 0 ? 4096 : index->cap_lines * 2;
        index->cap_lines = cap < index->n_lines + n ? index->n_lines + n : cap;
        index->lines = mem_realloc(index->lines, index->cap_lines * sizeof *index->lines);
    }
}

/* The line from `begin` up to its line end at `end`; there is room for it. */
static void add_line(struct line_index *index, uint32_t begin, uint32_t end, uint32_t first_mark,
                     uint32_t n_marks)
{
    if (end - begin > index->line_bytes_max) {
        add_bad(index, begin);
        return;
    }
    end -= end > begin && index->bytes.at[end - 1] == '\r';
    index->lines[index->n_lines++] = (struct line){begin, end, first_mark, n_marks};
}

/* The lines of bytes [begin, end). If the format asked for line ends alone, every mark is one. */
static inline __attribute__((always_inline)) void list_marked(struct line_index *index,
                                                              const struct mark_scan *scan,
                                                              uint32_t begin, uint32_t end,
                                                              bool only_line_ends)
{
    const uint8_t *bytes = index->bytes.at;
    const uint32_t *marks = scan->marks;
    const uint32_t max = index->line_bytes_max;
    const uint32_t n = only_line_ends ? scan->n_marks : scan->n_line_ends;
    struct line *next = index->lines + index->n_lines;
    uint32_t first = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t mark = only_line_ends ? i : scan->line_ends[i];
        uint32_t at = marks[mark];
        if (__builtin_expect(at - begin > max, 0)) {
            index->n_lines = (uint32_t)(next - index->lines);
            add_bad(index, begin);
        } else {
            bool has_return = at > begin && bytes[at - 1] == '\r';
            *next++ = (struct line){begin, at - has_return, first, mark - first};
        }
        begin = at + 1;
        first = mark + 1;
    }
    index->n_lines = (uint32_t)(next - index->lines);
    if (begin < end) {
        add_line(index, begin, end, first, scan->n_marks - first);
    }
}

static void list_lines(struct line_index *index, uint32_t begin, uint32_t end)
{
    struct mark_scan scan = {.marks = index->marks, .line_ends = index->line_ends};
    index->scan(slice_of(index->bytes.at, end), begin, index->mark_a, index->mark_b, &scan);
    bool only_line_ends = index->mark_a == '\n';
    lines_reserve(index, (only_line_ends ? scan.n_marks : scan.n_line_ends) + 1);
    if (only_line_ends) {
        list_marked(index, &scan, begin, end, true);
    } else {
        list_marked(index, &scan, begin, end, false);
    }
}

/* Marks of one line, behind those that are there. */
static uint32_t scan_line(struct line_index *index, uint32_t begin, uint32_t end)
{
    if (index->mark_a == '\n') {
        return 0;
    }
    struct mark_scan scan = {.marks = index->marks + index->n_marks, .line_ends = index->line_ends};
    index->scan(slice_of(index->bytes.at, end), begin, index->mark_a, index->mark_b, &scan);
    index->n_marks += scan.n_marks;
    return scan.n_marks;
}

/* Lines that are too long among those without a hit, from `begin` to `end`. */
static void list_overlong(struct line_index *index, uint32_t begin, uint32_t end)
{
    const uint8_t *bytes = index->bytes.at;
    while (end - begin > index->line_bytes_max) {
        const uint8_t *found = memchr(bytes + begin, '\n', end - begin);
        uint32_t line_end = found == NULL ? end : (uint32_t)(found - bytes);
        if (line_end - begin > index->line_bytes_max) {
            add_bad(index, begin);
        }
        begin = line_end < end ? line_end + 1 : end;
    }
}

static void list_hits(struct line_index *index, uint32_t begin, uint32_t end)
{
    const uint8_t *bytes = index->bytes.at;
    while (begin < end) {
        const uint8_t *hit = index->search(slice_of(bytes + begin, end - begin), index->needle);
        if (hit == NULL) {
            list_overlong(index, begin, end);
            return;
        }
        uint32_t at = (uint32_t)(hit - bytes);
        const uint8_t *before = memrchr(bytes + begin, '\n', at - begin);
        const uint8_t *after = memchr(hit, '\n', end - at);
        uint32_t line_begin = before == NULL ? begin : (uint32_t)(before - bytes) + 1;
        uint32_t line_end = after == NULL ? end : (uint32_t)(after - bytes);
        uint32_t first = index->n_marks;
        list_overlong(index, begin, line_begin);
        lines_reserve(index, 1);
        add_line(index, line_begin, line_end, first, scan_line(index, line_begin, line_end));
        begin = line_end + 1;
    }
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void marks_reserve(struct line_index *index, size_t bytes)
{
    uint32_t needed = (uint32_t)(bytes + LANES_SLACK);
    if (needed > index->cap_marks) {
        mem_free(index->marks);
        mem_free(index->line_ends);
        index->marks = mem_alloc(needed * sizeof *index->marks);
        index->line_ends = mem_alloc(needed * sizeof *index->line_ends);
        index->cap_marks = needed;
    }
}

/* Where the lines begin: behind the rest of an overlong line, or a byte order mark. Bytes.len if
 * there is no line; *wait if too little is here to tell. */
static uint32_t find_begin(struct line_index *index, struct slice bytes, bool is_final, bool *wait)
{
    *wait = false;
    if (index->skipping) {
        const uint8_t *line_end = bytes.len == 0 ? NULL : memchr(bytes.at, '\n', bytes.len);
        index->skipping = line_end == NULL && !is_final;
        return line_end == NULL ? (uint32_t)bytes.len : (uint32_t)(line_end - bytes.at) + 1;
    }
    if (index->past_start || bytes.len == 0) {
        return 0;
    }
    size_t len = bytes.len < 3 ? bytes.len : 3;
    bool fits = memcmp(bytes.at, "\xef\xbb\xbf", len) == 0;
    *wait = fits && len < 3 && !is_final;
    return fits && len == 3 ? 3 : 0;
}

uint32_t line_index_block(struct line_index *index, struct slice bytes, bool is_final)
{
    index->bytes = bytes;
    index->n_lines = 0;
    index->n_marks = 0;
    index->n_bads = 0;
    index->bads_told = 0;
    index->batch_first = 0;
    index->batch_n = 0;
    bool wait;
    uint32_t begin = find_begin(index, bytes, is_final, &wait);
    if (wait) {
        return 0;
    }
    uint32_t end = (uint32_t)bytes.len;
    if (!is_final && begin < end) {
        const uint8_t *line_end = memrchr(bytes.at + begin, '\n', end - begin);
        end = line_end == NULL ? begin : (uint32_t)(line_end - bytes.at) + 1;
    }
    marks_reserve(index, end - begin);
    if (index->needle.len > 0) {
        list_hits(index, begin, end);
    } else {
        list_lines(index, begin, end);
    }
    uint32_t tail = (uint32_t)bytes.len - end;
    if (tail > index->line_bytes_max) {
        add_bad(index, end);
        index->skipping = true;
        end = (uint32_t)bytes.len;
    }
    bool has_only_mark = !is_final && end == begin; /* it stays in front of what comes */
    end = has_only_mark && !index->past_start ? 0 : end;
    index->past_start = index->past_start || end > 0;
    return end;
}

uint32_t line_index_next(struct line_index *index, uint32_t max)
{
    index->batch_first += index->batch_n;
    uint32_t left = index->n_lines - index->batch_first;
    index->batch_n = left < max ? left : max;
    uint32_t upto = index->batch_first + index->batch_n;
    for (; index->bads_told < index->n_bads; index->bads_told++) {
        const struct bad_line *bad = &index->bads[index->bads_told];
        if (upto < index->n_lines && bad->before >= upto) {
            break;
        }
        index->reject->reject(index->reject->owner, bad->begin,
                              slice_of(index->bytes.at + bad->begin, bad->end - bad->begin), -1,
                              "line too long");
    }
    return index->batch_n;
}
