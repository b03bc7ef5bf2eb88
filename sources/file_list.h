/* file_list: whole files that are read one after the other, each a split. What a source does once
 * it knows which files: read them to their ends, say where it is, and go on there after a restart.
 *
 *     file_list_init(&list, fs);
 *     TRY(file_list_resume(&list, from, err));                 // or nothing, for a new start
 *     file = file_list_add(&list, path, &stat); file_list_ready(&list, file);
 *     TRY(file_list_poll(&list, &split, &what, err));          // AGAIN: no file is ready
 *     TRY(file_list_read(&list, split, at, max, &n, err));
 *     file_list_release(&list);
 *
 * The first read of a split brings nothing: so the splits of all files that are ready are known
 * before the first row of one, and a watermark waits for all of them. Which files there are, and
 * when one is whole, is the business of others. */
#ifndef SOURCES_FILE_LIST_H
#define SOURCES_FILE_LIST_H

#include "engine/io/source.h"
#include "sources/file_print.h"
#include "sources/packed_file.h"
#include "sources/split_names.h"

enum listed_state {
    LISTED_SEEN,  /* it may still be written */
    LISTED_READY, /* whole; it has a split */
    LISTED_DONE,  /* read to its end */
    LISTED_GONE,  /* to be forgotten */
};

/* What a file is that cannot be opened or unpacked. */
enum damage_policy {
    DAMAGE_FAILS,
    DAMAGE_WARNS, /* its split ends there, the others are read */
    DAMAGE_ENDS,  /* likewise, without a word */
};

struct listed_file {
    enum listed_state state;
    char *path;
    uint64_t device;
    uint64_t inode;
    uint64_t bytes; /* on disk, when it was looked at; done: that were read */
    uint64_t at;    /* of what it holds */
    struct file_print print;
    uint32_t split;   /* LISTED_READY */
    bool announced;   /* the engine knows the split */
    bool named;       /* for who looks for files: it is still there */
    int64_t quiet_us; /* likewise: steady time of its last growth */
};

struct file_list {
    const struct fs *fs;
    enum damage_policy damage;
    uint32_t n;
    uint32_t cap;
    struct listed_file **files;
    struct split_names splits;
    uint32_t n_ready;
    uint32_t n_unannounced;
    struct packed_file *open; /* of `reading` */
    struct listed_file *reading;
    bool at_end;
    bool is_cut; /* by damage */
};

void file_list_init(struct file_list *list, const struct fs *fs);
void file_list_release(struct file_list *list);

struct listed_file *file_list_add(struct file_list *list, const char *path,
                                  const struct fs_stat *stat);
/* NULL if there is none of that path, device and inode. */
struct listed_file *file_list_find(const struct file_list *list, const char *path,
                                   const struct fs_stat *stat);
/* The file, or what has come in it since it was done, is to be read as a split of its own. */
void file_list_ready(struct file_list *list, struct listed_file *file);
/* A pipe is opened once: `open` is that file, and the list's from now on. */
void file_list_take(struct file_list *list, struct listed_file *file, struct packed_file *open);
void file_list_sweep(struct file_list *list); /* what is LISTED_GONE */

/* Of bytes before the split's first: a file that has grown goes on. Asked before its first read. */
uint64_t file_list_split_start(const struct file_list *list, uint32_t split);

MUST_CHECK enum status file_list_poll(struct file_list *list, uint32_t *split,
                                      enum source_state *what, struct error *err);
MUST_CHECK enum status file_list_read(struct file_list *list, uint32_t split, void *at, size_t max,
                                      size_t *n, struct error *err);

/* A line a file: "split=0 pos=4096 inode=131 … path=/in/a.csv"; "done=1" for those that were read.
 */
void file_list_offsets(const struct file_list *list, const uint64_t *unused, struct bytebuf *out);
/* ERR_STATE with exit code 24 if a file that was not read to its end is not there as it was. */
MUST_CHECK enum status file_list_resume(struct file_list *list, struct slice from,
                                        struct error *err);

#endif
