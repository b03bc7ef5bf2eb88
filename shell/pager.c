/* pager: see pager.h. */
#include "shell/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/run/loop.h"
#include "shell/background.h"
#include "shell/complain.h"
#include "shell/terminal.h"

enum {
    LINES_BELOW = 2,          /* the summary of a query, and the prompt */
    HELD_BYTES_MAX = 1 << 20, /* of the background; more than anybody scrolls back */
    /* What a shell says of a command that is not there, or is none (POSIX.1-2017, 2.8.2). */
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
};

/* F: less leaves at once if all fits; R: colours; X: the text stays on the terminal. */
#define PAGER_ENVIRONMENT "LESS=${LESS-FRX}; export LESS; "
#define PAGER_DEFAULT     "if command -v less >/dev/null; then exec less; else exec more; fi"

struct pager {
    struct fs fs; /* first member: keeps what is written to its handle 1 */
    struct pager_config config;
    struct bytebuf text;
    struct bytebuf held;
    size_t held_too_much; /* bytes */
    bool is_off;
    bool is_terminated;
    pid_t child; /* 0 = none runs */
    int ended;   /* what waitpid says of it */
    int alive;   /* readable when the child and its children are gone */
    int64_t open_us;
};

static enum status keep(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                        struct error *err)
{
    struct pager *pager = (struct pager *)(uintptr_t)fs;
    (void)fd;
    (void)err;
    if (pager->text.len <= PAGER_BYTES_MAX) {
        bytebuf_add(&pager->text, at, len);
    }
    *n = len;
    return OK;
}

struct pager *pager_new(const struct pager_config *config)
{
    struct pager *pager = mem_zalloc(sizeof *pager);
    pager->fs = (struct fs){.write = keep};
    pager->config = *config;
    return pager;
}

void pager_free(struct pager *pager)
{
    if (pager != NULL) {
        bytebuf_release(&pager->text);
        bytebuf_release(&pager->held);
        mem_free(pager);
    }
}

void pager_set_off(struct pager *pager, bool is_off)
{
    pager->is_off = is_off;
}

bool pager_is_off(const struct pager *pager)
{
    return pager->is_off;
}

static const char *command(void)
{
    const char *named = getenv("PAGER");
    return named != NULL ? named : PAGER_DEFAULT;
}

/* It takes the place of its shell, so that what ends the child ends the pager. */
static bool is_one_program(const char *text)
{
    return strpbrk(text, "|&;(){}!=\n") == NULL;
}

bool pager_pages(const struct pager *pager)
{
    return !pager->is_off && command()[0] != '\0' && isatty(STDIN_FILENO) != 0 &&
           terminal_moves(STDOUT_FILENO);
}

const struct fs *pager_fs(struct pager *pager)
{
    return pager_pages(pager) ? &pager->fs : pager->config.fs;
}

bool pager_is_full(const struct pager *pager)
{
    return pager->text.len > PAGER_BYTES_MAX;
}

void pager_drop(struct pager *pager)
{
    bytebuf_release(&pager->text);
}

bool pager_is_terminated(const struct pager *pager)
{
    return pager->is_terminated;
}

int64_t pager_open_us(const struct pager *pager)
{
    return pager->open_us;
}

/* ---- the process ----------------------------------------------------------------------------- */

/* Signals are as they were before the shell began to listen to them. */
static int spawn(const char *text, int input, int alive, pid_t *child)
{
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)text,
                    NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, alive, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(child, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* The text as the standard input of a process: it is there as a whole, and nobody waits for it to
 * be read. */
static enum status start(struct pager *pager, struct error *err)
{
    const struct fs *fs = pager->config.fs;
    struct bytebuf text = {0};
    int pipes[2];
    int input = memfd_create("tailrace", MFD_CLOEXEC);
    if (input < 0) {
        return error_set_errno(err, errno, "cannot keep a text for the pager");
    }
    enum status status = fs_write_all(fs, input, pager->text.at, pager->text.len, err);
    if (status == OK) {
        status = fs->seek(fs, input, 0, err);
    }
    if (status == OK && pipe2(pipes, O_CLOEXEC) != 0) {
        status = error_set_errno(err, errno, "cannot watch the pager");
    }
    if (status == OK) {
        bytebuf_add_text(&text, PAGER_ENVIRONMENT);
        bytebuf_add_text(&text, is_one_program(command()) ? "exec " : "");
        bytebuf_add_text(&text, command());
        int failed = spawn(bytebuf_text(&text), input, pipes[1], &pager->child);
        fs->close(fs, pipes[1]);
        pager->alive = pipes[0];
        if (failed != 0) {
            pager->child = 0;
            fs->close(fs, pager->alive);
            status = error_set_errno(err, failed, "cannot start the pager");
        }
    }
    bytebuf_release(&text);
    fs->close(fs, input);
    return status;
}

/* ---- while it has the terminal --------------------------------------------------------------- */

static bool goes_on(void *owner)
{
    struct pager *pager = owner;
    return waitpid(pager->child, &pager->ended, WNOHANG) == 0;
}

/* A child of the pager that outlives it keeps the pipe open. */
static int64_t look_again_us(void *owner)
{
    (void)owner;
    return clock_steady_us(clock_system()) + US_PER_SECOND;
}

/* Ctrl-C is the pager's, which has heard it too. */
static bool not_for_us(void *owner)
{
    (void)owner;
    return true;
}

static struct job *background_has_failed(void *owner, const struct error *err)
{
    const struct pager *pager = owner;
    pager->config.failed(pager->config.owner, err);
    return background_job(pager->config.background);
}

/* Until it has gone; what stops us stops it. */
static void stand_back(struct pager *pager)
{
    struct error err;
    enum loop_end end = LOOP_STOPPED;
    struct loop_config config = {
        .job = pager->config.background != NULL ? background_job(pager->config.background) : NULL,
        .watched = pager->alive,
        .owner = pager,
        .after_step = goes_on,
        .wake_us = look_again_us,
        .interrupt = not_for_us,
        .failed = background_has_failed,
    };
    if (loop_run(&config, &end, &err) != OK || end != LOOP_ENOUGH) {
        kill(pager->child, SIGTERM);
        waitpid(pager->child, &pager->ended, 0);
    }
    pager->is_terminated = config.stop_signal == SIGTERM;
}

static void show_held(struct pager *pager)
{
    struct error err;
    const struct fs *fs = pager->config.fs;
    if (fs_write_all(fs, STDOUT_FILENO, pager->held.at, pager->held.len, &err) != OK) {
        complain(&err);
    }
    if (pager->held_too_much > 0) {
        log_line(LOG_WARN, "%zu bytes of rows that came meanwhile are not shown",
                 pager->held_too_much);
    }
    bytebuf_release(&pager->held);
    pager->held_too_much = 0;
}

bool pager_holds(struct pager *pager, const void *at, size_t len)
{
    if (pager->child == 0) {
        return false;
    }
    if (pager->held.len + len > HELD_BYTES_MAX) {
        pager->held_too_much += len;
    } else {
        bytebuf_add(&pager->held, at, len);
    }
    return true;
}

/* False: it could not be run at all. */
static bool page(struct pager *pager)
{
    struct termios before;
    struct error err;
    int64_t start_us = clock_steady_us(clock_system());
    bool known = tcgetattr(STDIN_FILENO, &before) == 0;
    if (start(pager, &err) != OK) {
        complain(&err);
        return false;
    }
    stand_back(pager);
    pager->child = 0;
    pager->config.fs->close(pager->config.fs, pager->alive);
    if (known) { /* it may have been killed */
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    }
    pager->open_us += clock_steady_us(clock_system()) - start_us;
    int code = WIFEXITED(pager->ended) ? WEXITSTATUS(pager->ended) : 0;
    show_held(pager);
    return code != EXIT_NOT_FOUND && code != EXIT_NOT_EXECUTABLE;
}

/* ---- showing --------------------------------------------------------------------------------- */

bool pager_is_tall(const struct pager *pager)
{
    return !terminal_fits(bytebuf_slice(&pager->text), LINES_BELOW);
}

enum status pager_show(struct pager *pager, struct error *err)
{
    enum status status = OK;
    if (pager_is_full(pager)) {
        log_line(LOG_WARN, "the result goes on: its first %d MiB are shown; .once FILE takes all",
                 PAGER_BYTES_MAX >> 20);
    }
    if (!pager_is_tall(pager) || !page(pager)) {
        const struct fs *fs = pager->config.fs;
        status = fs_write_all(fs, STDOUT_FILENO, pager->text.at, pager->text.len, err);
    }
    pager_drop(pager);
    return status;
}

enum status pager_say(struct pager *pager, struct slice text, struct error *err)
{
    TRY(say(pager_fs(pager), text, err));
    return pager_show(pager, err);
}
