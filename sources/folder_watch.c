/* folder_watch: see folder_watch.h. */
#include "sources/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include "engine/base/mem.h"

enum {
    NAME_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
    GONE_EVENTS = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT,
    WANTED_EVENTS =
        NAME_EVENTS | IN_DELETE_SELF | IN_MOVE_SELF | IN_MODIFY | IN_CLOSE_WRITE | IN_ONLYDIR,
};

void folder_watch_init(struct folder_watch *watch)
{
    *watch = (struct folder_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
}

void folder_watch_release(struct folder_watch *watch)
{
    if (watch->fd >= 0) {
        close(watch->fd);
    }
    mem_free(watch->numbers);
    bytebuf_release(&watch->folders);
    *watch = (struct folder_watch){.fd = -1};
}

/* ---- which folders -------------------------------------------------------------------------- */

static const char *folder_at(const struct folder_watch *watch, uint32_t i)
{
    const char *folder = (const char *)watch->folders.at;
    for (; i > 0; i--) {
        folder += strlen(folder) + 1;
    }
    return folder;
}

static bool is_among(int number, const int *numbers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

static bool has_number(const struct folder_watch *watch, int number)
{
    return is_among(number, watch->numbers, watch->n);
}

static uint32_t count_texts(const struct bytebuf *list)
{
    uint32_t n = 0;
    for (size_t i = 0; i < list->len; i++) {
        n += list->at[i] == 0;
    }
    return n;
}

static void watch_folders(struct folder_watch *watch)
{
    const char *folder = (const char *)watch->folders.at;
    watch->is_complete = true;
    for (uint32_t i = 0; i < watch->n; i++) {
        /* The same number again for a folder that is watched already. */
        watch->numbers[i] =
            inotify_add_watch(watch->fd, *folder == 0 ? "." : folder, WANTED_EVENTS);
        watch->is_complete = watch->is_complete && watch->numbers[i] >= 0;
        folder += strlen(folder) + 1;
    }
}

bool folder_watch_set(struct folder_watch *watch, const struct bytebuf *folders)
{
    if (watch->fd < 0) {
        return false;
    }
    bool is_same = slice_equal(bytebuf_slice(folders), bytebuf_slice(&watch->folders));
    if (is_same && !has_number(watch, -1)) {
        return false;
    }
    int *old = watch->numbers;
    uint32_t n_old = watch->n;
    bytebuf_clear(&watch->folders);
    bytebuf_add(&watch->folders, folders->at, folders->len);
    watch->n = count_texts(folders);
    watch->numbers = mem_zalloc(watch->n * sizeof *watch->numbers);
    watch_folders(watch);
    for (uint32_t i = 0; i < n_old; i++) {
        if (old[i] >= 0 && !has_number(watch, old[i])) {
            inotify_rm_watch(watch->fd, old[i]);
        }
    }
    bool has_new = false;
    for (uint32_t i = 0; i < watch->n; i++) {
        has_new = has_new || (watch->numbers[i] >= 0 && !is_among(watch->numbers[i], old, n_old));
    }
    mem_free(old);
    return has_new;
}

/* ---- what happens --------------------------------------------------------------------------- */

static bool next_event(struct folder_watch *watch, const struct inotify_event **out)
{
    if (watch->at == watch->len) {
        ssize_t got = read(watch->fd, watch->events, sizeof watch->events);
        watch->at = 0;
        watch->len = got > 0 ? (size_t)got : 0;
    }
    if (watch->at == watch->len) {
        return false;
    }
    *out = (const struct inotify_event *)(watch->events + watch->at);
    watch->at += sizeof **out + (*out)->len;
    return true;
}

/* NULL for a folder that is not watched any more. */
static const char *folder_of(struct folder_watch *watch, const struct inotify_event *got)
{
    for (uint32_t i = 0; i < watch->n; i++) {
        if (watch->numbers[i] != got->wd) {
            continue;
        }
        if ((got->mask & GONE_EVENTS) != 0) {
            if ((got->mask & IN_MOVE_SELF) != 0) {
                inotify_rm_watch(watch->fd, got->wd);
            }
            watch->numbers[i] = -1;
            watch->is_complete = false;
        }
        return folder_at(watch, i);
    }
    return NULL;
}

bool folder_watch_next(struct folder_watch *watch, struct folder_event *event)
{
    const struct inotify_event *got;
    while (watch->fd >= 0 && next_event(watch, &got)) {
        const char *folder = (got->mask & IN_Q_OVERFLOW) != 0 ? NULL : folder_of(watch, got);
        if (folder == NULL && (got->mask & IN_Q_OVERFLOW) == 0) {
            continue;
        }
        *event = (struct folder_event){
            .folder = folder,
            .name = got->len > 0 ? got->name : "",
            .changed = (got->mask & IN_MODIFY) != 0,
            .closed = (got->mask & IN_CLOSE_WRITE) != 0,
            .moved_in = (got->mask & IN_MOVED_TO) != 0,
            .names_changed = (got->mask & (NAME_EVENTS | GONE_EVENTS)) != 0 || folder == NULL,
        };
        return true;
    }
    return false;
}
