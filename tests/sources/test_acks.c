/* Tests of sources/acks.c: acknowledgements never run ahead of what is done, wherever the reads
 * were cut, and come to the end. */
#include "sources/acks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

/* Newest number that was acknowledged, -1 = none; all of them ascend. */
static int64_t received(int fd)
{
    char text[4096];
    ssize_t n = recv(fd, text, sizeof text, MSG_DONTWAIT);
    int64_t newest = -1;
    struct slice rest = slice_of((const uint8_t *)text, n < 0 ? 0 : (size_t)n);
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.at, '\n', rest.len);
        int64_t number;
        assert_non_null(end);
        assert_memory_equal(rest.at, "ok ", 3);
        assert_true(slice_to_i64(slice_of(rest.at + 3, (size_t)(end - rest.at) - 3), &number));
        assert_true(number > newest);
        newest = number;
        rest = slice_of(end + 1, rest.len - (size_t)(end - rest.at) - 1);
    }
    return newest;
}

static void test_never_ahead_of_what_is_done(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct rng rng;
    rng_init(&rng);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int round = 0; round < 50; round++) {
        uint8_t bytes[N];
        uint64_t lines_at[N + 1]; /* lines in the first i bytes */
        struct acks acks = {.bytes = 0};
        uint64_t line_bytes = 1 + rng_below(&rng, 40);
        lines_at[0] = 0;
        for (size_t i = 0; i < N; i++) {
            bytes[i] = rng_below(&rng, line_bytes) == 0 ? '\n' : 'x';
            lines_at[i + 1] = lines_at[i] + (bytes[i] == '\n');
        }
        uint64_t all = lines_at[N] + (bytes[N - 1] != '\n');
        uint64_t at = 0;
        uint64_t done = 0;
        int64_t said = -1;
        while (at < N) {
            uint64_t n = 1 + rng_below(&rng, 30);
            n = n < N - at ? n : N - at;
            acks_read(&acks, slice_of(bytes + at, n));
            at += n;
            if (rng_below(&rng, 4) == 0) {
                done += rng_below(&rng, at - done + 1);
                acks_done(&acks, done);
                RNG_CHECK(&rng, acks_send(&acks, ends[0]));
                int64_t newest = received(ends[1]);
                RNG_CHECK(&rng, newest == -1 || newest > said);
                said = newest > said ? newest : said;
                RNG_CHECK(&rng, said <= (int64_t)lines_at[done]);
            }
        }
        acks_end(&acks);
        RNG_CHECK(&rng, done == N || !acks_complete(&acks) || all == 0);
        acks_done(&acks, N);
        RNG_CHECK(&rng, acks_send(&acks, ends[0]));
        int64_t newest = received(ends[1]);
        said = newest > said ? newest : said;
        RNG_CHECK(&rng, acks_complete(&acks));
        RNG_CHECK(&rng, said == (int64_t)all);
    }
    close(ends[0]);
    close(ends[1]);
}

/* A sender that does not read fills its buffer; the newest number comes when there is room. */
static void test_newest_comes_when_there_is_room(void **state)
{
    (void)state;
    int ends[2];
    char drained[4096];
    struct acks acks = {.bytes = 0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    memset(drained, 'x', sizeof drained);
    while (send(ends[0], drained, sizeof drained, MSG_DONTWAIT) > 0) {
    }
    for (uint64_t i = 1; i <= 1000; i++) {
        acks_read(&acks, slice_text("x\n"));
        acks_done(&acks, 2 * i);
        assert_true(acks_send(&acks, ends[0]));
        assert_true(acks_pending(&acks));
    }
    while (recv(ends[1], drained, sizeof drained, MSG_DONTWAIT) > 0) {
    }
    assert_true(acks_send(&acks, ends[0]));
    assert_int_equal(received(ends[1]), 1000);
    close(ends[1]);
    acks_read(&acks, slice_text("x\n"));
    acks_done(&acks, 2002);
    assert_false(acks_send(&acks, ends[0]));
    close(ends[0]);
}

TEST_MAIN(cmocka_unit_test(test_never_ahead_of_what_is_done),
          cmocka_unit_test(test_newest_comes_when_there_is_room))
