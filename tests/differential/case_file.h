/* case_file: the cases of other engines' test suites in ../shared/data/cases (README.md there says
 * what they mean), made ready to run: streams with types of ours, input as CSV, one chunk a batch.
 *
 *     struct case_file file;
 *     case_file_read(&file, "../shared/data");              // false: there is no such folder
 *     for (i < file.n) { … &file.cases[i] … }
 *     case_file_release(&file); */
#ifndef TESTS_DIFFERENTIAL_CASE_FILE_H
#define TESTS_DIFFERENTIAL_CASE_FILE_H

#include "engine/base/bytebuf.h"
#include "engine/data/types.h"
#include "tests/lab/json_tree.h"

enum { CASE_STREAMS_MAX = 4, CASE_COLUMNS_MAX = 32 };

struct case_stream {
    char *name;
    uint32_t n;
    struct slice names[CASE_COLUMNS_MAX]; /* without quotes */
    struct type types[CASE_COLUMNS_MAX];
    int time; /* column of event time, -1 = arrival */
    bool has_delay;
    int64_t delay_ms;
};

/* One batch of input. */
struct case_chunk {
    uint32_t stream;
    struct slice csv;
};

struct one_case {
    struct json json;
    char *id;
    uint32_t n_streams;
    struct case_stream streams[CASE_STREAMS_MAX];
    uint32_t n_chunks;
    struct case_chunk *chunks;
    const char *missing; /* why it has no input; NULL = it has */
    struct slice golden; /* expected rows, one JSON object a line */
};

struct case_file {
    struct arena arena;
    uint32_t n;
    struct one_case *cases;
};

bool case_file_read(struct case_file *file, const char *folder);
void case_file_release(struct case_file *file);

/* CREATE STREAM of all streams. */
void case_streams_sql(struct bytebuf *out, const struct one_case *one);

#endif
