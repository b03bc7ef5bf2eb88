/* tail_file: one file that is followed: read as far as it goes, and again when it has grown. It is
 * kept open, so that it is the same file under any name and under none. A split is a file, and goes
 * on in it when the file was copied and cut to nothing (copytruncate): a line whose first half was
 * read before and whose second half comes after is one line.
 *
 *     TRY(tail_file_open(file, fs, err));
 *     TRY(tail_file_look(file, fs, &is_cut, err));         // size now; has it been cut?
 *     if (is_cut) { tail_file_go_on(file, fs, rest_fd, rest_end); } // or tail_file_restart(file)
 *     while (tail_file_has_bytes(file)) { TRY(tail_file_read(file, fs, at, max, &n, err)); }
 *     tail_file_free(file, fs);
 *
 * What the file held before the cut and was not read yet is in its copy: rest_fd, read up to
 * rest_end before the file itself goes on at its start. A writer without O_APPEND leaves a hole in
 * front of what it writes after a cut: NUL bytes at the start of a file are no content. */
#ifndef SOURCES_TAIL_FILE_H
#define SOURCES_TAIL_FILE_H

#include "sources/file_print.h"

#define TAIL_NO_SPLIT UINT32_MAX

enum tail_state {
    TAIL_WAITING, /* for a place among the open files */
    TAIL_OPEN,
    TAIL_HELD,     /* open, but it may be the copy of another one: see tail_set.h */
    TAIL_ENDING,   /* the end of its split is to be told */
    TAIL_DONE,     /* told; kept so that it is not found again */
    TAIL_LEFT_OUT, /* compressed, or cannot be opened */
    TAIL_GONE,     /* to be forgotten */
};

struct tail_file {
    enum tail_state state;
    char *path; /* where it is, or was when it last had a name */
    uint64_t device;
    uint64_t inode;
    int fd; /* -1 = not open */
    uint64_t at;
    uint64_t size;  /* when it was looked at */
    uint64_t limit; /* do not read beyond */
    uint64_t hole;  /* NUL bytes at its start that were skipped */
    struct file_print print;
    int rest_fd; /* -1 = none; `at` counts in it while there is one */
    uint64_t rest_end;
    /* Before the last cut: where reading had come, 0 = it was not cut, and how to know that again.
     * A line may reach from there into what the file is now. */
    uint64_t before_at;
    struct file_print before;

    uint32_t split;            /* TAIL_NO_SPLIT = nothing to read so far */
    bool announced;            /* the engine knows the split */
    bool changed;              /* is to be looked at before it is read */
    bool named;                /* the pattern finds it */
    bool moved;                /* it was renamed, or is a copy: its split ends when it is quiet */
    int64_t quiet_us;          /* steady time of its last growth, or of when it lost its name */
    struct tail_file *copy_of; /* TAIL_HELD: of this one, perhaps */
};

struct tail_file *tail_file_new(const char *path, const struct fs_stat *stat);
void tail_file_free(struct tail_file *file, const struct fs *fs); /* NULL is fine */
void tail_file_shut(struct tail_file *file, const struct fs *fs);
void tail_file_rename(struct tail_file *file, const char *path);

/* ERR_IO also if another file has the path by now. */
MUST_CHECK enum status tail_file_open(struct tail_file *file, const struct fs *fs,
                                      struct error *err);
MUST_CHECK enum status tail_file_look(struct tail_file *file, const struct fs *fs, bool *is_cut,
                                      struct error *err);
/* The file was cut, and what it was is in rest_fd, which the file closes: first the rest of that,
 * then the file from its start. */
void tail_file_go_on(struct tail_file *file, const struct fs *fs, int rest_fd, uint64_t rest_end);
/* The file is another one now, from its start. */
void tail_file_restart(struct tail_file *file);

bool tail_file_has_bytes(const struct tail_file *file);
/* *n = 0: there is less than there was; look again. */
MUST_CHECK enum status tail_file_read(struct tail_file *file, const struct fs *fs, void *at,
                                      size_t max, size_t *n, struct error *err);

/* Goes to the start of the last line that has no end yet. */
MUST_CHECK enum status tail_file_seek_end(struct tail_file *file, const struct fs *fs,
                                          struct error *err);

/* Do both begin with the same bytes, as far as the shorter one goes? */
MUST_CHECK enum status tail_file_same_start(const struct tail_file *a, const struct tail_file *b,
                                            const struct fs *fs, bool *same, struct error *err);

#endif
