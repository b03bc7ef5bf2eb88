/* decode: how fast each format is decoded, in one run on one machine, from memory on one core.
 *
 *     decode [--mb N] [--runs N] [FORMAT…]
 *
 * For each format N megabytes (default 64) of made-up rows of the same kind as in the other
 * benchmarks are gone through in blocks of 256 KiB, in four ways, in turn:
 *
 *     floor   memchr finds each line end, no more
 *     split   the decoder finds records and fields
 *     two     … and converts two columns, one of them the time
 *     all     … and converts all columns to their types
 *
 * For csv also `hand`: split and those two columns by the hand-written loop of floor. Printed are
 * gigabytes per second and, behind the slash, the time as a multiple of the floor's; both are
 * medians of CPU time over the runs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/floor.h"
#include "engine/base/lanes.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/types.h"
#include "sources/gen_data.h"
#include "sources/sources.h"

enum { RUNS_MAX = 99, COLUMNS_MAX = 16 };

enum way { WAY_FLOOR, WAY_HAND, WAY_SPLIT, WAY_TWO, WAY_ALL, WAY_COUNT };

static const char *const way_names[WAY_COUNT] = {"floor", "hand", "split", "two", "all"};

/* One line of input from one generated row. */
typedef void line_fn(struct bytebuf *out, const struct slice *fields);

struct subject {
    const char *name;
    const struct decoder_kind *kind;
    const char *argument;
    const char *rows;    /* of gen_data */
    line_fn *line;       /* NULL: the rows are the lines */
    const char *columns; /* "name TYPE;…"; NULL = the format's own */
    const char *two[2];
};

/* ---- input ---------------------------------------------------------------------------------- */

static void line_tsv(struct bytebuf *out, const struct slice *fields)
{
    for (int i = 0; i < FIELDS; i++) {
        bytebuf_add(out, fields[i].at, fields[i].len);
        bytebuf_add_byte(out, i + 1 < FIELDS ? '\t' : '\n');
    }
}

static const char *const bank_names[FIELDS] = {"ts",   "account", "card", "atm",
                                               "kind", "amount",  "city"};

/* A value between quotes, doubled quotes of CSV as \". */
static void add_quoted(struct bytebuf *out, struct slice field)
{
    bool is_quoted = field.at[0] == '"';
    bytebuf_add_byte(out, '"');
    for (size_t i = is_quoted; i < field.len - is_quoted; i++) {
        if (field.at[i] == '"') {
            bytebuf_add_byte(out, '\\');
            i++;
        }
        bytebuf_add_byte(out, field.at[i]);
    }
    bytebuf_add_byte(out, '"');
}

static void line_json(struct bytebuf *out, const struct slice *fields)
{
    for (int i = 0; i < FIELDS; i++) {
        bytebuf_printf(out, "%s\"%s\":", i == 0 ? "{" : ",", bank_names[i]);
        if (i == 5) {
            bytebuf_add(out, fields[i].at, fields[i].len);
        } else {
            add_quoted(out, fields[i]);
        }
    }
    bytebuf_add_text(out, "}\n");
}

static void line_logfmt(struct bytebuf *out, const struct slice *fields)
{
    for (int i = 0; i < FIELDS; i++) {
        bytebuf_printf(out, "%s%s=", i == 0 ? "" : " ", bank_names[i]);
        if (memchr(fields[i].at, ' ', fields[i].len) != NULL) {
            add_quoted(out, fields[i]);
        } else {
            bytebuf_add(out, fields[i].at, fields[i].len);
        }
    }
    bytebuf_add_byte(out, '\n');
}

static void line_syslog(struct bytebuf *out, const struct slice *fields)
{
    bytebuf_printf(out, "<%d>Jan %2d %.8s %.*s payd[%.5s]: %.*s of %.*s in %.*s\n", 134, 5,
                   (const char *)fields[0].at + 11, (int)fields[3].len, (const char *)fields[3].at,
                   (const char *)fields[2].at, (int)fields[4].len, (const char *)fields[4].at,
                   (int)fields[5].len, (const char *)fields[5].at, (int)fields[6].len,
                   (const char *)fields[6].at);
}

static void line_syslog5424(struct bytebuf *out, const struct slice *fields)
{
    bytebuf_printf(out, "<134>1 %.*s %.*s payd %.5s %.*s [x@1 account=\"%.*s\"] %.*s in %.*s\n",
                   (int)fields[0].len, (const char *)fields[0].at, (int)fields[3].len,
                   (const char *)fields[3].at, (const char *)fields[2].at, (int)fields[4].len,
                   (const char *)fields[4].at, (int)fields[1].len, (const char *)fields[1].at,
                   (int)fields[5].len, (const char *)fields[5].at, (int)fields[6].len,
                   (const char *)fields[6].at);
}

static void line_apache_error(struct bytebuf *out, const struct slice *fields)
{
    bytebuf_printf(out,
                   "[Mon Jan 05 %.8s 2026] [error] [client 10.0.%.2s.7] %.*s refused in %.*s\n",
                   (const char *)fields[0].at + 11, (const char *)fields[2].at, (int)fields[4].len,
                   (const char *)fields[4].at, (int)fields[6].len, (const char *)fields[6].at);
}

static void add_line(struct bytebuf *out, line_fn *line, struct slice row)
{
    struct slice fields[FIELDS];
    size_t begin = 0;
    for (int i = 0; i < FIELDS; i++) {
        const uint8_t *end = memchr(row.at + begin, i + 1 < FIELDS ? ',' : '\n', row.len - begin);
        CHECK(end != NULL);
        fields[i] = slice_of(row.at + begin, (size_t)(end - row.at) - begin);
        begin = (size_t)(end - row.at) + 1;
    }
    line(out, fields);
}

static void make_input(const struct subject *subject, size_t bytes, struct bytebuf *out)
{
    const struct gen_options options = {.name = slice_text(subject->rows),
                                        .seed = 42,
                                        .no_header = true};
    struct gen gen;
    uint8_t row[GEN_ROW_BYTES_MAX];
    enum status status = gen_init(&gen, &options, NULL);
    CHECK(status == OK);
    bytebuf_reserve(out, bytes + 2 * GEN_ROW_BYTES_MAX);
    while (out->len < bytes) {
        struct slice got = slice_of(row, gen_fill(&gen, row, sizeof row, 1));
        if (subject->line == NULL) {
            bytebuf_add(out, got.at, got.len);
        } else {
            add_line(out, subject->line, got);
        }
    }
}

/* ---- the ways ------------------------------------------------------------------------------- */

struct trial {
    const struct subject *subject;
    struct slice input;
    struct arena query;
    struct arena batch;
    struct options options;
    struct schema schema;
    struct decoder_config config;
    struct reject_sink reject;
    uint64_t n_bad;
    uint64_t n_rows;
    uint32_t *marks; /* for WAY_HAND */
    int64_t sum;     /* so that no loop is left out */
};

static void count_bad(void *owner, uint64_t offset, struct slice record, int column,
                      const char *reason)
{
    struct trial *trial = owner;
    (void)offset, (void)record, (void)column, (void)reason;
    trial->n_bad++;
}

static struct slice block_at(const struct trial *trial, size_t at)
{
    size_t left = trial->input.len - at;
    return slice_of(trial->input.at + at, left < BLOCK_BYTES ? left : BLOCK_BYTES);
}

static void run_floor(struct trial *trial)
{
    const uint8_t *at = trial->input.at;
    const uint8_t *end = at + trial->input.len;
    int64_t n = 0;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        n++;
        at++;
    }
    trial->sum += n;
}

static void run_hand(struct trial *trial)
{
    struct day_cache days = {0};
    size_t consumed = 0;
    for (size_t at = 0; at < trial->input.len; at += consumed) {
        struct slice block = block_at(trial, at);
        uint32_t n = index_csv(block, trial->marks);
        struct record record = {.block = block.at, .start = 0, .marks = trial->marks};
        for (; n >= FIELDS; n -= FIELDS) {
            trial->sum += read_ms(&days, record_field(&record, 0).at);
            trial->sum += read_cents(record_field(&record, 5));
            record.start = record.marks[FIELDS - 1] + 1;
            record.marks += FIELDS;
        }
        consumed = record.start;
    }
}

static bool is_wanted(const struct trial *trial, enum way way, uint32_t col)
{
    struct slice name = trial->schema.fields[col].name;
    return way == WAY_ALL ||
           (way == WAY_TWO && (slice_equal(name, slice_text(trial->subject->two[0])) ||
                               slice_equal(name, slice_text(trial->subject->two[1]))));
}

static void run_batch(struct trial *trial, struct decoder *decoder, enum way way, uint32_t n)
{
    uint64_t reject[BATCH_WORDS] = {0};
    struct column column;
    arena_clear(&trial->batch);
    for (uint32_t col = 0; col < trial->schema.n; col++) {
        if (is_wanted(trial, way, col)) {
            decoder_column(decoder, &trial->batch, col, NULL, n, &column, reject);
        }
    }
    trial->n_rows += n;
}

static void run_decoder(struct trial *trial, enum way way)
{
    struct decoder *decoder;
    struct error err;
    if (decoder_open(trial->subject->kind, &trial->config, &decoder, &err) != OK) {
        fprintf(stderr, "decode: %s: %s\n", trial->subject->name, err.text);
        exit(1);
    }
    size_t consumed = 0;
    for (size_t at = 0; at < trial->input.len; at += consumed) {
        struct slice block = block_at(trial, at);
        consumed = decoder_block(decoder, block, at + block.len == trial->input.len);
        uint32_t n;
        while ((n = decoder_next(decoder, BATCH_ROWS)) > 0) {
            run_batch(trial, decoder, way, n);
        }
    }
    decoder_close(decoder);
}

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t run_way(struct trial *trial, enum way way)
{
    int64_t begin = cpu_ns();
    switch (way) {
    case WAY_FLOOR:
        run_floor(trial);
        break;
    case WAY_HAND:
        run_hand(trial);
        break;
    default:
        run_decoder(trial, way);
        break;
    }
    return cpu_ns() - begin;
}

/* ---- one subject ---------------------------------------------------------------------------- */

static void put_columns(struct trial *trial, const char *text)
{
    trial->schema.fields = arena_zalloc(&trial->query, COLUMNS_MAX * sizeof(struct field));
    while (*text != 0) {
        size_t len = strcspn(text, ";");
        const char *space = memchr(text, ' ', len);
        CHECK(space != NULL && trial->schema.n < COLUMNS_MAX);
        struct field *field = &trial->schema.fields[trial->schema.n++];
        field->name = slice_of(text, (size_t)(space - text));
        bool ok = type_parse(slice_of(space + 1, len - field->name.len - 1), &field->type);
        CHECK(ok);
        text += len + (text[len] == ';');
    }
}

static void set_up(struct trial *trial, const struct subject *subject, struct slice input)
{
    *trial = (struct trial){.subject = subject, .input = input};
    arena_init(&trial->query);
    arena_init(&trial->batch);
    options_init(&trial->options, &trial->query);
    struct slice argument =
        subject->argument == NULL ? slice_of("", 0) : slice_text(subject->argument);
    if (subject->columns != NULL) {
        put_columns(trial, subject->columns);
    } else {
        int time_column;
        enum status status =
            subject->kind->infer(&trial->query, &trial->options, argument, block_at(trial, 0),
                                 &trial->schema, &time_column, NULL);
        CHECK(status == OK);
    }
    trial->reject = (struct reject_sink){.owner = trial, .reject = count_bad};
    trial->config = (struct decoder_config){
        .schema = &trial->schema,
        .options = &trial->options,
        .format_argument = argument,
        .fs = fs_system(),
        .query = &trial->query,
        .reject = &trial->reject,
        .resumed = true,
    };
    trial->marks = mem_alloc((BLOCK_BYTES + LANES_SLACK) * sizeof *trial->marks);
}

static void tear_down(struct trial *trial)
{
    mem_free(trial->marks);
    arena_release(&trial->query);
    arena_release(&trial->batch);
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool has_way(const struct subject *subject, enum way way)
{
    return way != WAY_HAND || subject->kind == &csv_decoder_kind;
}

static void measure(const struct subject *subject, size_t bytes, int runs)
{
    struct bytebuf input = {0};
    struct trial trial;
    int64_t times[WAY_COUNT][RUNS_MAX];
    make_input(subject, bytes, &input);
    set_up(&trial, subject, bytebuf_slice(&input));
    for (int run = 0; run < runs; run++) {
        for (enum way way = 0; way < WAY_COUNT; way++) {
            times[way][run] = has_way(subject, way) ? run_way(&trial, way) : 0;
        }
    }
    printf("%-14s", subject->name);
    for (enum way way = 0; way < WAY_COUNT; way++) {
        qsort(times[way], (size_t)runs, sizeof(int64_t), compare_times);
        if (has_way(subject, way)) {
            printf(" %6.2f / %-5.2f", (double)input.len / (double)times[way][runs / 2],
                   (double)times[way][runs / 2] / (double)times[WAY_FLOOR][runs / 2]);
        } else {
            printf(" %14s", "");
        }
    }
    printf("\n");
    if (trial.n_bad > 0) {
        printf("  %llu of %llu rows are bad: the figures mean nothing\n",
               (unsigned long long)trial.n_bad, (unsigned long long)trial.n_rows);
    }
    tear_down(&trial);
    bytebuf_release(&input);
}

static const char bank[] = "ts TIMESTAMP;account TEXT;card TEXT;atm TEXT;kind TEXT;"
                           "amount DECIMAL(12,2);city TEXT";

static const struct subject subjects[] = {
    {"csv", &csv_decoder_kind, NULL, "bank", NULL, bank, {"ts", "amount"}},
    {"tsv", &tsv_decoder_kind, NULL, "bank", line_tsv, bank, {"ts", "amount"}},
    {"json", &json_decoder_kind, NULL, "bank", line_json, bank, {"ts", "amount"}},
    {"logfmt", &logfmt_decoder_kind, NULL, "bank", line_logfmt, bank, {"ts", "amount"}},
    {"line", &line_decoder_kind, NULL, "applog", NULL, "line TEXT;ts TIMESTAMP", {"line", "ts"}},
    {"combined", &apache_decoder_kind, NULL, "access", NULL, NULL, {"ts", "status"}},
    {"apache_error",
     &apache_error_decoder_kind,
     NULL,
     "bank",
     line_apache_error,
     NULL,
     {"ts", "level"}},
    {"syslog_3164", &syslog_decoder_kind, NULL, "bank", line_syslog, NULL, {"ts", "app"}},
    {"syslog_5424", &syslog_decoder_kind, NULL, "bank", line_syslog5424, NULL, {"ts", "app"}},
    {"regex",
     &regex_decoder_kind,
     "^(?<ts__timestamp>[^,]*+),(?<account>[^,]*+),(?<card>[^,]*+),(?<atm>[^,]*+),(?<kind>[^,]*+),"
     "(?<amount__decimal_12_2>[^,]*+),(?<city>.*+)$",
     "bank",
     NULL,
     NULL,
     {"ts", "amount"}},
    {"grok",
     &grok_decoder_kind,
     "^%{COMBINEDAPACHELOG}$",
     "access",
     NULL,
     NULL,
     {"timestamp", "response"}},
};

static bool is_chosen(const char *name, int argc, char **argv, int first)
{
    bool found = first == argc;
    for (int i = first; i < argc; i++) {
        found = found || strcmp(argv[i], name) == 0;
    }
    return found;
}

static int number_of(const char *text, int max)
{
    int64_t value;
    if (!slice_to_i64(slice_text(text), &value) || value < 1 || value > max) {
        fprintf(stderr, "decode: \"%s\" is not between 1 and %d\n", text, max);
        exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv)
{
    int mb = 64;
    int runs = 5;
    int first = 1;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--mb") == 0) {
            mb = number_of(argv[first + 1], 2000);
        } else if (strcmp(argv[first], "--runs") == 0) {
            runs = number_of(argv[first + 1], RUNS_MAX);
        } else {
            break;
        }
    }
    if (first < argc && argv[first][0] == '-') {
        fprintf(stderr, "usage: decode [--mb N] [--runs N] [FORMAT…]\n");
        return 2;
    }
    printf("%-14s", "GB/s / floors");
    for (enum way way = 0; way < WAY_COUNT; way++) {
        printf(" %-14s", way_names[way]);
    }
    printf("\n");
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (is_chosen(subjects[i].name, argc, argv, first)) {
            measure(&subjects[i], (size_t)mb * 1000000, runs);
        }
    }
    return 0;
}
