/* command_test: tailrace test FILE…: runs the cases of test files (docs/testing.md); with --update
 * writes what comes out into the files first. */
#include "engine/base/textbuf.h"
#include "shell/commands.h"
#include "shell/complain.h"
#include "shell/lab/script_run.h"
#include "shell/session.h"
#include "shell/text_file.h"

/* All files of one command line. */
struct test_run {
    const struct args *args;
    const struct fs *fs;
    uint32_t n_passed;
    uint32_t n_failed;
    struct bytebuf out; /* of one case */
};

static bool is_wanted(const struct test_run *run, const struct script_case *it)
{
    const char *only = run->args->only;
    return only == NULL || slice_find(it->name, slice_text(only)) != NULL;
}

static enum status say_out(struct test_run *run, struct error *err)
{
    enum status status = say(run->fs, bytebuf_slice(&run->out), err);
    bytebuf_clear(&run->out);
    return status;
}

/* ---- --update -------------------------------------------------------------------------------- */

static enum status write_back(const struct fs *fs, const char *path, struct slice text,
                              struct error *err)
{
    int fd;
    TRY(fs->open(fs, path, FS_WRITE | FS_TRUNCATE, &fd, err));
    enum status status = fs_write_all(fs, fd, text.at, text.len, err);
    fs->close(fs, fd);
    return status;
}

/* Changes *text and the file if the cases do not come out as they are written. */
static enum status update(const struct test_run *run, const struct script_file *file,
                          struct bytebuf *text, struct error *err)
{
    struct script_edits edits = {0};
    struct bytebuf changed = {0};
    enum status status = OK;
    for (uint32_t i = 0; i < file->script.n; i++) {
        if (is_wanted(run, &file->script.cases[i])) {
            script_update_case(file, &file->script.cases[i], &edits);
        }
    }
    if (edits.n > 0) {
        script_edits_apply(&edits, file->text, &changed);
        status = write_back(run->fs, file->path, bytebuf_slice(&changed), err);
        log_line(LOG_INFO, "%s: %u section%s written", file->path, edits.n,
                 edits.n == 1 ? "" : "s");
        bytebuf_clear(text);
        bytebuf_add(text, changed.at, changed.len);
    }
    bytebuf_release(&changed);
    script_edits_release(&edits);
    return status;
}

/* ---- running --------------------------------------------------------------------------------- */

static enum status run_case(struct test_run *run, const struct script_file *file,
                            const struct script_case *it, struct error *err)
{
    struct bytebuf complaint = {0};
    bool good = script_run_case(file, it, &complaint);
    bytebuf_add_text(&run->out, good ? "ok      " : "FAILED  ");
    textbuf_escaped(&run->out, it->name);
    bytebuf_add_byte(&run->out, '\n');
    bytebuf_add(&run->out, complaint.at, complaint.len);
    bytebuf_release(&complaint);
    run->n_passed += good;
    run->n_failed += !good;
    return say_out(run, err);
}

static enum status run_file(struct test_run *run, const char *path, struct arena *arena,
                            struct bytebuf *text, struct error *err)
{
    struct script_file file = {.fs = run->fs, .path = path, .text = bytebuf_slice(text)};
    TRY(script_read(arena, file.text, &file.script, err));
    if (run->args->update) {
        TRY(update(run, &file, text, err));
        file.text = bytebuf_slice(text);
        TRY(script_read(arena, file.text, &file.script, err));
    }
    if (run->args->n_operands > 1) {
        bytebuf_printf(&run->out, "%s\n", path);
        TRY(say_out(run, err));
    }
    for (uint32_t i = 0; i < file.script.n; i++) {
        if (is_wanted(run, &file.script.cases[i])) {
            TRY(run_case(run, &file, &file.script.cases[i], err));
        }
    }
    return OK;
}

/* A file that is no script counts as one failure. */
static void test_file(struct test_run *run, const char *path)
{
    struct bytebuf text = {0};
    struct arena arena;
    struct error err;
    arena_init(&arena);
    error_clear(&err);
    if (text_file_read(run->fs, path, &text, &err) != OK) {
        complain(&err);
        run->n_failed++;
    } else if (run_file(run, path, &arena, &text, &err) != OK) {
        complain_about(&err, bytebuf_slice(&text), 0, path);
        run->n_failed++;
    }
    arena_release(&arena);
    bytebuf_release(&text);
}

int command_test(struct args *args, const struct fs *fs, const struct clock *clock)
{
    struct test_run run = {.args = args, .fs = fs};
    struct error err;
    (void)clock;
    for (uint32_t i = 0; i < args->n_operands; i++) {
        test_file(&run, args->operands[i]);
    }
    if (run.n_passed + run.n_failed == 0) {
        error_set(&err, ERR_OPTION, "no case has \"%s\" in its name", args->only);
        complain(&err);
    }
    bytebuf_printf(&run.out, "%u passed, %u failed\n", run.n_passed, run.n_failed);
    enum status status = say_out(&run, &err);
    bytebuf_release(&run.out);
    if (status != OK) {
        complain(&err);
        return session_exit_code(&err);
    }
    return run.n_failed > 0 || run.n_passed == 0;
}
