/* task: see task.h. */
#include "engine/base/task.h"

#include <signal.h>
#include <stddef.h>

static void *run(void *argument)
{
    struct task *task = argument;
    task->work(task->owner);
    atomic_store(&task->has_ended, true);
    return NULL;
}

void task_start(struct task *task, void (*work)(void *owner), void *owner)
{
    sigset_t all;
    sigset_t before;
    task->work = work;
    task->owner = owner;
    atomic_store(&task->has_ended, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    task->is_there = pthread_create(&task->thread, NULL, run, task) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!task->is_there) {
        run(task);
    }
}

bool task_has_ended(struct task *task)
{
    return atomic_load(&task->has_ended);
}

void task_join(struct task *task)
{
    if (task->is_there) {
        pthread_join(task->thread, NULL);
        task->is_there = false;
    }
}
