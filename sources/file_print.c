/* file_print: see file_print.h. */
#include "sources/file_print.h"

#include "engine/base/hash.h"
#include "sources/offset_text.h"

/* As many bits as offset_text_find reads. */
static uint64_t hash_of(const uint8_t *at, size_t len)
{
    return hash_long(at, len) & INT64_MAX;
}

/* Up to `max` bytes at `offset`; fewer only where the file ends. */
static enum status read_at(const struct fs *fs, int fd, uint8_t *at, size_t max, uint64_t offset,
                           size_t *n, struct error *err)
{
    size_t got = 1;
    for (*n = 0; *n < max && got > 0; *n += got) {
        TRY(fs->pread(fs, fd, at + *n, max - *n, (int64_t)(offset + *n), &got, err));
    }
    return OK;
}

enum status file_print_head(struct file_print *print, const struct fs *fs, int fd, uint64_t size,
                            struct error *err)
{
    uint8_t bytes[FILE_PRINT_BYTES];
    size_t n;
    if (print->head_bytes == sizeof bytes || size <= print->head_bytes) {
        return OK;
    }
    TRY(read_at(fs, fd, bytes, sizeof bytes, 0, &n, err));
    bool is_same =
        n >= print->head_bytes &&
        (print->head_bytes == 0 || hash_of(bytes, print->head_bytes) == print->head_hash);
    if (is_same) {
        print->head_bytes = n;
        print->head_hash = hash_of(bytes, n);
    }
    return OK;
}

enum status file_print_last(struct file_print *print, const struct fs *fs, int fd, const void *at,
                            size_t n, uint64_t end, struct error *err)
{
    uint8_t bytes[FILE_PRINT_BYTES];
    size_t wanted = end < sizeof bytes ? (size_t)end : sizeof bytes;
    size_t got = 0;
    if (n < wanted) { /* a short read: what is in front of it belongs to the print too */
        TRY(read_at(fs, fd, bytes, wanted, end - wanted, &got, err));
    }
    bool is_whole = n < wanted && got == wanted;
    size_t used = is_whole ? wanted : n < wanted ? n : wanted;
    const uint8_t *from = is_whole ? bytes : (const uint8_t *)at + (n - used);
    print->last_bytes = used;
    print->last_hash = hash_of(from, used);
    print->last_end = end;
    return OK;
}

static enum status part_fits(const struct fs *fs, int fd, uint64_t begin, uint64_t len,
                             uint64_t hash, bool *fits, struct error *err)
{
    uint8_t bytes[FILE_PRINT_BYTES];
    size_t n = 0;
    if (len > 0) {
        TRY(read_at(fs, fd, bytes, (size_t)len, begin, &n, err));
    }
    *fits = n == len && (len == 0 || hash_of(bytes, n) == hash);
    return OK;
}

enum status file_print_fits(const struct file_print *print, const struct fs *fs, int fd, bool *fits,
                            struct error *err)
{
    TRY(part_fits(fs, fd, 0, print->head_bytes, print->head_hash, fits, err));
    if (*fits) {
        TRY(part_fits(fs, fd, print->last_end - print->last_bytes, print->last_bytes,
                      print->last_hash, fits, err));
    }
    return OK;
}

void file_print_write(const struct file_print *print, struct bytebuf *out)
{
    bytebuf_printf(out,
                   " head_bytes=%llu head_hash=%llu last_bytes=%llu last_hash=%llu last_end=%llu",
                   (unsigned long long)print->head_bytes, (unsigned long long)print->head_hash,
                   (unsigned long long)print->last_bytes, (unsigned long long)print->last_hash,
                   (unsigned long long)print->last_end);
}

bool file_print_read(struct slice text, struct file_print *out)
{
    struct file_print print;
    bool is_there = offset_text_find(text, "head_bytes", &print.head_bytes) &&
                    offset_text_find(text, "head_hash", &print.head_hash) &&
                    offset_text_find(text, "last_bytes", &print.last_bytes) &&
                    offset_text_find(text, "last_hash", &print.last_hash) &&
                    offset_text_find(text, "last_end", &print.last_end);
    if (!is_there || print.head_bytes > FILE_PRINT_BYTES || print.last_bytes > FILE_PRINT_BYTES ||
        print.last_bytes > print.last_end) {
        return false;
    }
    *out = print;
    return true;
}
