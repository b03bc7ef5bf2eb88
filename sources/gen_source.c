/* gen_source: gen://NAME?rows=N&seed=S&rate=R, generated rows (gen_data.h) as a source. Without
 * rows it has no end; without rate it gives as much as it is asked for. The same URI gives the same
 * bytes, so it can be read again from any offset. */
#include "engine/base/mem.h"
#include "engine/data/timestamp.h"
#include "sources/gen_data.h"
#include "sources/offset_text.h"
#include "sources/sources.h"

enum {
    MARKS = 256,              /* together at least 16 MiB of what was read */
    MARK_BYTES_MIN = 1 << 16, /* from one to the next */
};

/* With a rate, rows leave at most this often, so that a fast stream is no busy loop. */
#define PAUSE_US (10 * US_PER_MS)

/* Byte `pos` is the first of row `row`. */
struct gen_mark {
    uint64_t pos;
    uint64_t row;
};

struct gen_source {
    struct source base;
    const struct clock *clock;
    struct gen gen;
    char *name;
    bool finite;
    uint64_t pos;        /* bytes given so far */
    int64_t rate;        /* rows per second; 0 = no limit */
    int64_t opened_us;   /* steady */
    int64_t read_us;     /* steady, of the last read; opened_us before the first */
    uint64_t row_opened; /* first row that counts against the rate */
    bool told_end;
    struct gen_mark marks[MARKS]; /* ring, newest at (n_marks - 1) % MARKS */
    uint64_t n_marks;
    uint32_t carry_at; /* a row that had no room: carry[carry_at, carry_len) is due first */
    uint32_t carry_len;
    uint8_t carry[2 * GEN_ROW_BYTES_MAX];
};

static struct gen_source *gen_of(struct source *source)
{
    return (struct gen_source *)source;
}

static const struct gen_source *gen_const(const struct source *source)
{
    return (const struct gen_source *)source;
}

/* ---- open, close ---------------------------------------------------------------------------- */

static enum status read_start(const struct source_config *config, int64_t *start_us,
                              struct error *err)
{
    static const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache cache = {0};
    struct slice start = options_text(config->options, "start", "");
    *start_us = 0;
    if (slice_equal_nocase(start, slice_text("now"))) {
        *start_us = clock_now_us(config->clock);
    } else if (start.len > 0 && !time_parse(&iso, &cache, start, start_us)) {
        return error_set(err, ERR_OPTION, "option start = \"%.*s\" is no time, nor now",
                         (int)start.len, (const char *)start.at);
    }
    return OK;
}

static enum status read_options(struct gen_source *source, const struct source_config *config,
                                struct error *err)
{
    const struct uri *uri = config->uri;
    struct gen_options options = {.name = uri->authority.len > 0 ? uri->authority : uri->path};
    int64_t seed = 1;
    int64_t rows = 0;
    bool header;
    TRY(options_integer(config->options, "seed", INT64_MIN, INT64_MAX, &seed, err));
    TRY(options_integer(config->options, "rows", 1, INT64_MAX / 4, &rows, err));
    TRY(options_integer(config->options, "rate", 1, 1000000000, &source->rate, err));
    options.rows_per_second = source->rate;
    TRY(options_integer(config->options, "rows_per_second", 1, 1000000000, &options.rows_per_second,
                        err));
    TRY(options_boolean(config->options, "header", true, &header, err));
    TRY(read_start(config, &options.start_us, err));
    options.seed = (uint64_t)seed;
    options.rows = (uint64_t)rows;
    options.no_header = !header;
    source->finite = rows > 0;
    if (config->once && !source->finite) {
        error_set(err, ERR_OPTION, "\"%.*s\" has no end", (int)uri->text.len,
                  (const char *)uri->text.at);
        error_hint(err, "with --once it needs rows=N");
        return ERR_OPTION;
    }
    return gen_init(&source->gen, &options, err);
}

static void add_mark(struct gen_source *source)
{
    const struct gen_mark *newest =
        source->n_marks == 0 ? NULL : &source->marks[(source->n_marks - 1) % MARKS];
    if (source->gen.row == 0 && source->pos > 0) {
        return; /* behind the header: seeking to row 0 would bring it again */
    }
    if (newest == NULL || source->pos - newest->pos >= MARK_BYTES_MIN) {
        source->marks[source->n_marks++ % MARKS] =
            (struct gen_mark){.pos = source->pos, .row = source->gen.row};
    }
}

/* Gives `n` bytes to nobody. False: there are not as many. */
static bool discard(struct gen_source *source, uint64_t n)
{
    while (n > 0) {
        if (source->carry_at == source->carry_len) {
            source->carry_at = 0;
            source->carry_len =
                (uint32_t)gen_fill(&source->gen, source->carry, sizeof source->carry, 1);
            if (source->carry_len == 0) {
                return false;
            }
        }
        uint64_t left = source->carry_len - source->carry_at;
        uint64_t step = n < left ? n : left;
        source->carry_at += (uint32_t)step;
        n -= step;
    }
    return true;
}

static bool resume(struct gen_source *source, struct slice from)
{
    uint64_t row;
    uint64_t skip;
    uint64_t pos;
    if (!offset_text_find(from, "row", &row) || !offset_text_find(from, "skip", &skip) ||
        !offset_text_find(from, "pos", &pos) || row > source->gen.end || skip > pos) {
        return false;
    }
    gen_seek(&source->gen, row);
    source->pos = pos - skip;
    add_mark(source);
    source->pos = pos;
    return discard(source, skip);
}

static enum status gen_open(const struct source_config *config, struct source **out,
                            struct error *err)
{
    struct gen_source *source = mem_zalloc(sizeof *source);
    source->base.kind = &gen_source_kind;
    source->clock = config->clock;
    source->name = mem_text(config->uri->text.at, config->uri->text.len);
    source->opened_us = clock_steady_us(config->clock);
    source->read_us = source->opened_us;
    enum status status = read_options(source, config, err);
    if (status == OK && config->from.len > 0 && !resume(source, config->from)) {
        status = error_set(err, ERR_STATE, "\"%.*s\" is no offset of %s", (int)config->from.len,
                           (const char *)config->from.at, source->name);
    }
    if (status != OK) {
        mem_free(source->name);
        mem_free(source);
        return status;
    }
    source->row_opened = source->gen.row;
    *out = &source->base;
    return OK;
}

static void gen_close(struct source *base)
{
    mem_free(gen_of(base)->name);
    mem_free(base);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* How many rows the rate lets through now. */
static uint64_t rows_due(const struct gen_source *source)
{
    if (source->rate == 0) {
        return UINT64_MAX;
    }
    uint64_t elapsed_us = (uint64_t)(clock_steady_us(source->clock) - source->opened_us);
    uint64_t rate = (uint64_t)source->rate;
    uint64_t due = elapsed_us / 1000000 * rate + elapsed_us % 1000000 * rate / 1000000;
    uint64_t given = source->gen.row - source->row_opened;
    return due > given ? due - given : 0;
}

static bool is_carrying(const struct gen_source *source)
{
    return source->carry_at < source->carry_len;
}

static enum status gen_poll(struct source *base, uint32_t *split, enum source_state *what,
                            struct error *err)
{
    (void)err;
    struct gen_source *source = gen_of(base);
    *split = 0;
    if (is_carrying(source)) {
        *what = SOURCE_MORE;
    } else if (source->gen.row == source->gen.end) {
        *what = source->told_end ? SOURCE_DONE : SOURCE_ENDED;
        source->told_end = true;
    } else {
        *what = rows_due(source) > 0 ? SOURCE_MORE : SOURCE_AGAIN;
    }
    return OK;
}

static enum status gen_read(struct source *base, uint32_t split, void *at, size_t max, size_t *n,
                            struct error *err)
{
    (void)split;
    (void)err;
    struct gen_source *source = gen_of(base);
    source->read_us = clock_steady_us(source->clock);
    if (!is_carrying(source)) {
        add_mark(source);
    }
    if (!is_carrying(source) && max >= GEN_ROW_BYTES_MAX) {
        *n = gen_fill(&source->gen, at, max, rows_due(source));
        source->pos += *n;
        return OK;
    }
    if (!is_carrying(source)) {
        uint64_t due = rows_due(source) > 0;
        source->carry_at = 0;
        source->carry_len =
            (uint32_t)gen_fill(&source->gen, source->carry, sizeof source->carry, due);
    }
    size_t left = source->carry_len - source->carry_at;
    *n = left < max ? left : max;
    memcpy(at, source->carry + source->carry_at, *n);
    source->carry_at += (uint32_t)*n;
    source->pos += *n;
    return OK;
}

static int64_t gen_wake_us(const struct source *base)
{
    const struct gen_source *source = gen_const(base);
    if (source->rate == 0) {
        return INT64_MAX; /* it never says AGAIN */
    }
    uint64_t next = source->gen.row - source->row_opened + 1;
    uint64_t rate = (uint64_t)source->rate;
    uint64_t after_us = next / rate * 1000000 + (next % rate * 1000000 + rate - 1) / rate;
    int64_t due_us = source->opened_us + (int64_t)after_us;
    int64_t pause_us = source->read_us + PAUSE_US;
    return due_us > pause_us ? due_us : pause_us;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned gen_flags(const struct source *base)
{
    return SOURCE_REPLAYABLE | (gen_const(base)->finite ? SOURCE_FINITE : 0);
}

static int gen_wait_fd(const struct source *base)
{
    (void)base;
    return -1;
}

static uint32_t gen_n_splits(const struct source *base)
{
    (void)base;
    return 1;
}

static const char *gen_split_name(const struct source *base, uint32_t split)
{
    (void)split;
    return gen_const(base)->name;
}

static int64_t gen_total_bytes(const struct source *base)
{
    (void)base;
    return -1;
}

static void gen_offsets(const struct source *base, const uint64_t *unused, struct bytebuf *out)
{
    const struct gen_source *source = gen_const(base);
    uint64_t done = source->pos - (unused == NULL ? 0 : unused[0]);
    struct gen_mark best = {0}; /* the start is a mark that is never forgotten */
    uint64_t kept = source->n_marks < MARKS ? source->n_marks : MARKS;
    for (uint64_t i = source->n_marks - kept; i < source->n_marks; i++) {
        const struct gen_mark *mark = &source->marks[i % MARKS];
        best = mark->pos <= done ? *mark : best;
    }
    bytebuf_printf(out, "row=%llu skip=%llu pos=%llu", (unsigned long long)best.row,
                   (unsigned long long)(done - best.pos), (unsigned long long)done);
}

static const struct option_spec gen_options[] = {
    {"rows", OPTION_INTEGER, NULL, "how many rows; without it there is no end"},
    {"seed", OPTION_INTEGER, "1", "another seed, other rows"},
    {"rate", OPTION_INTEGER, NULL, "rows per second of real time; without it as fast as asked"},
    {"rows_per_second", OPTION_INTEGER, "rate, or 10000", "rows per second of event time"},
    {"start", OPTION_TEXT, "2026-01-05T09:00:00Z", "event time of the first row, or now"},
    {"header", OPTION_BOOLEAN, "true", "names of the columns in front"},
    {0},
};

const struct source_kind gen_source_kind = {
    .scheme = "gen",
    .summary = "generated rows: bank, atm, access, weblog, applog, rows",
    .flags = SOURCE_REPLAYABLE | SOURCE_FINITE,
    .options = gen_options,
    .open = gen_open,
    .flags_of = gen_flags,
    .poll = gen_poll,
    .read = gen_read,
    .wait_fd = gen_wait_fd,
    .wake_us = gen_wake_us,
    .n_splits = gen_n_splits,
    .split_name = gen_split_name,
    .total_bytes = gen_total_bytes,
    .offsets = gen_offsets,
    .close = gen_close,
};
