/* replay_main: runs a fuzz target without libFuzzer: over the files named, and over changes of them
 * that a seed decides. So every build tests what fuzzing has found, and a little more.
 *
 *     fuzz_replay_csv CHANGES FILE… */
#include <stdio.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"
#include "engine/base/panic.h"
#include "tests/support/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(const char *path, struct bytebuf *out)
{
    const struct fs *fs = fs_system();
    int fd;
    size_t n = 1;
    enum status status = fs->open(fs, path, FS_READ, &fd, NULL);
    while (status == OK && n > 0) {
        status = fs->read(fs, fd, bytebuf_reserve(out, 4096), 4096, &n, NULL);
        out->len += status == OK ? n : 0;
    }
    CHECK(status == OK);
    fs->close(fs, fd);
}

/* Bytes that mean something to one format or another, so that changes hit. */
static uint8_t telling_byte(struct rng *rng)
{
    static const char bytes[] = "\n\n\r,;\"\"\\[] -:=#{}0189aZ\t\0\xef\xff";
    return (uint8_t)bytes[rng_below(rng, sizeof bytes - 1)];
}

static void change_once(struct rng *rng, struct bytebuf *bytes)
{
    size_t at = bytes->len == 0 ? 0 : rng_below(rng, bytes->len);
    size_t left = bytes->len - at;
    switch (rng_below(rng, 4)) {
    case 0: /* one more byte */
        bytebuf_add_byte(bytes, 0);
        memmove(bytes->at + at + 1, bytes->at + at, left);
        bytes->at[at] = telling_byte(rng);
        return;
    case 1: /* some fewer */
        if (left > 0) {
            size_t n = 1 + rng_below(rng, left < 8 ? left : 8);
            memmove(bytes->at + at, bytes->at + at + n, left - n);
            bytes->len -= n;
        }
        return;
    case 2: /* a stretch again */
        if (left > 0 && bytes->len < 4096) {
            size_t n = 1 + rng_below(rng, left < 40 ? left : 40);
            uint8_t *to = bytebuf_reserve(bytes, n);
            memcpy(to, bytes->at + at, n);
            bytes->len += n;
        }
        return;
    default:
        if (left > 0) {
            bytes->at[at] = telling_byte(rng);
        }
        return;
    }
}

static void run_changed(struct rng *rng, const struct bytebuf *seed)
{
    struct bytebuf bytes = {0};
    bytebuf_add(&bytes, seed->at, seed->len);
    for (uint64_t n = 1 + rng_below(rng, 8); n > 0; n--) {
        change_once(rng, &bytes);
    }
    LLVMFuzzerTestOneInput(bytes.at, bytes.len);
    bytebuf_release(&bytes);
}

static uint64_t read_number(const char *text)
{
    uint64_t number = 0;
    while (*text >= '0' && *text <= '9') {
        number = number * 10 + (uint64_t)(*text++ - '0');
    }
    return number;
}

int main(int argc, char **argv)
{
    struct rng rng;
    rng_init(&rng);
    if (argc < 3) {
        fprintf(stderr, "usage: %s CHANGES FILE…\n", argv[0]);
        return 2;
    }
    uint64_t changes = read_number(argv[1]);
    for (int i = 2; i < argc; i++) {
        struct bytebuf seed = {0};
        load(argv[i], &seed);
        LLVMFuzzerTestOneInput(seed.at, seed.len);
        for (uint64_t k = 0; k < changes; k++) {
            run_changed(&rng, &seed);
        }
        bytebuf_release(&seed);
    }
    printf("%d files, each changed %llu times\n", argc - 2, (unsigned long long)changes);
    return 0;
}
