/* lock_holder: see lock_holder.h. */
#include "sinks/lock_holder.h"

#include "engine/base/textbuf.h"

enum {
    WAL_WRITE_BYTE = 120, /* sqlite: UNIX_SHM_BASE + WAL_WRITE_LOCK */
    LOCKS_BYTES_MAX = 1 << 20,
    READ_BYTES = 4096,
};

/* "1: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120" */
enum { WORD_KIND = 1, WORD_MODE = 3, WORD_PROCESS, WORD_FILE, WORD_FROM, WORD_TO, WORDS };

static uint32_t split_words(struct slice line, struct slice *words)
{
    uint32_t n = 0;
    while (n < WORDS && (line = slice_trim(line)).len > 0) {
        size_t len = 0;
        while (len < line.len && !ascii_is_space(line.at[len])) {
            len++;
        }
        words[n++] = slice_of(line.at, len);
        line = slice_of(line.at + len, line.len - len);
    }
    return n;
}

static bool is_inode(struct slice file, uint64_t inode)
{
    size_t at = file.len;
    while (at > 0 && file.at[at - 1] != ':') {
        at--;
    }
    int64_t number;
    return slice_to_i64(slice_of(file.at + at, file.len - at), &number) &&
           (uint64_t)number == inode;
}

/* The process whose lock the line tells of, 0 if it is not the one that is asked for. */
static int64_t holder_of_line(struct slice line, uint64_t inode)
{
    struct slice words[WORDS];
    int64_t process;
    int64_t from;
    int64_t to;
    if (split_words(line, words) < WORDS || !slice_equal(words[WORD_KIND], slice_text("POSIX")) ||
        !slice_equal(words[WORD_MODE], slice_text("WRITE")) || !is_inode(words[WORD_FILE], inode) ||
        !slice_to_i64(words[WORD_PROCESS], &process) || !slice_to_i64(words[WORD_FROM], &from) ||
        !slice_to_i64(words[WORD_TO], &to)) {
        return 0;
    }
    return from <= WAL_WRITE_BYTE && to >= WAL_WRITE_BYTE ? process : 0;
}

int64_t lock_holder_find(struct slice locks, uint64_t inode)
{
    int64_t process = 0;
    while (locks.len > 0 && process == 0) {
        const uint8_t *end = memchr(locks.at, '\n', locks.len);
        size_t len = end != NULL ? (size_t)(end - locks.at) : locks.len;
        process = holder_of_line(slice_of(locks.at, len), inode);
        len += end != NULL;
        locks = slice_of(locks.at + len, locks.len - len);
    }
    return process;
}

static bool read_text(const struct fs *fs, const char *path, struct bytebuf *out)
{
    int fd;
    struct error err;
    if (fs->open(fs, path, FS_READ, &fd, &err) != OK) {
        return false;
    }
    size_t n = 0;
    enum status status;
    do {
        status = fs->read(fs, fd, bytebuf_reserve(out, READ_BYTES), READ_BYTES, &n, &err);
        out->len += status == OK ? n : 0;
    } while (status == OK && n > 0 && out->len < LOCKS_BYTES_MAX);
    fs->close(fs, fd);
    return status == OK;
}

static int64_t find_holder(const struct fs *fs, const char *path)
{
    struct bytebuf text = {0};
    struct fs_stat stat;
    struct error err;
    int64_t process = 0;
    bytebuf_printf(&text, "%s-shm", path);
    bool found = fs->stat(fs, bytebuf_text(&text), &stat, &err) == OK;
    bytebuf_clear(&text);
    if (found && read_text(fs, "/proc/locks", &text)) {
        process = lock_holder_find(bytebuf_slice(&text), stat.inode);
    }
    bytebuf_release(&text);
    return process;
}

void lock_holder_print(struct bytebuf *out, const struct fs *fs, const char *path)
{
    int64_t process = find_holder(fs, path);
    if (process <= 0) {
        bytebuf_add_text(out, "another connection");
        return;
    }
    struct bytebuf text = {0};
    struct bytebuf name = {0};
    bytebuf_printf(&text, "/proc/%lld/comm", (long long)process);
    if (read_text(fs, bytebuf_text(&text), &name) && name.len > 0) {
        textbuf_escaped(out, slice_trim(bytebuf_slice(&name)));
        bytebuf_printf(out, " (process %lld)", (long long)process);
    } else {
        bytebuf_printf(out, "process %lld", (long long)process);
    }
    bytebuf_release(&text);
    bytebuf_release(&name);
}
