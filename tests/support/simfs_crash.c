/* simfs_crash: what a disk holds after a crash; see simfs.h. */
#include "engine/base/mem.h"
#include "tests/support/simfs_parts.h"

enum keep { KEEP, DROP, HALF, ZEROS };

static bool is_of_names(enum call_kind kind)
{
    return kind == CALL_LINK || kind == CALL_RENAME || kind == CALL_UNLINK || kind == CALL_MKDIR;
}

static bool is_of_bytes(enum call_kind kind)
{
    return kind == CALL_WRITE || kind == CALL_TRUNCATE;
}

/* Whether call i is on disk for sure after the first `calls` ones. */
static bool is_synced(const struct simfs *fs, uint32_t i, uint32_t calls)
{
    const struct call *call = &fs->calls[i];
    for (uint32_t k = i + 1; k < calls; k++) {
        const struct call *later = &fs->calls[k];
        if (is_of_bytes(call->kind) && later->kind == CALL_SYNC && later->inode == call->inode) {
            return true;
        }
        if (is_of_names(call->kind) && later->kind == CALL_SYNC_DIRECTORY &&
            path_is_in(call->path, later->path)) {
            return true;
        }
    }
    return false;
}

static void build_bytes(struct bytebuf *bytes, const struct call *call, enum keep keep)
{
    if (call->kind == CALL_TRUNCATE) {
        if (keep == KEEP) {
            bytes_truncate(bytes, call->at);
        }
        return;
    }
    size_t len = keep == HALF ? call->bytes.len / 2 : call->bytes.len;
    if (keep == ZEROS) {
        uint8_t *zeros = mem_zalloc(len + 1);
        bytes_write(bytes, call->at, slice_of(zeros, len));
        mem_free(zeros);
    } else if (keep != DROP) {
        bytes_write(bytes, call->at, slice_of(call->bytes.at, len));
    }
}

static void build_names(struct names *names, const struct call *call)
{
    switch (call->kind) {
    case CALL_LINK:
        names_set(names, call->path, call->inode, false);
        break;
    case CALL_MKDIR:
        names_set(names, call->path, 0, true);
        break;
    case CALL_RENAME:
        names_remove(names, call->path);
        names_set(names, call->to, call->inode, false);
        break;
    default:
        names_remove(names, call->path);
    }
}

static bool has_directory(const struct simfs *fs, const struct names *names, const char *path)
{
    /* Only directories that were made in the trace can be missing. */
    for (uint32_t i = 0; i < fs->n_calls; i++) {
        const struct call *call = &fs->calls[i];
        if (call->kind == CALL_MKDIR && path_is_in(path, call->path)) {
            return names_find(names, call->path) >= 0;
        }
    }
    return true;
}

/* The files after `calls` calls of which those that are not synced went as `keep` says. */
static struct simfs *build(const struct simfs *fs, uint32_t calls, const enum keep *keep)
{
    struct names names = {0};
    struct bytebuf *bytes = mem_zalloc((fs->n_inodes + 1) * sizeof *bytes);
    for (uint32_t i = 0; i < fs->n_inodes; i++) {
        bytebuf_add(&bytes[i], fs->inodes[i].first.at, fs->inodes[i].first.len);
    }
    for (uint32_t i = 0; i < fs->first.n; i++) {
        names_set(&names, fs->first.at[i].path, fs->first.at[i].inode,
                  fs->first.at[i].is_directory);
    }
    for (uint32_t i = 0; i < calls; i++) {
        const struct call *call = &fs->calls[i];
        if (is_of_bytes(call->kind)) {
            build_bytes(&bytes[call->inode], call, keep == NULL ? KEEP : keep[i]);
        } else if (is_of_names(call->kind) && (keep == NULL || keep[i] != DROP)) {
            build_names(&names, call);
        }
    }
    struct simfs *out = simfs_new();
    for (uint32_t i = 0; i < names.n; i++) {
        const struct name *name = &names.at[i];
        if (name->is_directory) {
            names_set(&out->first, name->path, 0, true);
            names_set(&out->now, name->path, 0, true);
        } else if (has_directory(fs, &names, name->path)) {
            simfs_add_file(out, name->path, bytebuf_slice(&bytes[name->inode]));
            out->inodes[out->n_inodes - 1].id = fs->inodes[name->inode].id;
        }
    }
    for (uint32_t i = 0; i < fs->n_inodes; i++) {
        bytebuf_release(&bytes[i]);
    }
    out->ids = fs->ids;
    names_release(&names);
    mem_free(bytes);
    return out;
}

struct simfs *simfs_killed(const struct simfs *fs, uint32_t calls)
{
    return build(fs, calls, NULL);
}

static enum keep keep_random(const struct call *call, struct rng *rng)
{
    if (is_of_names(call->kind)) {
        return rng_once_in(rng, 2) ? KEEP : DROP;
    }
    return (enum keep)rng_below(rng, 4);
}

/* How the `n`th thing that was not synced goes. */
static enum keep keep_unsynced(const struct call *call, uint32_t n, const struct loss *loss)
{
    bool of_names = is_of_names(call->kind);
    switch (loss->kind) {
    case LOSS_NONE:
        return DROP;
    case LOSS_NAMES:
        return of_names ? KEEP : DROP;
    case LOSS_BYTES:
        return of_names ? DROP : KEEP;
    case LOSS_ONE:
        return n == loss->which ? DROP : KEEP;
    case LOSS_TORN:
        return n == loss->which ? (of_names ? DROP : HALF) : KEEP;
    case LOSS_ZERO:
        return n == loss->which ? (of_names ? DROP : ZEROS) : KEEP;
    case LOSS_RANDOM:
        return keep_random(call, loss->rng);
    }
    return KEEP;
}

static bool can_be_lost(const struct simfs *fs, uint32_t i, uint32_t calls)
{
    enum call_kind kind = fs->calls[i].kind;
    return (is_of_names(kind) || is_of_bytes(kind)) && !is_synced(fs, i, calls);
}

uint32_t simfs_n_unsynced(const struct simfs *fs, uint32_t calls)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < calls; i++) {
        n += can_be_lost(fs, i, calls);
    }
    return n;
}

struct simfs *simfs_power_loss(const struct simfs *fs, uint32_t calls, const struct loss *loss)
{
    enum keep *keep = mem_zalloc((calls + 1) * sizeof *keep);
    uint32_t n = 0;
    for (uint32_t i = 0; i < calls; i++) {
        if (can_be_lost(fs, i, calls)) {
            keep[i] = keep_unsynced(&fs->calls[i], n++, loss);
        }
    }
    struct simfs *out = build(fs, calls, keep);
    mem_free(keep);
    return out;
}

struct simfs *simfs_changed(const struct simfs *fs, const char *path, int64_t at)
{
    struct simfs *out = build(fs, fs->n_calls, NULL);
    int i = names_find(&out->now, path);
    if (i < 0 || at >= (int64_t)out->inodes[out->now.at[i].inode].now.len) {
        simfs_free(out);
        return NULL;
    }
    if (at >= 0) {
        out->inodes[out->now.at[i].inode].now.at[at] ^= 0x40;
        out->inodes[out->now.at[i].inode].first.at[at] ^= 0x40;
    } else {
        names_remove(&out->now, path);
        names_remove(&out->first, path);
    }
    return out;
}
