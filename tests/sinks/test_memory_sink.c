/* test_memory_sink: the sink of other tests keeps rows, order, triggers and commits. */
#include "sinks/memory_sink.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

static void write_rows(struct sink *sink, const struct schema *schema, const char *rows,
                       const char *ops)
{
    struct arena arena; /* what the sink keeps must outlive the batch */
    struct batch batch;
    struct error err;
    arena_init(&arena);
    batch_from_text(&batch, schema, &arena, rows);
    batch.ops = (const uint8_t *)ops;
    assert_int_equal(sink_write(sink, &batch, &err), OK);
    arena_release(&arena);
}

static void test_keeps_rows_and_triggers(void **state)
{
    (void)state;
    struct arena arena;
    struct memory_rows rows;
    struct error err;
    arena_init(&arena);
    memory_rows_init(&rows);
    rows.mark_flushes = true;
    const struct schema *schema = schema_from_text(&arena, "card TEXT, n BIGINT");
    struct sink *sink = memory_sink_new(&rows, true);
    assert_int_equal(sink_begin(sink, 1, &err), OK);
    write_rows(sink, schema, "c1, 1\nc2, 2", "+-");
    write_rows(sink, schema, "c3, NULL", NULL);
    assert_int_equal(sink_flush(sink, &err), OK);
    assert_int_equal(sink_flush(sink, &err), OK);
    assert_int_equal(sink_commit(sink, 1, &err), OK);
    assert_int_equal(sink_begin(sink, 2, &err), OK);
    write_rows(sink, schema, "c4, 4", "+");
    sink_close(sink);
    assert_string_equal(memory_rows_text(&rows), "+,c1,1\n-,c2,2\n+,c3,\n--\n+,c4,4\n");
    assert_int_equal(rows.n_rows, 4);
    assert_int_equal(rows.n_flushes, 2);
    assert_int_equal(rows.n_commits, 1);
    assert_int_equal(rows.epoch, 1);
    assert_true(rows.is_closed);
    assert_int_equal(rows.n_batches, 5);
    assert_string_equal(batch_to_text(&arena, memory_rows_batch(&rows, 0)), "+ c1, 1\n- c2, 2\n");
    assert_null(memory_rows_batch(&rows, 2));
    assert_null(memory_rows_batch(&rows, 3));
    assert_string_equal(batch_to_text(&arena, memory_rows_batch(&rows, 4)), "+ c4, 4\n");
    memory_rows_release(&rows);
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_keeps_rows_and_triggers))
