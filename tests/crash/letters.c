/* letters: see letters.h. */
#include "tests/crash/letters.h"

#include <stdio.h>
#include <string.h>

#include "engine/run/checkpoint.h"
#include "tests/crash/ledger_sink.h"
#include "tests/support/testing.h"

static void give(struct stage *stage, const char *name, const char *letters,
                 const struct life *life)
{
    if (letters == NULL) {
        return;
    }
    struct memory_feed *feed = stage_feed(stage, name);
    for (const char *at = letters; *at != '\0'; at++) {
        char row[40];
        snprintf(row, sizeof row, "2026-01-05T09:00:01Z,%c,1\n", *at);
        memory_feed_add(feed, 0, slice_text(row));
    }
    if (life->half != NULL) {
        memory_feed_add(feed, 0, slice_text(life->half));
    }
    if (life->is_logged) {
        memory_feed_set_flags(feed, 0);
    }
    if (!life->goes_on) {
        memory_feed_finish(feed);
    }
}

enum status live(const struct simfs *fs, struct life *life)
{
    struct stage stage;
    stage_init(&stage, fs);
    stage.config.checkpoint_us = 3 * STEP_US;
    stage.config.accept_change = life->accepts;
    stage.config.replay = life->replays;
    stage.config.new_state = life->forgets;
    stage.config.text = slice_text(life->text != NULL ? life->text : "");
    give(&stage, "s", life->s, life);
    give(&stage, "t", life->t, life);
    enum status status = stage_start(&stage, life->sql);
    if (status == OK) {
        status = stage_steps(&stage, life->steps, STEP_US);
    }
    life->err = stage.err;
    stage_release(&stage);
    return status;
}

const char *letters_of(const struct simfs *fs, const char *ledger, char *out)
{
    struct slice file;
    size_t n = 0;
    uint64_t epoch;
    if (simfs_file(fs, ledger, &file)) {
        struct slice rows = ledger_rows(file, &epoch);
        for (size_t i = 0; i < rows.len; i++) {
            if (rows.at[i] >= 'a' && n < LETTERS_MAX - 1) {
                out[n++] = (char)rows.at[i];
            }
        }
    }
    out[n] = '\0';
    return out;
}

void assert_letters(const struct simfs *fs, const char *ledger, const char *expected)
{
    char letters[LETTERS_MAX];
    assert_string_equal(letters_of(fs, ledger, letters), expected);
}

void assert_goes_on(const struct simfs *before, const struct simfs *now, const char *ledger,
                    const char *all)
{
    char letters[LETTERS_MAX];
    size_t had = strlen(letters_of(before, ledger, letters));
    letters_of(now, ledger, letters);
    assert_true(strlen(letters) >= had);
    assert_memory_equal(letters, all, strlen(letters));
}

void assert_lives(const struct simfs *fs, struct life life)
{
    enum status status = live(fs, &life);
    if (status != OK) {
        print_error("%s\n", life.err.text);
    }
    assert_int_equal(status, OK);
}

void log_row(struct simfs *fs, char letter)
{
    struct hand_clock clock;
    struct checkpoint *cp;
    struct error err;
    struct bytebuf record = {0};
    char row[40];
    struct slice before;
    const struct inlog_mark start = {0, 0};
    hand_clock_init(&clock, STAGE_START_US);
    const struct checkpoint_options options = {
        .fs = simfs_interface(fs),
        .clock = &clock.clock,
        .path = "state",
    };
    snprintf(row, sizeof row, "2026-01-05T09:00:01Z,%c,1\n", letter);
    const struct cut cut = {.kind = CUT_READ, .bytes = (uint32_t)strlen(row)};
    codec_put_bytes(&record, slice_text("s"));
    codec_put_bytes(&record, slice_text("0"));
    cut_put(&record, &cut);
    bytebuf_add(&record, row, strlen(row));
    assert_int_equal(checkpoint_open(&options, &cp, &err), OK);
    assert_int_equal(checkpoint_continue(cp, &start, &start, &err), OK);
    while (checkpoint_pending(cp, &before)) {
    }
    assert_int_equal(checkpoint_input(cp, 1, bytebuf_slice(&record), &err), OK);
    assert_int_equal(checkpoint_input_sync(cp, &err), OK);
    checkpoint_close(cp);
    bytebuf_release(&record);
}
