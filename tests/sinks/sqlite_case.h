/* sqlite_case: a SQLite sink in a folder of its own, and what other connections see of its file.
 *
 *     struct sqlite_case c;
 *     sqlite_case_init(&c, "card TEXT, n BIGINT", "table=t&key=card");
 *     sqlite_case_open(&c);
 *     sqlite_case_epoch(&c, "c1, 1\nc2, 2", NULL);       // begin, write, flush, commit
 *     sqlite_case_expect(&c, "SELECT * FROM t", "c1|1\nc2|2\n");
 *     sqlite_case_release(&c);
 */
#ifndef TESTS_SINKS_SQLITE_CASE_H
#define TESTS_SINKS_SQLITE_CASE_H

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sinks/sqlite_sink.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

struct sqlite_case {
    struct arena arena;
    char folder[40];
    char path[64];
    struct uri uri;
    struct options options;
    struct sink_config config;
    struct sink *sink;
    uint64_t committed;
    struct error err;
};

static inline void sqlite_case_init(struct sqlite_case *c, const char *columns, const char *query)
{
    *c = (struct sqlite_case){0};
    arena_init(&c->arena);
    options_init(&c->options, &c->arena);
    snprintf(c->folder, sizeof c->folder, "/tmp/tailrace_sqlite_XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    snprintf(c->path, sizeof c->path, "%s/a.db", c->folder);
    const char *uri =
        arena_printf(&c->arena, "sqlite:%s%s%s", c->path, query[0] != 0 ? "?" : "", query);
    assert_int_equal(uri_parse(&c->arena, slice_text(uri), &c->uri, &c->options, &c->err), OK);
    c->config = (struct sink_config){
        .uri = &c->uri,
        .options = &c->options,
        .schema = schema_from_text(&c->arena, columns),
        .fs = fs_system(),
        .clock = clock_system(),
        .query_name = "q",
        .durable = true,
    };
}

static inline void sqlite_case_open(struct sqlite_case *c)
{
    enum status status = sink_open(&sqlite_sink, &c->config, &c->sink, &c->committed, &c->err);
    assert_string_equal(status == OK ? "" : c->err.text, "");
}

static inline void sqlite_case_close(struct sqlite_case *c)
{
    sink_close(c->sink);
    c->sink = NULL;
}

static inline void sqlite_case_release(struct sqlite_case *c)
{
    sqlite_case_close(c);
    DIR *folder = opendir(c->folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", c->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    assert_int_equal(rmdir(c->folder), 0);
    arena_release(&c->arena);
}

static inline void sqlite_case_write(struct sqlite_case *c, const char *rows, const char *ops)
{
    struct batch batch;
    batch_from_text(&batch, c->config.schema, &c->arena, rows);
    batch.ops = (const uint8_t *)ops;
    assert_int_equal(sink_write(c->sink, &batch, &c->err), OK);
}

/* The next epoch; `rows` may be empty. */
static inline enum status sqlite_case_try_epoch(struct sqlite_case *c, const char *rows,
                                                const char *ops)
{
    uint64_t epoch = c->committed + 1;
    assert_int_equal(sink_begin(c->sink, epoch, &c->err), OK);
    if (rows[0] != 0) {
        sqlite_case_write(c, rows, ops);
    }
    assert_int_equal(sink_flush(c->sink, &c->err), OK);
    enum status status = sink_commit(c->sink, epoch, &c->err);
    if (status == OK) {
        c->committed = epoch;
    } else {
        sink_abort(c->sink);
    }
    return status;
}

static inline void sqlite_case_epoch(struct sqlite_case *c, const char *rows, const char *ops)
{
    enum status status = sqlite_case_try_epoch(c, rows, ops);
    assert_string_equal(status == OK ? "" : c->err.text, "");
}

static inline sqlite3 *sqlite_case_connect(const struct sqlite_case *c)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(c->path, &db), SQLITE_OK);
    return db;
}

static inline void sqlite_case_exec(sqlite3 *db, const char *sql)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    assert_string_equal(code == SQLITE_OK ? "" : sqlite3_errmsg(db), "");
}

static inline void sqlite_case_run(const struct sqlite_case *c, const char *sql)
{
    sqlite3 *db = sqlite_case_connect(c);
    sqlite_case_exec(db, sql);
    sqlite3_close(db);
}

/* "a|b\n" for each row; NULL is "NULL". */
static inline void sqlite_case_see(sqlite3 *db, const char *sql, const char *rows)
{
    struct bytebuf text = {0};
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    assert_string_equal(code == SQLITE_OK ? "" : sqlite3_errmsg(db), "");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            bytebuf_printf(&text, "%s%s", i > 0 ? "|" : "", value != NULL ? value : "NULL");
        }
        bytebuf_add_byte(&text, '\n');
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_string_equal(bytebuf_text(&text), rows);
    bytebuf_release(&text);
}

static inline void sqlite_case_expect(const struct sqlite_case *c, const char *sql,
                                      const char *rows)
{
    sqlite3 *db = sqlite_case_connect(c);
    sqlite_case_see(db, sql, rows);
    sqlite3_close(db);
}

#endif
