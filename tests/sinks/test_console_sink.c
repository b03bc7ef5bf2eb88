/* test_console_sink: what reaches standard output, and in how many writes. The console writes
 * through a struct fs that keeps the bytes. */
#include <unistd.h>

#include "sinks/console_sink.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

/* A file system of which only write works, on handle 1. */
struct tape {
    struct fs fs;
    struct bytebuf bytes;
    uint32_t n_writes;
    bool broken;
};

static enum status tape_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                              struct error *err)
{
    struct tape *tape = (struct tape *)(uintptr_t)fs;
    assert_int_equal(fd, 1);
    if (tape->broken) {
        return error_set(err, ERR_IO, "cannot write handle 1: broken pipe");
    }
    bytebuf_add(&tape->bytes, at, len);
    tape->n_writes++;
    *n = len;
    return OK;
}

struct fixture {
    struct arena arena;
    struct tape tape;
    struct uri uri;
    struct options options;
    struct sink_config config;
    struct sink *sink;
    uint64_t epoch;
};

static void fixture_init(struct fixture *f, const char *columns, const char *format)
{
    struct error err;
    *f = (struct fixture){.tape.fs.write = tape_write};
    arena_init(&f->arena);
    options_init(&f->options, &f->arena);
    assert_int_equal(uri_parse(&f->arena, slice_text("console:?width=60"), &f->uri, &f->options,
                               &err),
                     OK);
    f->config = (struct sink_config){
        .uri = &f->uri,
        .options = &f->options,
        .format = slice_text(format),
        .schema = schema_from_text(&f->arena, columns),
        .fs = &f->tape.fs,
        .clock = clock_system(),
        .query_name = "alerts",
    };
}

static void fixture_open(struct fixture *f)
{
    struct error err;
    uint64_t committed = 7;
    assert_int_equal(sink_open(&console_sink, &f->config, &f->sink, &committed, &err), OK);
    assert_int_equal(committed, 0);
    assert_int_equal(sink_begin(f->sink, ++f->epoch, &err), OK);
}

static void write_rows(struct fixture *f, const char *rows)
{
    struct error err;
    struct batch batch;
    batch_from_text(&batch, f->config.schema, &f->arena, rows);
    assert_int_equal(sink_write(f->sink, &batch, &err), OK);
}

static void flush(struct fixture *f)
{
    struct error err;
    assert_int_equal(sink_flush(f->sink, &err), OK);
}

static void finish(struct fixture *f)
{
    struct error err;
    if (f->sink->in_epoch) {
        assert_int_equal(sink_commit(f->sink, f->epoch, &err), OK);
    }
    sink_close(f->sink);
}

static void fixture_release(struct fixture *f)
{
    bytebuf_release(&f->tape.bytes);
    arena_release(&f->arena);
}

static void expect(struct fixture *f, const char *text)
{
    assert_string_equal(bytebuf_text(&f->tape.bytes), text);
}

/* The names once, each trigger in one write. */
static void test_csv_leaves_at_each_trigger(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT, n BIGINT", "csv");
    fixture_open(&f);
    write_rows(&f, "c1, 1\nc2, NULL");
    expect(&f, "");
    flush(&f);
    expect(&f, "card,n\nc1,1\nc2,\n");
    assert_int_equal(f.tape.n_writes, 1);
    write_rows(&f, "c3, 3");
    write_rows(&f, "c4, 4");
    flush(&f);
    expect(&f, "card,n\nc1,1\nc2,\nc3,3\nc4,4\n");
    assert_int_equal(f.tape.n_writes, 2);
    flush(&f);
    assert_int_equal(f.tape.n_writes, 2); /* nothing new, nothing written */
    finish(&f);
    assert_int_equal(f.tape.n_writes, 2);
    fixture_release(&f);
}

static void test_csv_of_no_rows_has_its_names(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT, n BIGINT", "csv");
    fixture_open(&f);
    flush(&f);
    finish(&f);
    expect(&f, "card,n\n");
    fixture_release(&f);
}

static void test_big_triggers_are_written_in_parts(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT", "csv");
    fixture_open(&f);
    for (int i = 0; i < 7000; i++) {
        write_rows(&f, "0123456789");
    }
    assert_int_equal(f.tape.n_writes, 1);
    flush(&f);
    assert_int_equal(f.tape.n_writes, 2);
    assert_int_equal(f.tape.bytes.len, 5 + 7000 * 11);
    finish(&f);
    fixture_release(&f);
}

static void test_json_array_is_closed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT, n BIGINT", "json");
    fixture_open(&f);
    write_rows(&f, "c1, 1");
    flush(&f);
    write_rows(&f, "c2, NULL");
    flush(&f);
    finish(&f);
    expect(&f, "[\n{\"card\":\"c1\",\"n\":1},\n{\"card\":\"c2\",\"n\":null}\n]\n");
    fixture_release(&f);
}

static void test_insert_is_named_after_the_query(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT", "insert");
    fixture_open(&f);
    write_rows(&f, "c1");
    finish(&f);
    expect(&f, "INSERT INTO \"alerts\" (\"card\") VALUES ('c1');\n");
    fixture_release(&f);
}

/* A table goes on while its columns are wide enough and begins anew when one is not. */
static void test_box_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "card TEXT, n BIGINT", "box");
    fixture_open(&f);
    write_rows(&f, "c1, 1");
    flush(&f);
    write_rows(&f, "c2, 22222");
    flush(&f);
    write_rows(&f, "c3, 3");
    flush(&f);
    finish(&f);
    expect(&f, "┌──────┬───┐\n"
               "│ card │ n │\n"
               "├──────┼───┤\n"
               "│ c1   │ 1 │\n"
               "└──────┴───┘\n"
               "┌──────┬───────┐\n"
               "│ card │     n │\n"
               "├──────┼───────┤\n"
               "│ c2   │ 22222 │\n"
               "│ c3   │     3 │\n"
               "└──────┴───────┘\n");
    fixture_release(&f);
}

static void test_complete_results_are_tables_of_their_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT", "table");
    f.config.complete = true;
    fixture_open(&f);
    write_rows(&f, "1");
    flush(&f);
    write_rows(&f, "2");
    flush(&f);
    finish(&f);
    expect(&f, "+---+\n| n |\n+---+\n| 1 |\n+---+\n"
               "+---+\n| n |\n+---+\n| 2 |\n+---+\n");
    fixture_release(&f);
}

static void test_empty_box(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "n BIGINT", "box");
    fixture_open(&f);
    flush(&f);
    finish(&f);
    expect(&f, "┌───┐\n│ n │\n├───┤\n└───┘\n");
    fixture_release(&f);
}

static void test_unknown_format(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    uint64_t committed;
    fixture_init(&f, "n BIGINT", "cvs");
    assert_int_equal(sink_open(&console_sink, &f.config, &f.sink, &committed, &err), ERR_OPTION);
    assert_string_equal(err.text, "no output format \"cvs\"");
    assert_non_null(strstr(err.hint, "\"csv\""));
    assert_true(console_format_known(slice_text("Markdown")));
    assert_false(console_format_known(slice_text("cvs")));
    fixture_release(&f);
}

static void test_a_reader_that_has_gone(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    fixture_init(&f, "n BIGINT", "csv");
    fixture_open(&f);
    write_rows(&f, "1");
    f.tape.broken = true;
    assert_int_equal(sink_flush(f.sink, &err), ERR_IO);
    sink_abort(f.sink);
    sink_close(f.sink);
    expect(&f, "");
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_csv_leaves_at_each_trigger),
          cmocka_unit_test(test_csv_of_no_rows_has_its_names),
          cmocka_unit_test(test_big_triggers_are_written_in_parts),
          cmocka_unit_test(test_json_array_is_closed),
          cmocka_unit_test(test_insert_is_named_after_the_query),
          cmocka_unit_test(test_box_goes_on),
          cmocka_unit_test(test_complete_results_are_tables_of_their_own),
          cmocka_unit_test(test_empty_box), cmocka_unit_test(test_unknown_format),
          cmocka_unit_test(test_a_reader_that_has_gone))
