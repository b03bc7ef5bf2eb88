/* reading: opens a source by its URI and writes down what it says: "0:bytes" for what was read of
 * split 0, "0." when that split ends, "0/" when it is cut, "!" when the source is done; nothing for
 * AGAIN. The clock is
 * a hand clock.
 *
 *     struct reading r;
 *     reading_init(&r);
 *     assert_int_equal(reading_open(&r, &file_source_kind, "file:a.csv"), OK);
 *     assert_string_equal(reading_until_again(&r, 4096), "0:a,b\n0.!");
 *     reading_release(&r);
 */
#ifndef TESTS_SOURCES_READING_H
#define TESTS_SOURCES_READING_H

#include <poll.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/io/source.h"

struct reading {
    struct arena arena;
    struct options options;
    struct uri uri;
    struct source_config config;
    struct source *source;
    struct error err;
    struct hand_clock clock;
    struct bytebuf log;
    struct bytebuf offsets;
    enum source_state last;
};

static inline void reading_init(struct reading *r)
{
    *r = (struct reading){0};
    arena_init(&r->arena);
    hand_clock_init(&r->clock, 1000000);
    r->config = (struct source_config){
        .uri = &r->uri,
        .options = &r->options,
        .fs = fs_system(),
        .clock = &r->clock.clock,
    };
}

/* Checks the options as the planner does. */
static inline enum status reading_open(struct reading *r, const struct source_kind *kind,
                                       const char *uri)
{
    source_close(r->source);
    r->source = NULL;
    options_init(&r->options, &r->arena);
    TRY(uri_parse(&r->arena, slice_text(uri), &r->uri, &r->options, &r->err));
    TRY(options_check(&r->options, &kind->options, 1, "source", &r->err));
    return source_open(kind, &r->config, &r->source, &r->err);
}

/* One poll and, if there is something, one read. */
static inline enum source_state reading_step(struct reading *r, size_t max)
{
    uint32_t split;
    size_t n;
    uint8_t *room = mem_alloc(max);
    enum status status = source_poll(r->source, &split, &r->last, &r->err);
    CHECK(status == OK);
    switch (r->last) {
    case SOURCE_MORE:
        status = source_read(r->source, split, room, max, &n, &r->err);
        CHECK(status == OK);
        if (n > 0) {
            bytebuf_printf(&r->log, "%u:", split);
            bytebuf_add(&r->log, room, n);
        }
        break;
    case SOURCE_ENDED:
        bytebuf_printf(&r->log, "%u.", split);
        break;
    case SOURCE_CUT:
        bytebuf_printf(&r->log, "%u/", split);
        break;
    case SOURCE_DONE:
        bytebuf_add_text(&r->log, "!");
        break;
    case SOURCE_AGAIN:
        break;
    }
    mem_free(room);
    return r->last;
}

/* What it says up to the next AGAIN or its end, with reads of at most `max` bytes. */
static inline const char *reading_until_again(struct reading *r, size_t max)
{
    bytebuf_clear(&r->log);
    do {
        reading_step(r, max);
    } while (r->last != SOURCE_AGAIN && r->last != SOURCE_DONE);
    return bytebuf_text(&r->log);
}

/* Goes on until `text` has been said, waiting for the descriptor and moving the clock on to when
 * the source wants to wake. False if nothing more comes within 10 s. */
static inline bool reading_expect(struct reading *r, const char *text)
{
    bytebuf_clear(&r->log);
    while (strcmp(bytebuf_text(&r->log), text) != 0) {
        if (r->log.len > strlen(text)) {
            return false;
        }
        if (reading_step(r, 4096) != SOURCE_AGAIN) {
            continue;
        }
        struct pollfd wanted = {.fd = source_wait_fd(r->source), .events = POLLIN};
        int64_t wake_us = source_wake_us(r->source);
        bool is_timed = wake_us != INT64_MAX;
        if (poll(&wanted, 1, is_timed ? 20 : 10000) == 0) {
            if (!is_timed) {
                return false;
            }
            r->clock.at_us = r->clock.at_us > wake_us ? r->clock.at_us : wake_us;
        }
    }
    return true;
}

static inline const char *reading_offsets(struct reading *r, const uint64_t *unused)
{
    bytebuf_clear(&r->offsets);
    source_offsets(r->source, unused, &r->offsets);
    return bytebuf_text(&r->offsets);
}

/* Closes the source and opens it again where `offsets` says. */
static inline enum status reading_resume(struct reading *r, const struct source_kind *kind,
                                         const char *uri, const char *offsets)
{
    r->config.from = arena_copy(&r->arena, slice_text(offsets));
    return reading_open(r, kind, uri);
}

static inline void reading_release(struct reading *r)
{
    source_close(r->source);
    bytebuf_release(&r->log);
    bytebuf_release(&r->offsets);
    arena_release(&r->arena);
}

#endif
