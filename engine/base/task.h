/* task: work that a thread does beside the one that started it. They share what the caller hands
 * over, and nothing else until the task has ended.
 *
 *     struct task task = {0};
 *     task_start(&task, work, owner);           // work(owner) in a thread of its own
 *     if (task_has_ended(&task)) { … }          // never waits
 *     task_join(&task);                         // waits; what it wrote is there
 *
 * Signals are for the thread that started it. */
#ifndef ENGINE_BASE_TASK_H
#define ENGINE_BASE_TASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Zero is none. */
struct task {
    void (*work)(void *owner);
    void *owner;
    pthread_t thread;
    bool is_there;
    atomic_bool has_ended;
};

/* If the system has no thread left, the work is done here and now. */
void task_start(struct task *task, void (*work)(void *owner), void *owner);
bool task_has_ended(struct task *task);
/* Nothing if there is none. */
void task_join(struct task *task);

#endif
