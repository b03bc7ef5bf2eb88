/* Tests of engine/io/kinds.h, near.h and the checked calls of source.h, decoder.h and sink.h. */
#include "engine/io/kinds.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/io/near.h"
#include "tests/support/testing.h"

static const struct source_kind tcp_kind = {.scheme = "tcp"};
static const struct source_kind file_kind = {.scheme = "file"};
static const struct source_kind *const sources[] = {&tcp_kind, &file_kind, NULL};
static const struct decoder_kind csv_kind = {.name = "csv"};
static const struct decoder_kind *const decoders[] = {&csv_kind, NULL};
static const struct kinds kinds = {.sources = sources, .decoders = decoders};

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(kinds_source(&kinds, slice_text("FILE")), &file_kind);
    assert_ptr_equal(kinds_decoder(&kinds, slice_text("csv")), &csv_kind);
    assert_null(kinds_source(&kinds, slice_text("fil")));
    assert_null(kinds_sink(&kinds, slice_text("file"))); /* no table at all */
}

static void test_not_found_says_what_there_is(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(kinds_no_source(&kinds, slice_text("tpc"), &err), ERR_OPTION);
    assert_string_equal(err.text, "no source \"tpc\"");
    assert_string_equal(err.hint, "did you mean \"tcp\"?");
    assert_int_equal(err.code, 121);
    assert_int_equal(kinds_no_decoder(&kinds, slice_text("xml"), &err), ERR_OPTION);
    assert_string_equal(err.text, "no format \"xml\"");
    assert_string_equal(err.hint, "SHOW FORMATS lists them");
    assert_int_equal(kinds_no_sink(&kinds, slice_text("x"), &err), ERR_OPTION);
    assert_string_equal(err.text, "no sink \"x\"");
}

static void test_near_names_are_ordered(void **state)
{
    (void)state;
    struct near near;
    struct error err;
    error_set(&err, ERR_OPTION, "x");
    near_init(&near, slice_text("header"));
    near_try(&near, "leader");
    near_try(&near, "heater");
    near_try(&near, "herder");
    near_try(&near, "headers");
    near_try(&near, "delimiter");
    near_hint(&near, &err);
    assert_string_equal(err.hint, "did you mean \"leader\", \"heater\" or \"herder\"?");
    near_init(&near, slice_text("ab"));
    near_try(&near, "xy");
    assert_int_equal(near.n, 0);
}

/* ---- the checked calls ---------------------------------------------------------------------- */

static enum status null_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)sink;
    (void)batch;
    (void)err;
    return OK;
}

static void null_close(struct sink *sink)
{
    (void)sink;
}

static const struct sink_kind null_kind;
static struct sink the_sink(void)
{
    return (struct sink){.kind = &null_kind};
}

static const struct sink_kind null_kind = {.write = null_write, .close = null_close};

static void test_sink_without_optional_calls(void **state)
{
    (void)state;
    struct sink sink = the_sink();
    struct batch batch = {0};
    struct error err;
    assert_int_equal(sink_begin(&sink, 1, &err), OK);
    assert_int_equal(sink_write(&sink, &batch, &err), OK);
    assert_int_equal(sink_flush(&sink, &err), OK);
    assert_int_equal(sink_commit(&sink, 1, &err), OK);
    assert_int_equal(sink_begin(&sink, 2, &err), OK);
    sink_abort(&sink);
    assert_int_equal(sink_begin(&sink, 2, &err), OK); /* the same epoch again */
    assert_int_equal(sink_commit(&sink, 2, &err), OK);
    assert_int_equal(sink_reopen(&sink, &err), OK);
    sink_close(&sink);
    sink_close(NULL);
    source_close(NULL);
    decoder_close(NULL);
}

static void write_outside_epoch(void)
{
    struct sink sink = the_sink();
    struct batch batch = {0};
    (void)!sink_write(&sink, &batch, NULL);
}

static void begin_twice(void)
{
    struct sink sink = the_sink();
    (void)!sink_begin(&sink, 1, NULL);
    (void)!sink_begin(&sink, 2, NULL);
}

static void begin_old_epoch(void)
{
    struct sink sink = the_sink();
    sink.epoch = 5;
    (void)!sink_begin(&sink, 5, NULL);
}

static void commit_other_epoch(void)
{
    struct sink sink = the_sink();
    (void)!sink_begin(&sink, 1, NULL);
    (void)!sink_commit(&sink, 2, NULL);
}

static uint32_t greedy_next(struct decoder *decoder, uint32_t max)
{
    (void)decoder;
    return max + 1;
}

static void decoder_gives_too_much(void)
{
    const struct decoder_kind kind = {.next = greedy_next};
    struct decoder decoder = {.kind = &kind};
    decoder_next(&decoder, 5);
}

static void column_of_no_batch(void)
{
    const struct decoder_kind kind = {.next = greedy_next};
    struct decoder decoder = {.kind = &kind};
    struct arena arena;
    struct column column;
    uint64_t reject;
    arena_init(&arena);
    decoder_column(&decoder, &arena, 0, NULL, 1, &column, &reject);
}

/* In a child of its own, silent. */
static bool panics(void (*misuse)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        misuse();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_wrong_order_panics(void **state)
{
    (void)state;
    assert_true(panics(write_outside_epoch));
    assert_true(panics(begin_twice));
    assert_true(panics(begin_old_epoch));
    assert_true(panics(commit_other_epoch));
    assert_true(panics(decoder_gives_too_much));
    assert_true(panics(column_of_no_batch));
}

TEST_MAIN(cmocka_unit_test(test_find), cmocka_unit_test(test_not_found_says_what_there_is),
          cmocka_unit_test(test_near_names_are_ordered),
          cmocka_unit_test(test_sink_without_optional_calls),
          cmocka_unit_test(test_wrong_order_panics))
