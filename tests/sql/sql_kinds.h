/* sql_kinds: sources, formats and sinks that open nothing, for tests of the language. */
#ifndef TESTS_SQL_SQL_KINDS_H
#define TESTS_SQL_SQL_KINDS_H

#include <string.h>

#include "engine/io/kinds.h"

static const struct option_spec gen_options[] = {{"rows", OPTION_INTEGER, NULL, "how many"},
                                                 {"rate", OPTION_INTEGER, NULL, "how fast"},
                                                 {0}};
static const struct option_spec tcp_options[] = {{"eof", OPTION_TEXT, NULL, "what an end means"},
                                                 {0}};
static const struct option_spec csv_options[] = {{"delimiter", OPTION_TEXT, ",", "between fields"},
                                                 {"header", OPTION_TEXT, "auto", "names"},
                                                 {0}};
static const struct option_spec sqlite_options[] = {{"table", OPTION_TEXT, NULL, "which"},
                                                    {"key", OPTION_TEXT, NULL, "columns"},
                                                    {0}};

static const struct source_kind tcp_kind = {.scheme = "tcp",
                                            .flags = SOURCE_FINITE,
                                            .options = tcp_options};
static const struct source_kind file_kind = {.scheme = "file",
                                             .flags = SOURCE_FINITE | SOURCE_REPLAYABLE};
static const struct source_kind stdin_kind = {.scheme = "stdin", .flags = SOURCE_FINITE};
static const struct source_kind kafka_kind = {.scheme = "kafka", .flags = SOURCE_REPLAYABLE};
static const struct source_kind gen_kind = {.scheme = "gen",
                                            .flags = SOURCE_FINITE,
                                            .options = gen_options};
static const struct source_kind *const sources[] = {&tcp_kind,   &file_kind, &stdin_kind,
                                                    &kafka_kind, &gen_kind,  NULL};

static inline struct schema fields_of(struct arena *arena, const char *const *names,
                                      const uint8_t *types, uint32_t n)
{
    struct schema schema = {n, arena_zalloc(arena, n * sizeof *schema.fields)};
    for (uint32_t i = 0; i < n; i++) {
        schema.fields[i].name = slice_text(names[i]);
        schema.fields[i].type = type_of((enum type_id)types[i]);
    }
    return schema;
}

static inline enum status line_infer(struct arena *arena, struct options *options,
                                     struct slice argument, struct slice sample, struct schema *out,
                                     int *time_column, struct error *err)
{
    (void)options, (void)argument, (void)sample, (void)err;
    *out = fields_of(arena, (const char *const[]){"line"}, (const uint8_t[]){TYPE_TEXT}, 1);
    *time_column = -1;
    return OK;
}

/* The sample names the columns; "ts" is a TIMESTAMP, "n" a BIGINT, others are TEXT. */
static inline enum status csv_infer(struct arena *arena, struct options *options,
                                    struct slice argument, struct slice sample, struct schema *out,
                                    int *time_column, struct error *err)
{
    (void)options, (void)argument;
    if (sample.len == 0) {
        return error_set(err, ERR_OPTION, "csv needs columns or a sample");
    }
    struct schema schema = {0, arena_zalloc(arena, 64 * sizeof *schema.fields)};
    size_t begin = 0;
    for (size_t i = 0; i <= sample.len && schema.n < 64; i++) {
        if (i == sample.len || sample.at[i] == ',') {
            struct slice name = slice_of(sample.at + begin, i - begin);
            enum type_id type = slice_equal(name, slice_text("ts"))  ? TYPE_TIMESTAMP
                                : slice_equal(name, slice_text("n")) ? TYPE_BIGINT
                                                                     : TYPE_TEXT;
            schema.fields[schema.n++] = (struct field){.name = name, .type = type_of(type)};
            begin = i + 1;
        }
    }
    *out = schema;
    *time_column = -1;
    return OK;
}

static inline enum status apache_infer(struct arena *arena, struct options *options,
                                       struct slice argument, struct slice sample,
                                       struct schema *out, int *time_column, struct error *err)
{
    (void)options, (void)argument, (void)sample, (void)err;
    *out = fields_of(arena, (const char *const[]){"ip", "ts", "status", "bytes"},
                     (const uint8_t[]){TYPE_TEXT, TYPE_TIMESTAMP, TYPE_BIGINT, TYPE_BIGINT}, 4);
    *time_column = 1;
    return OK;
}

/* A decoder that decodes nothing. */
static inline void idle_close(struct decoder *decoder)
{
    (void)decoder;
}

static inline enum status idle_open(const struct decoder_config *config, struct decoder **out,
                                    struct error *err)
{
    static const struct decoder_kind kind = {.close = idle_close};
    (void)err;
    *out = arena_zalloc(config->query, sizeof **out);
    (*out)->kind = &kind;
    return OK;
}

static const struct decoder_kind csv_kind = {.name = "csv",
                                             .options = csv_options,
                                             .needs_sample = true,
                                             .infer = csv_infer,
                                             .open = idle_open};
static const struct decoder_kind json_kind = {.name = "json",
                                              .needs_sample = true,
                                              .infer = csv_infer,
                                              .open = idle_open};
static const struct decoder_kind line_kind = {.name = "line",
                                              .infer = line_infer,
                                              .open = idle_open};
static const struct decoder_kind apache_kind = {.name = "apache",
                                                .infer = apache_infer,
                                                .open = idle_open};
static const struct decoder_kind *const decoders[] = {&csv_kind, &json_kind, &line_kind,
                                                      &apache_kind, NULL};

static const struct sink_kind console_kind = {.scheme = "console", .takes_changes = true};
static const struct sink_kind out_kind = {.scheme = "file"};
static const struct sink_kind sqlite_kind = {.scheme = "sqlite",
                                             .takes_changes = true,
                                             .options = sqlite_options};
static const struct sink_kind *const sinks[] = {&console_kind, &out_kind, &sqlite_kind, NULL};

static inline const char *commas_are_csv(struct slice sample)
{
    return memchr(sample.at, ',', sample.len) != NULL ? "csv" : NULL;
}

static const struct kinds fixture_kinds = {sources, decoders, sinks, commas_are_csv};

#endif
