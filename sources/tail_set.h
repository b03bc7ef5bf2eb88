/* tail_set: the files that a pattern names, through rotation. What happens to a file and what that
 * means:
 *
 *     it grows                           more bytes of its split
 *     it is renamed or deleted           it is read until nothing has come for rotate_wait; then
 *                                        its split ends. If it grows all the same, that is a split
 *                                        of its own
 *     another file has its name          a split of its own, from its start
 *     it is cut, and a copy is beside it its split goes on at its start (copytruncate); what was
 *                                        not read before is read from the copy
 *     it is cut, and there is no copy    its split ends; a split of its own, from its start
 *     a copy of it appears               held back, as it begins with the same bytes and its name
 *                                        is a longer one, until the file is cut, the copy differs,
 *                                        or rotate_wait is over: then it is a file of its own
 *     any of this while nobody read      the same, found out from inode, size and print
 *
 *     tail_set_init(&set, fs, pattern);
 *     TRY(tail_set_start(&set, from, now_us, err));
 *     TRY(tail_set_scan(&set, now_us, err));                 // names may have changed
 *     for (each file of set.files) { if (file->changed) { TRY(tail_set_look(…)); } }
 *     tail_set_sweep(&set);                                  // files that are TAIL_GONE
 *     tail_set_release(&set);
 */
#ifndef SOURCES_TAIL_SET_H
#define SOURCES_TAIL_SET_H

#include "sources/path_glob.h"
#include "sources/split_names.h"
#include "sources/tail_file.h"

struct tail_set {
    const struct fs *fs;
    struct path_glob glob;
    bool once;     /* files end at the size they have at the start */
    bool from_end; /* files that are there at the start are read from their end */
    int64_t rotate_wait_us;
    uint32_t open_max; /* further files wait until another one has ended */

    bool started;
    bool told_full;
    uint32_t n;
    uint32_t cap;
    uint32_t n_open;
    struct tail_file **files;
    struct split_names splits; /* path that each file had first */
};

void tail_set_init(struct tail_set *set, const struct fs *fs, struct slice pattern);
void tail_set_release(struct tail_set *set);

/* `from`: what tail_set_offsets wrote, or empty. ERR_IO if the folder or, with `once`, the file is
 * not there; ERR_STATE if `from` is no such text. */
MUST_CHECK enum status tail_set_start(struct tail_set *set, struct slice from, int64_t now_us,
                                      struct error *err);
MUST_CHECK enum status tail_set_scan(struct tail_set *set, int64_t now_us, struct error *err);
MUST_CHECK enum status tail_set_look(struct tail_set *set, struct tail_file *file, int64_t now_us,
                                     struct error *err);

/* Opens files that waited for a place. */
MUST_CHECK enum status tail_set_open_waiting(struct tail_set *set, int64_t now_us,
                                             struct error *err);

/* The end of a file's split was told, or it has none: it is closed, and done or gone. */
void tail_set_drop(struct tail_set *set, struct tail_file *file);
void tail_set_sweep(struct tail_set *set);

/* Something will happen to a file by time alone. */
bool tail_set_is_restless(const struct tail_set *set);

/* One line a file: "split=0 pos=4096 inode=131 … path=/var/log/a.log", control bytes and % of the
 * path as %XX. */
void tail_set_offsets(const struct tail_set *set, const uint64_t *unused, struct bytebuf *out);

/* ---- for tail_resume.c and tail_copy.c ------------------------------------------------------ */

/* A new file at the end of set->files. */
struct tail_file *tail_set_add(struct tail_set *set, const char *path, const struct fs_stat *stat);
/* NULL if it is not there. */
struct tail_file *tail_set_find(const struct tail_set *set, const struct fs_stat *stat);
MUST_CHECK enum status tail_set_open(struct tail_set *set, struct tail_file *file,
                                     struct error *err);
/* A split without a file, whose end is to be told. */
struct tail_file *tail_set_add_ending(struct tail_set *set, uint32_t split, const char *path);

/* Takes up what `from` says. */
MUST_CHECK enum status tail_set_resume(struct tail_set *set, struct slice from, int64_t now_us,
                                       struct error *err);

/* A copy of what a file was. */
struct tail_copy {
    struct bytebuf path;
    struct fs_stat stat;
    int fd;         /* -1 = there is none */
    bool is_newest; /* no name says that the file was copied again after it */
};
/* Looks beside file->path, by print. */
MUST_CHECK enum status tail_set_find_copy(struct tail_set *set, const struct tail_file *file,
                                          struct tail_copy *copy, struct error *err);
/* `file` was cut: what was not read is read from its copy. Without one (*has_copy false) nothing is
 * done. If the file was copied several times, its split ends with the copy. */
MUST_CHECK enum status tail_set_take_copy(struct tail_set *set, struct tail_file *file,
                                          int64_t now_us, bool *has_copy, struct error *err);
/* Files that are held back as copies of it are files of their own. */
void tail_set_free_held(struct tail_set *set, const struct tail_file *of);
/* Holds a new open file back if it may be a copy that is being made. */
void tail_set_hold(struct tail_set *set, struct tail_file *file, int64_t now_us);
MUST_CHECK enum status tail_set_look_held(struct tail_set *set, struct tail_file *file,
                                          int64_t now_us, struct error *err);

#endif
