/* csv_exact: see csv_exact.h. */
#include "sources/csv_exact.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

static const char after_quote[] = "text after closing quote";
static const char unterminated[] = "unterminated quote";
static const char too_long[] = "record too long";

/* How the walk over one field ended. */
enum field_end {
    FIELD_MARK,     /* a separator */
    FIELD_LINE_END, /* line end or end of input */
    FIELD_CUT,      /* the bytes end before it does */
};

/* One record on its way. */
struct walk {
    const struct csv_dialect *dialect;
    const uint8_t *bytes;
    uint32_t at;
    uint32_t stop;       /* no byte from here on is looked at */
    bool stop_is_end;    /* stop is the end of input */
    const char *fault;   /* NULL: none so far */
    bool quote_was_open; /* FIELD_CUT within quotes */
};

static uint32_t find_line_end(const uint8_t *bytes, uint32_t from, uint32_t end)
{
    const uint8_t *found = from < end ? memchr(bytes + from, '\n', end - from) : NULL;
    return found == NULL ? end : (uint32_t)(found - bytes);
}

/* From an unquoted byte to the mark that ends the field. walk->at is left on the mark. */
static enum field_end walk_unquoted(struct walk *walk)
{
    for (; walk->at < walk->stop; walk->at++) {
        uint8_t c = walk->bytes[walk->at];
        if (c == walk->dialect->delimiter) {
            return FIELD_MARK;
        }
        if (c == '\n') {
            return FIELD_LINE_END;
        }
    }
    return walk->stop_is_end ? FIELD_LINE_END : FIELD_CUT;
}

/* From behind the opening quote to behind the closing one. False: there is none. */
static bool walk_quoted(struct walk *walk)
{
    const struct csv_dialect *dialect = walk->dialect;
    while (walk->at < walk->stop) {
        uint8_t c = walk->bytes[walk->at];
        bool is_quote = c == dialect->quote;
        bool has_next = walk->at + 1 < walk->stop;
        if ((dialect->has_escape && c == dialect->escape) ||
            (is_quote && has_next && walk->bytes[walk->at + 1] == c)) {
            walk->at += 2;
            continue;
        }
        walk->at++;
        if (is_quote) {
            return true;
        }
    }
    walk->at = walk->stop;
    return false;
}

/* Behind a closing quote: a mark must follow. */
static enum field_end walk_after_quote(struct walk *walk)
{
    if (walk->at == walk->stop) {
        return walk->stop_is_end ? FIELD_LINE_END : FIELD_CUT;
    }
    uint8_t c = walk->bytes[walk->at];
    if (c == '\r') {
        bool is_last = walk->at + 1 == walk->stop;
        if (is_last || walk->bytes[walk->at + 1] == '\n') {
            walk->at++;
            return !is_last || walk->stop_is_end ? FIELD_LINE_END : FIELD_CUT;
        }
    }
    if (c != walk->dialect->delimiter && c != '\n') {
        walk->fault = walk->fault == NULL ? after_quote : walk->fault;
    }
    return walk_unquoted(walk);
}

static enum field_end walk_field(struct walk *walk)
{
    const struct csv_dialect *dialect = walk->dialect;
    bool quoted =
        dialect->has_quote && walk->at < walk->stop && walk->bytes[walk->at] == dialect->quote;
    if (!quoted) {
        return walk_unquoted(walk);
    }
    walk->at++;
    if (!walk_quoted(walk)) {
        walk->quote_was_open = true;
        return FIELD_CUT;
    }
    return walk_after_quote(walk);
}

static void add_fault(struct csv_marks *marks, const char *reason)
{
    if (marks->n_faults == marks->cap_faults) {
        marks->cap_faults = marks->cap_faults == 0 ? 16 : marks->cap_faults * 2;
        marks->faults = mem_realloc(marks->faults, marks->cap_faults * sizeof *marks->faults);
    }
    marks->faults[marks->n_faults++] = (struct csv_fault){marks->n - 1, reason};
}

static void add_mark(struct csv_marks *marks, uint32_t at)
{
    marks->at[marks->n++] = at;
}

/* The first line of what begins at `begin` is given up, or skipped as a comment if `reason` is
 * NULL. Returns where to go on; marks->skipping if its end is not in the block. */
static uint32_t drop_line(struct csv_marks *marks, struct slice bytes, uint32_t begin,
                          bool is_final, const char *reason)
{
    uint32_t end = (uint32_t)bytes.len;
    uint32_t line_end = find_line_end(bytes.at, begin, end);
    if (line_end == end && !is_final) {
        marks->skipping = true;
        marks->skipped = begin;
        marks->skip_is_bad = reason != NULL;
        return end;
    }
    add_mark(marks, line_end);
    if (reason != NULL) {
        add_fault(marks, reason);
    }
    return line_end == end ? end : line_end + 1;
}

/* The record at `begin` does not end within its limit, or never. */
static uint32_t drop_record(const struct csv_dialect *dialect, struct csv_marks *marks,
                            struct slice bytes, uint32_t begin, bool is_final)
{
    uint32_t end = (uint32_t)bytes.len;
    uint32_t line_end = find_line_end(bytes.at, begin, end);
    bool line_fits = line_end - begin <= dialect->record_bytes_max;
    return drop_line(marks, bytes, begin, is_final, line_fits ? unterminated : too_long);
}

static bool is_comment(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin)
{
    return dialect->has_comment && bytes.at[begin] == dialect->comment;
}

/* One record or comment from `begin` on. Returns where the next begins; `begin` itself if the bytes
 * end before the record does. */
static uint32_t one_record(const struct csv_dialect *dialect, struct csv_marks *marks,
                           struct slice bytes, uint32_t begin, bool is_final)
{
    uint32_t end = (uint32_t)bytes.len;
    bool over_limit = end - begin > dialect->record_bytes_max;
    if (is_comment(dialect, bytes, begin)) {
        bool whole = is_final || over_limit || find_line_end(bytes.at, begin, end) < end;
        return whole ? drop_line(marks, bytes, begin, is_final, NULL) : begin;
    }
    struct walk walk = {
        .dialect = dialect,
        .bytes = bytes.at,
        .at = begin,
        .stop = over_limit ? begin + dialect->record_bytes_max + 1 : end,
        .stop_is_end = is_final && !over_limit,
    };
    uint32_t n_before = marks->n;
    enum field_end what;
    while ((what = walk_field(&walk)) == FIELD_MARK) {
        add_mark(marks, walk.at++);
    }
    if (what == FIELD_CUT) {
        marks->n = n_before;
        bool never_ends = over_limit || (is_final && walk.quote_was_open);
        return never_ends ? drop_record(dialect, marks, bytes, begin, is_final) : begin;
    }
    add_mark(marks, walk.at);
    if (walk.fault != NULL) {
        add_fault(marks, walk.fault);
    }
    return walk.at < end ? walk.at + 1 : end;
}

void csv_exact(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin, bool is_final,
               struct csv_marks *marks)
{
    marks->n = 0;
    marks->n_faults = 0;
    marks->skipping = false;
    marks->end = begin;
    while (marks->end < bytes.len && !marks->skipping) {
        uint32_t next = one_record(dialect, marks, bytes, marks->end, is_final);
        if (next == marks->end) {
            CHECK(!is_final);
            break;
        }
        marks->end = next;
    }
}

uint32_t csv_exact_one(const struct csv_dialect *dialect, struct csv_marks *marks,
                       struct slice bytes, uint32_t begin, bool is_final)
{
    marks->n = 0;
    marks->n_faults = 0;
    marks->skipping = false;
    return begin < bytes.len ? one_record(dialect, marks, bytes, begin, is_final) : begin;
}

void csv_marks_release(struct csv_marks *marks)
{
    mem_free(marks->faults);
    marks->faults = NULL;
}
