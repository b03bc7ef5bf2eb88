/* simfs_mutant: the trace of calls, and what a mutant makes of it; see simfs.h. */
#include <string.h>

#include "engine/base/mem.h"
#include "tests/support/simfs_parts.h"

bool simfs_is_mutated(const struct simfs *fs, enum mutant_kind kind, enum call_kind call,
                      const char *path)
{
    return fs->mutant.kind == kind && fs->mutant.call == call &&
           strstr(path, fs->mutant.file) != NULL;
}

void call_release(struct call *call)
{
    mem_free(call->path);
    mem_free(call->to);
    bytebuf_release(&call->bytes);
}

static struct call *append(struct simfs *fs)
{
    if ((fs->n_calls & (fs->n_calls - 1)) == 0) {
        size_t room = fs->n_calls == 0 ? 1 : (size_t)fs->n_calls * 2;
        fs->calls = mem_realloc(fs->calls, room * sizeof *fs->calls);
    }
    return &fs->calls[fs->n_calls++];
}

/* What was held back comes now, if the call before this one is what it was to come behind. */
static void let_go(struct simfs *fs)
{
    const struct call *last = &fs->calls[fs->n_calls - 1];
    if (fs->holds && last->kind == fs->mutant.until &&
        strstr(last->path, fs->mutant.until_file) != NULL) {
        fs->holds = false;
        *append(fs) = fs->held;
    }
}

/* A second call that is to come late takes the first one's place if it does what that would do. */
static bool is_late(struct simfs *fs, enum call_kind kind, const char *path)
{
    if (!simfs_is_mutated(fs, MUTANT_LATE, kind, path)) {
        return false;
    }
    if (fs->holds && (kind == CALL_SYNC || kind == CALL_SYNC_DIRECTORY)) {
        call_release(&fs->held);
        fs->holds = false;
    }
    return !fs->holds;
}

struct call *simfs_trace(struct simfs *fs, enum call_kind kind, uint32_t inode, const char *path)
{
    if (fs->n_calls > 0) {
        let_go(fs);
    }
    bool late = is_late(fs, kind, path);
    struct call *call = late ? &fs->held : append(fs);
    fs->holds = fs->holds || late;
    *call = (struct call){.kind = kind, .inode = inode};
    call->path = mem_text(path, strlen(path));
    return call;
}

void simfs_copy(struct simfs *fs, const char *from, const char *to)
{
    int source = names_find(&fs->now, from);
    int target = names_find(&fs->now, to);
    uint32_t old = fs->now.at[source].inode;
    if (target < 0) {
        uint32_t inode = simfs_inode_new(fs);
        names_set(&fs->now, to, inode, false);
        simfs_trace(fs, CALL_LINK, inode, to);
        target = names_find(&fs->now, to);
    }
    uint32_t inode = fs->now.at[target].inode;
    struct slice bytes = bytebuf_slice(&fs->inodes[old].now);
    simfs_trace(fs, CALL_TRUNCATE, inode, to);
    bytes_truncate(&fs->inodes[inode].now, 0);
    struct call *call = simfs_trace(fs, CALL_WRITE, inode, to);
    bytebuf_add(&call->bytes, bytes.at, bytes.len);
    bytes_write(&fs->inodes[inode].now, 0, bytes);
    simfs_trace(fs, CALL_SYNC, inode, to);
    simfs_trace(fs, CALL_UNLINK, 0, from);
    names_remove(&fs->now, from);
}
