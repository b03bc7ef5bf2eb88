/* test_args: command lines as people type them, right and wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/job.h"
#include "shell/args.h"
#include "shell/environment.h"
#include "shell/help.h"
#include "tests/support/testing.h"

enum { WORDS_MAX = 32 };

/* Splits at blanks; "''" is an empty word, '_' in a word stands for a blank. */
static enum status parse(const char *line, struct args *args, struct error *err)
{
    static char copy[512];
    char *words[WORDS_MAX + 1] = {(char *)(uintptr_t) "tailrace"};
    int n = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *c = copy; *c != '\0' && n < WORDS_MAX;) {
        size_t len = strcspn(c, " ");
        char *next = c + len + (c[len] != '\0');
        c[len] = '\0';
        for (char *blank = c; (blank = strchr(blank, '_')) != NULL;) {
            *blank = ' ';
        }
        words[n++] = c;
        c = next;
    }
    error_clear(err);
    return args_parse(n, words, args, err);
}

static struct args good(const char *line)
{
    struct args args;
    struct error err;
    if (parse(line, &args, &err) != OK) {
        fail_msg("\"%s\": %s", line, err.text);
    }
    return args;
}

static void bad(const char *line, const char *text, const char *hint)
{
    struct args args;
    struct error err;
    enum status status = parse(line, &args, &err);
    if (status == OK) {
        fail_msg("\"%s\" was taken", line);
    }
    if (strstr(err.text, text) == NULL || strstr(err.hint, hint) == NULL) {
        fail_msg("\"%s\": %s (%s)", line, err.text, err.hint);
    }
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(good("").command, COMMAND_SHELL);
    assert_int_equal(good("-o csv").command, COMMAND_SHELL);
    assert_int_equal(good("-c SELECT_1").command, COMMAND_SQL);
    assert_int_equal(good("-f a.sql").command, COMMAND_FILE);
    assert_int_equal(good("-f a.sql -c SELECT_1").command, COMMAND_SQL);
    assert_int_equal(good("demo").command, COMMAND_DEMO);
    assert_int_equal(good("version").command, COMMAND_VERSION);
    assert_int_equal(good("--version").command, COMMAND_VERSION);
    assert_int_equal(good("-h").command, COMMAND_HELP);
    struct args args = good("run --once fraud.sql");
    assert_int_equal(args.command, COMMAND_RUN);
    assert_string_equal(args.operand, "fraud.sql");
    assert_true(args.once);
    args = good("replay --from 2026-01-05T09:00:00Z fraud.sql");
    assert_int_equal(args.command, COMMAND_REPLAY);
    assert_string_equal(args.since, "2026-01-05T09:00:00Z");
    args = good("gen --help");
    assert_int_equal(args.command, COMMAND_HELP);
    assert_string_equal(args.operand, "gen");
    assert_string_equal(good("sniff -- -x.csv").operand, "-x.csv");
    assert_string_equal(good("check -").operand, "-");
    args = good("test a.test --update b.test --case fraud");
    assert_int_equal(args.command, COMMAND_TEST);
    assert_int_equal(args.n_operands, 2);
    assert_string_equal(args.operands[1], "b.test");
    assert_true(args.update);
    assert_string_equal(args.only, "fraud");
}

static void test_texts_keep_their_order(void **state)
{
    (void)state;
    struct args args = good("-c one -f two --command=three");
    assert_int_equal(args.n_texts, 3);
    assert_string_equal(args.texts[0].text, "one");
    assert_false(args.texts[0].is_file);
    assert_string_equal(args.texts[1].text, "two");
    assert_true(args.texts[1].is_file);
    assert_string_equal(args.texts[2].text, "three");
}

static void test_values(void **state)
{
    (void)state;
    struct args args = good("-c x --trigger 100ms --for=30s --max-rows 5 -o jsonl --threads 2 "
                            "--color never --no-flush --stats -v");
    assert_true(args.trigger_given);
    assert_int_equal(args.trigger_us, 100000);
    assert_int_equal(args.for_us, 30000000);
    assert_int_equal(args.max_rows, 5);
    assert_string_equal(args.output, "jsonl");
    assert_int_equal(args.threads, 2);
    assert_int_equal(args.color, COLOR_NEVER);
    assert_true(args.no_flush && args.stats && args.verbose);
    assert_int_equal(good("-c x --trigger once").trigger_us, TRIGGER_ONCE);
    assert_int_equal(good("-c x --trigger asap").trigger_us, TRIGGER_ASAP);
    assert_string_equal(good("-c x -ocsv").output, "csv");
    args = good("-c x --clock 2026-01-05T09:00:00Z");
    assert_true(args.clock_given);
    assert_int_equal(args.clock_us, INT64_C(1767603600000000));
    args = good("gen atm --rows 10 --seed 0 --rate 2000 -o out.csv");
    assert_int_equal(args.rows, 10);
    assert_int_equal(args.seed, 0);
    assert_int_equal(args.rate, 2000);
    assert_string_equal(args.output, "out.csv");
    args = good("");
    assert_int_equal(args.rows, -1);
    assert_int_equal(args.seed, -1);
    assert_int_equal(args.rate, -1);
    assert_int_equal(args.threads, 1);
    assert_null(args.output);
}

static void test_slips_are_answered_with_near_names(void **state)
{
    (void)state;
    bad("snif x.csv", "no command \"snif\"", "\"sniff\"");
    bad("--trigerr 1s", "no option \"--trigerr\"", "\"--trigger\"");
    bad("--max-row=1", "no option \"--max-row\"", "\"--max-rows\"");
    bad("-c x -o jsn", "no output format \"jsn\"", "\"json\"");
    bad("-x", "no option \"-x\"", "--help");
    bad("frobnicate", "no command \"frobnicate\"", "--help");
}

static void test_what_is_missing_or_too_much(void **state)
{
    (void)state;
    bad("sniff", "sniff wants FILE", "");
    bad("run", "run wants FILE", "");
    bad("version now", "version takes no \"now\"", "");
    bad("run a b", "one word too many: \"b\"", "");
    bad("checkpoint ls a b", "one word too many: \"b\"", "");
    bad("test", "test wants FILE.test", "");
    bad("-c", "-c wants a value", "");
    bad("--once=yes -c x", "--once takes no value", "");
}

static void test_options_belong_to_commands(void **state)
{
    (void)state;
    bad("-c x --rows 5", "takes no --rows", "demo, gen");
    bad("sniff x --trigger 1s", "sniff takes no --trigger", "run");
    bad("run x -c y", "run takes no --command", "");
    bad("gen atm --once", "gen takes no --once", "run");
}

static void test_bad_values(void **state)
{
    (void)state;
    bad("-c x --trigger soon", "--trigger cannot be \"soon\"", "");
    bad("-c x --trigger -5s", "--trigger cannot be \"-5s\"", "");
    bad("-c x --for 0s", "--for cannot be", "");
    bad("-c x --max-rows 0", "--max-rows cannot be \"0\"", "");
    bad("-c x --max-rows many", "--max-rows cannot be \"many\"", "");
    bad("-c x --threads 1000", "at most", "");
    bad("-c x --clock yesterday", "--clock cannot be \"yesterday\"", "");
    bad("-c x --color blue", "--color cannot be \"blue\"", "");
    bad("gen atm --rows 0", "--rows cannot be \"0\"", "");
}

static void test_state(void **state)
{
    struct args args;
    struct error err;
    (void)state;
    assert_int_equal(parse("run fraud.sql --state fraud.state", &args, &err), OK);
    assert_string_equal(args.state, "fraud.state");
    assert_false(args.new_state || args.accept_change || args.replay);
    assert_int_equal(parse("run a.sql --state s --replay-from earliest", &args, &err), OK);
    assert_true(args.replay);
    bad("run a.sql --state s --replay-from noon", "--replay-from cannot be \"noon\"", "");
    bad("run a.sql --new-state", "--new-state wants --state", "");
    bad("run a.sql --state=", "--state wants a directory", "");
    bad("demo --state s", "demo takes no --state", "");
}

/* ---- variables ------------------------------------------------------------------------------- */

static struct args good_with(const char *name, const char *value, const char *line)
{
    setenv(name, value, 1);
    struct args args = good(line);
    unsetenv(name);
    return args;
}

static void bad_with(const char *name, const char *value, const char *text)
{
    setenv(name, value, 1);
    bad("-c x", text, "");
    unsetenv(name);
}

static void test_variables(void **state)
{
    (void)state;
    assert_int_equal(good_with("TAILRACE_TRIGGER", "2s", "").trigger_us, 2 * US_PER_SECOND);
    assert_int_equal(good_with("TAILRACE_MAX_ROWS", "7", "-c x").max_rows, 7);
    assert_string_equal(good_with("TAILRACE_STATE", "s", "run a.sql").state, "s");
    assert_int_equal(good_with("TAILRACE_COLOR", "never", "version").color, COLOR_AUTO);
    assert_int_equal(good_with("TAILRACE_COLOR", "never", "sniff x").color, COLOR_NEVER);
    assert_int_equal(good_with("TAILRACE_SEED", "4", "gen atm").seed, 4);
    assert_true(good_with("TAILRACE_ONCE", "yes", "-c x").once);
    assert_false(good_with("TAILRACE_ONCE", "0", "-c x").once);
}

/* The line goes before them; an empty one is not set. */
static void test_variables_give_way(void **state)
{
    (void)state;
    assert_int_equal(good_with("TAILRACE_MAX_ROWS", "7", "-c x --max-rows 3").max_rows, 3);
    assert_string_equal(good_with("TAILRACE_OUTPUT", "json", "-c x -o csv").output, "csv");
    assert_null(good_with("TAILRACE_OUTPUT", "", "-c x").output);
    assert_int_equal(good_with("TAILRACE_TRIGGER", "soon", "-c x --trigger 1s").trigger_us,
                     US_PER_SECOND);
}

/* What a command does not take does not disturb it; for gen --output is a file to write. */
static void test_variables_of_other_commands(void **state)
{
    (void)state;
    assert_null(good_with("TAILRACE_STATE", "s", "check a.sql").state);
    assert_null(good_with("TAILRACE_OUTPUT", "csv", "gen atm").output);
    assert_int_equal(good_with("TAILRACE_TRIGGER", "soon", "version").command, COMMAND_VERSION);
    assert_false(good_with("TAILRACE_NEW_STATE", "1", "run a.sql --state s").new_state);
}

static void test_bad_variables(void **state)
{
    (void)state;
    bad_with("TAILRACE_TRIGGER", "soon", "TAILRACE_TRIGGER cannot be \"soon\": asap, once or");
    bad_with("TAILRACE_OUTPUT", "jsn", "TAILRACE_OUTPUT: no output format \"jsn\"");
    bad_with("TAILRACE_STATS", "maybe", "TAILRACE_STATS cannot be \"maybe\": true or false");
    bad_with("TAILRACE_THREADS", "1000", "TAILRACE_THREADS is at most");
    bad_with("TAILRACE_CLOCK", "now", "TAILRACE_CLOCK cannot be \"now\"");
}

/* What help says is what is looked for. */
static void test_help_has_every_variable(void **state)
{
    struct bytebuf out = {0};
    struct error err;
    const struct option_row *option;
    (void)state;
    assert_int_equal(help_topic(&out, slice_text("environment"), &err), OK);
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        char name[VARIABLE_BYTES_MAX];
        char line[2 * VARIABLE_BYTES_MAX];
        environment_name(option, name);
        snprintf(line, sizeof line, "  %-19s %s\n", name, option->name);
        assert_int_equal(strstr(bytebuf_text(&out), line) != NULL, option->settable != 0);
        assert_int_equal(option->settable & ~option->commands, 0);
    }
    bytebuf_release(&out);
}

static void test_too_many_texts(void **state)
{
    char *words[2 * TEXTS_MAX + 3] = {(char *)(uintptr_t) "tailrace"};
    struct args args;
    struct error err;
    (void)state;
    for (int i = 1; i < 2 * TEXTS_MAX + 3; i++) {
        words[i] = (char *)(uintptr_t) "-cx";
    }
    assert_int_equal(args_parse(TEXTS_MAX + 1, words, &args, &err), OK);
    assert_int_equal(args_parse(TEXTS_MAX + 2, words, &args, &err), ERR_LIMIT);
    assert_int_equal(args_parse(2 * TEXTS_MAX + 3, words, &args, &err), ERR_LIMIT);
}

static void test_help_fits_a_screen(void **state)
{
    struct bytebuf out = {0};
    size_t lines = 0;
    size_t width = 0;
    (void)state;
    help_main(&out);
    for (size_t i = 0; i < out.len; i++) {
        lines += out.at[i] == '\n';
        width = out.at[i] == '\n' ? 0 : width + 1;
        assert_true(width <= 80);
    }
    assert_true(lines <= 24);
    bytebuf_release(&out);
}

static void test_help_names_all_commands_and_topics(void **state)
{
    struct bytebuf out = {0};
    const struct command_row *command;
    (void)state;
    help_main(&out);
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        assert_int_equal(command->id, i);
        if (command->name != NULL && strstr(bytebuf_text(&out), command->name) == NULL) {
            fail_msg("--help does not name %s", command->name);
        }
    }
    for (const char *const *topic = help_topics; *topic != NULL; topic++) {
        if (strstr(bytebuf_text(&out), *topic) == NULL) {
            fail_msg("--help does not name the topic %s", *topic);
        }
    }
    bytebuf_release(&out);
}

static void test_every_topic_says_something(void **state)
{
    struct error err;
    (void)state;
    for (const char *const *topic = help_topics; *topic != NULL; topic++) {
        struct bytebuf out = {0};
        assert_int_equal(help_topic(&out, slice_text(*topic), &err), OK);
        assert_true(out.len > 40);
        assert_int_equal(out.at[out.len - 1], '\n');
        bytebuf_release(&out);
    }
}

static void test_help_of_a_command_has_its_options(void **state)
{
    const struct command_row *command;
    const struct option_row *option;
    struct error err;
    (void)state;
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        struct bytebuf out = {0};
        if (command->name == NULL) {
            continue;
        }
        assert_int_equal(help_topic(&out, slice_text(command->name), &err), OK);
        for (uint32_t k = 0; (option = option_at(k)) != NULL; k++) {
            char name[32];
            snprintf(name, sizeof name, "\n  %s", option->name);
            bool is_there = strstr(bytebuf_text(&out), name) != NULL;
            assert_int_equal(is_there, option_belongs(option, command->id));
        }
        bytebuf_release(&out);
    }
}

/* A letter is left out. */
static void misspell(const char *name, size_t at, char *out, size_t size)
{
    snprintf(out, size, "%.*s%s", (int)at, name, name + at + 1);
}

static void test_a_slip_in_any_name_is_answered_with_it(void **state)
{
    const struct command_row *command;
    const struct option_row *option;
    char word[32];
    char hint[40];
    (void)state;
    for (uint32_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (command->name != NULL) {
            misspell(command->name, 1, word, sizeof word);
            snprintf(hint, sizeof hint, "\"%s\"", command->name);
            bad(word, "no command", hint);
        }
    }
    for (uint32_t i = 0; (option = option_at(i)) != NULL; i++) {
        misspell(option->name, 3, word, sizeof word);
        snprintf(hint, sizeof hint, "\"%s\"", option->name);
        bad(word, "no option", hint);
    }
}

static void test_help_topics(void **state)
{
    struct bytebuf out = {0};
    struct error err;
    (void)state;
    assert_int_equal(help_topic(&out, slice_text("sinks"), &err), OK);
    assert_non_null(strstr(bytebuf_text(&out), "console"));
    bytebuf_clear(&out);
    assert_int_equal(help_topic(&out, slice_text("formts"), &err), ERR_OPTION);
    assert_string_equal(err.hint, "did you mean \"formats\"?");
    assert_int_equal(help_topic(&out, slice_text("snif"), &err), ERR_OPTION);
    assert_string_equal(err.hint, "did you mean \"sniff\"?");
    assert_int_equal(help_topic(&out, slice_text("gardening"), &err), ERR_OPTION);
    assert_non_null(strstr(err.hint, "environment, exit, formats"));
    bytebuf_release(&out);
}

TEST_MAIN(cmocka_unit_test(test_commands), cmocka_unit_test(test_texts_keep_their_order),
          cmocka_unit_test(test_values), cmocka_unit_test(test_slips_are_answered_with_near_names),
          cmocka_unit_test(test_what_is_missing_or_too_much),
          cmocka_unit_test(test_options_belong_to_commands), cmocka_unit_test(test_bad_values),
          cmocka_unit_test(test_state), cmocka_unit_test(test_variables),
          cmocka_unit_test(test_variables_give_way),
          cmocka_unit_test(test_variables_of_other_commands), cmocka_unit_test(test_bad_variables),
          cmocka_unit_test(test_help_has_every_variable), cmocka_unit_test(test_too_many_texts),
          cmocka_unit_test(test_help_names_all_commands_and_topics),
          cmocka_unit_test(test_every_topic_says_something),
          cmocka_unit_test(test_help_of_a_command_has_its_options),
          cmocka_unit_test(test_a_slip_in_any_name_is_answered_with_it),
          cmocka_unit_test(test_help_fits_a_screen), cmocka_unit_test(test_help_topics))
