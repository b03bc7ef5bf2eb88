/* simfs_parts: the inside of simfs: simfs.c has the calls, simfs_crash.c what a crash leaves. */
#ifndef TESTS_SUPPORT_SIMFS_PARTS_H
#define TESTS_SUPPORT_SIMFS_PARTS_H

#include "tests/support/simfs.h"

enum { HANDLES_MAX = 256 };

struct call {
    enum call_kind kind;
    uint32_t inode;
    char *path; /* of the file; RENAME: the old name */
    char *to;   /* RENAME */
    size_t at;
    struct bytebuf bytes;
};

struct inode {
    uint64_t id;          /* the same in what a crash leaves */
    struct bytebuf first; /* when the trace began: on disk */
    struct bytebuf now;
};

struct name {
    char *path;
    uint32_t inode;
    bool is_directory;
};

struct names {
    struct name *at;
    uint32_t n;
};

struct handle {
    bool is_open;
    bool appends;
    uint32_t inode;
    size_t at;
    char *path;
};

struct simfs {
    struct fs fs;
    struct names first;
    struct names now;
    struct inode *inodes;
    uint32_t n_inodes;
    uint64_t ids; /* given so far */
    struct call *calls;
    uint32_t n_calls;
    struct handle handles[HANDLES_MAX];
    struct fault fault;
    uint32_t n_faultable;
    bool fired;
    struct mutant mutant;
    bool holds;       /* of LATE */
    struct call held; /* what is to come later */
};

uint32_t simfs_inode_new(struct simfs *fs);

/* True if the mutant does that in place of such a call. */
bool simfs_is_mutated(const struct simfs *fs, enum mutant_kind kind, enum call_kind call,
                      const char *path);
/* A call was made. What else is to be known of it may be filled in until the next. */
struct call *simfs_trace(struct simfs *fs, enum call_kind kind, uint32_t inode, const char *path);
/* A rename that is none: `from` is written over `to`. */
void simfs_copy(struct simfs *fs, const char *from, const char *to);
void call_release(struct call *call);

int names_find(const struct names *names, const char *path);
void names_set(struct names *names, const char *path, uint32_t inode, bool is_directory);
void names_remove(struct names *names, const char *path);
void names_release(struct names *names);

/* A hole reads as zeros. */
void bytes_write(struct bytebuf *file, size_t at, struct slice bytes);
void bytes_truncate(struct bytebuf *file, size_t len);

/* True if `directory` is the one that `path` lies in. */
bool path_is_in(const char *path, const char *directory);
/* Puts a file there as if it had always been. */
void simfs_add_file(struct simfs *fs, const char *path, struct slice bytes);

#endif
