/* loop: see loop.h. */
#include "engine/run/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/panic.h"
#include "engine/io/interrupt.h"
#include "engine/run/job.h"

enum {
    LOOP_FDS_MAX = 64,
    LOOP_WAIT_MS_MAX = 60 * 1000,
};

/* libuv makes a descriptor that it polls non-blocking, which would reach through stdin into other
 * processes. So the job's descriptors go into an epoll set of our own, and libuv watches only that.
 */
struct loop {
    struct loop_config *config;
    uv_loop_t uv;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_signal_t signals[8];
    int epoll;
    int fds[LOOP_FDS_MAX];
    uint32_t n_fds;
    int stop_signal; /* 0 = none came */
    bool suspended;  /* stopped by SIGTSTP, and not resumed yet */
    sigset_t mask;   /* the caller's */
    bool reopen;
};

/* The first of a kind that stops leaves the default behind, so that a second one ends the process
 * also where it cannot get back to the loop: in a write that nobody reads. */
static const struct {
    int number;
    bool stops;
} loop_signals[] = {{SIGINT, true},   {SIGTERM, true},   {SIGHUP, false},  {SIGUSR1, false},
                    {SIGUSR2, false}, {SIGWINCH, false}, {SIGCONT, false}, {SIGTSTP, false}};

/* Stops as if nobody had listened, so that a parent sees the right signal. In a process group that
 * no shell watches the system does not stop anything. */
static void stop_here(struct loop *loop)
{
    struct sigaction ours;
    const struct sigaction system = {.sa_handler = SIG_DFL};
    loop->config->suspended(loop->config->owner);
    loop->suspended = true;
    sigaction(SIGTSTP, &system, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

static void go_on(struct loop *loop)
{
    loop->suspended = false;
    if (loop->config->resumed != NULL) {
        loop->config->resumed(loop->config->owner);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    switch (number) {
    case SIGHUP:
        loop->reopen = true;
        break;
    case SIGUSR2:
        if (loop->config->job != NULL) {
            job_checkpoint(loop->config->job);
        }
        break;
    case SIGUSR1:
        if (loop->config->status_dump != NULL) {
            loop->config->status_dump(loop->config->owner);
        }
        break;
    case SIGWINCH:
        if (loop->config->resized != NULL) {
            loop->config->resized(loop->config->owner);
        }
        break;
    case SIGCONT: /* behind a stop that came from somebody else, too */
        go_on(loop);
        break;
    case SIGTSTP:
        stop_here(loop);
        break;
    default:
        if (number == SIGINT && loop->config->interrupt != NULL &&
            loop->config->interrupt(loop->config->owner)) {
            break;
        }
        if (loop->stop_signal != 0) {
            if (loop->config->suspended != NULL) { /* the terminal is somebody else's */
                loop->config->suspended(loop->config->owner);
            }
            _exit(128 + number); /* asked twice, once by each: at once */
        }
        loop->stop_signal = number;
    }
}

/* libuv before 1.45 runs timers before it polls: with none left it would wait for descriptors only,
 * however long that takes. */
static void on_wake(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    uv_poll_stop(poll);
}

/* A caller who must not be ended by SIGINT between two runs keeps it blocked; what came meanwhile
 * is delivered here, where somebody listens. */
static void unblock_interrupt(struct loop *loop)
{
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, &loop->mask);
}

static enum status loop_open(struct loop *loop, struct loop_config *config, struct error *err)
{
    *loop = (struct loop){.config = config, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (loop->epoll < 0) {
        return error_set_errno(err, errno, "cannot wait for input");
    }
    int failed = uv_loop_init(&loop->uv);
    CHECK(failed == 0);
    failed = uv_poll_init(&loop->uv, &loop->poll, loop->epoll);
    CHECK(failed == 0);
    uv_timer_init(&loop->uv, &loop->timer);
    for (size_t i = 0; i < sizeof loop_signals / sizeof loop_signals[0]; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        int number = loop_signals[i].number;
        bool comes_again = number == SIGINT && config->interrupt != NULL;
        if (number == SIGTSTP && config->suspended == NULL) {
            continue;
        }
        if (loop_signals[i].stops && !comes_again) {
            uv_signal_start_oneshot(&loop->signals[i], on_signal, number);
        } else {
            uv_signal_start(&loop->signals[i], on_signal, number);
        }
    }
    unblock_interrupt(loop);
    return OK;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    uv_close(handle, NULL);
}

static void loop_close(struct loop *loop)
{
    pthread_sigmask(SIG_SETMASK, &loop->mask, NULL);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int failed = uv_loop_close(&loop->uv);
    CHECK(failed == 0);
    close(loop->epoll);
}

/* Makes the epoll set hold what the job waits for now. Returns false if a descriptor cannot be
 * waited for (a plain file): it is always ready. */
static bool loop_watch(struct loop *loop)
{
    int fds[LOOP_FDS_MAX];
    uint32_t n = 0;
    bool waits = true;
    if (loop->config->input != NULL) {
        fds[n++] = STDIN_FILENO;
    }
    if (loop->config->watched != 0) {
        fds[n++] = loop->config->watched;
    }
    if (loop->config->job != NULL) {
        n += job_wait_fds(loop->config->job, fds + n, LOOP_FDS_MAX - n);
    }
    for (uint32_t i = 0; i < loop->n_fds; i++) {
        /* A descriptor that was closed meanwhile has left the set by itself. */
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->fds[i], NULL);
    }
    loop->n_fds = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fds[i], &event) == 0) {
            loop->fds[loop->n_fds++] = fds[i];
        } else if (errno != EEXIST) {
            waits = false;
        }
    }
    return waits;
}

static uint64_t wait_ms(int64_t until_us)
{
    int64_t wait_us = until_us - clock_steady_us(clock_system());
    if (wait_us <= 0) {
        return 0;
    }
    int64_t ms = until_us == INT64_MAX ? LOOP_WAIT_MS_MAX : wait_us / US_PER_MS + 1;
    return (uint64_t)(ms < LOOP_WAIT_MS_MAX ? ms : LOOP_WAIT_MS_MAX);
}

/* Sleeps until a descriptor is readable, a signal comes, or it is `until_us` (steady time). */
static void loop_wait(struct loop *loop, int64_t until_us)
{
    uint64_t ms = loop_watch(loop) ? wait_ms(until_us) : 0;
    uv_update_time(&loop->uv); /* it has stood still during the step */
    uv_timer_start(&loop->timer, on_wake, ms, 0);
    uv_poll_start(&loop->poll, UV_READABLE, on_readable);
    uv_run(&loop->uv, UV_RUN_ONCE);
    uv_timer_stop(&loop->timer);
    uv_poll_stop(&loop->poll);
}

/* Signals that have come. Their handles keep the loop alive: without one that is, libuv would not
 * even look. */
static void loop_hear(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static int64_t loop_until_us(const struct loop_config *config, int64_t end_us)
{
    int64_t job_us = config->job != NULL ? job_wake_us(config->job) : INT64_MAX;
    int64_t owner_us = config->wake_us != NULL ? config->wake_us(config->owner) : INT64_MAX;
    int64_t until_us = job_us < owner_us ? job_us : owner_us;
    return until_us < end_us ? until_us : end_us;
}

/* Who gave `failed` is told, and the loop goes on. */
static enum status loop_failed(struct loop_config *config, enum status status, struct error *err)
{
    if (status == OK || config->failed == NULL) {
        return status;
    }
    config->job = config->failed(config->owner, err);
    return OK;
}

/* A job that is at its end waits, where the loop does not end with it. */
static enum status loop_step(struct loop_config *config, enum job_state *what, struct error *err)
{
    *what = JOB_IDLE;
    if (config->job == NULL) {
        return OK;
    }
    TRY(loop_failed(config, job_step(config->job, what, err), err));
    if (config->failed != NULL && *what == JOB_DONE) {
        *what = JOB_IDLE;
    }
    return OK;
}

/* Behind a stop SIGCONT has come; where the system did not stop anything, it has not. */
static void loop_resume(struct loop *loop)
{
    if (loop->suspended) {
        loop_hear(loop);
    }
    if (loop->suspended) {
        go_on(loop);
    }
}

static enum status loop_after_wait(struct loop *loop, struct error *err)
{
    struct loop_config *config = loop->config;
    loop_resume(loop);
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (config->input != NULL && poll(&input, 1, 0) > 0) {
        config->input(config->owner);
    }
    if (loop->reopen && config->job != NULL) {
        loop->reopen = false;
        return loop_failed(config, job_reopen(config->job, err), err);
    }
    return OK;
}

static enum status loop_turn(struct loop *loop, int64_t end_us, bool *ended, enum loop_end *end,
                             struct error *err)
{
    struct loop_config *config = loop->config;
    enum job_state what;
    TRY(loop_step(config, &what, err));
    *ended = true;
    if (config->after_step != NULL && !config->after_step(config->owner)) {
        *end = LOOP_ENOUGH;
        return OK;
    }
    if (what == JOB_DONE) {
        *end = LOOP_DONE;
        return OK;
    }
    if (what == JOB_IDLE) {
        loop_wait(loop, loop_until_us(config, end_us));
    } else {
        loop_hear(loop);
    }
    TRY(loop_after_wait(loop, err));
    *ended = loop->stop_signal != 0 || clock_steady_us(clock_system()) >= end_us;
    *end = loop->stop_signal != 0 ? LOOP_STOPPED : LOOP_TIME_UP;
    return OK;
}

/* For a sink that waits within a step: nothing of libuv runs meanwhile. */
static bool loop_is_stopped(void *owner)
{
    struct loop *loop = owner;
    loop_hear(loop);
    return loop->stop_signal != 0;
}

static void loop_lend(struct loop *loop, struct interrupt *interrupt)
{
    if (interrupt != NULL) {
        *interrupt = (struct interrupt){.is_asked = loop_is_stopped, .owner = loop};
    }
}

static void loop_take_back(struct interrupt *interrupt)
{
    if (interrupt != NULL) {
        *interrupt = (struct interrupt){.is_asked = NULL};
    }
}

/* A sink has given up waiting because the run is to end. */
static enum status loop_gave_up(const struct loop *loop, enum loop_end *end, struct error *err)
{
    if (!job_has_checkpoint(loop->config->job)) {
        return ERR_LOCKED;
    }
    log_line(LOG_WARN, "%s; the next start computes the epoch again", err->text);
    *end = LOOP_STOPPED;
    return OK;
}

enum status loop_run(struct loop_config *config, enum loop_end *end, struct error *err)
{
    struct loop loop;
    TRY(loop_open(&loop, config, err));
    int64_t end_us =
        config->for_us > 0 ? clock_steady_us(clock_system()) + config->for_us : INT64_MAX;
    enum status status = OK;
    bool ended = false;
    loop_lend(&loop, config->lent);
    while (status == OK && !ended) {
        status = loop_turn(&loop, end_us, &ended, end, err);
    }
    if (status == OK && config->failed == NULL) {
        status = job_finish(config->job, err);
    }
    if (status == ERR_LOCKED && loop.stop_signal != 0) {
        status = loop_gave_up(&loop, end, err);
    }
    config->stop_signal = loop.stop_signal;
    loop_take_back(config->lent);
    loop_close(&loop);
    return status;
}
