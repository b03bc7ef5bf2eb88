/* udp_source: see udp_source.h. All datagrams are one split; one that does not end with a line end
 * gets one, so that lines of two senders are never glued together. Nothing holds a sender of
 * datagrams back: what comes while the system's buffer is full is lost, and the system counts it
 * (SO_RXQ_OVFL). Datagrams from outside allow= are counted and said, not read. */
#include "sources/udp_source.h"

#include <errno.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sources/gate.h"
#include "sources/sources.h"

enum {
    DATAGRAM_BYTES_MAX = 65536, /* more than an IP packet can carry */
    RECEIVE_BUFFER_MAX = 1 << 30,
};

#define RECEIVE_BUFFER_DEFAULT (INT64_C(4) << 20)
#define REFUSALS_SAY_US        (10 * US_PER_SECOND)

struct udp_source {
    struct source base;
    const struct clock *clock;
    struct gate gate;
    char *name; /* as written */
    int fd;
    uint16_t port;
    bool once;
    bool maybe_more;
    bool told_end;
    uint64_t n_lost;  /* in the system's buffer */
    uint32_t counted; /* the system's counter, which wraps */
    uint64_t n_refused;
    int64_t say_refused_us; /* steady: when the next line about them may be said */
    uint8_t *datagram;      /* DATAGRAM_BYTES_MAX and a line end */
    size_t begin;           /* what of it is not given yet */
    size_t end;
};

static struct udp_source *udp_of(struct source *source)
{
    return (struct udp_source *)source;
}

static const struct udp_source *udp_const(const struct source *source)
{
    return (const struct udp_source *)source;
}

uint16_t udp_source_port(const struct source *source)
{
    CHECK(source->kind == &udp_source_kind);
    return udp_const(source)->port;
}

/* ---- open, close ----------------------------------------------------------------------------- */

static void udp_close(struct source *source)
{
    struct udp_source *udp = udp_of(source);
    if (udp->fd >= 0) {
        close(udp->fd);
    }
    gate_release(&udp->gate);
    mem_free(udp->datagram);
    mem_free(udp->name);
    mem_free(udp);
}

static enum status udp_setup(struct udp_source *udp, const struct source_config *config,
                             struct error *err)
{
    int64_t buffer;
    TRY(options_bytes(config->options, "receive_buffer", RECEIVE_BUFFER_DEFAULT, &buffer, err));
    if (buffer < 1 || buffer > RECEIVE_BUFFER_MAX) {
        return error_set(err, ERR_OPTION, "option receive_buffer is not between 1 and 1GiB");
    }
    TRY(gate_init(&udp->gate, config, err));
    return socket_datagrams(&udp->gate.address, (int)buffer, &udp->fd, &udp->port, err);
}

static enum status udp_open(const struct source_config *config, struct source **out,
                            struct error *err)
{
    struct udp_source *udp = mem_zalloc(sizeof *udp);
    udp->base.kind = &udp_source_kind;
    udp->clock = config->clock;
    udp->once = config->once;
    udp->fd = -1;
    udp->maybe_more = true;
    udp->name = mem_text(config->uri->text.at, config->uri->text.len);
    udp->datagram = mem_alloc(DATAGRAM_BYTES_MAX + 1);
    enum status status = udp_setup(udp, config, err);
    if (status != OK) {
        udp_close(&udp->base);
        return status;
    }
    *out = &udp->base;
    return OK;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* The system says its counter with each datagram that comes after a loss. */
static void count_lost(struct udp_source *udp, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        uint32_t counted;
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&counted, CMSG_DATA(part), sizeof counted);
            udp->n_lost += counted - udp->counted;
            udp->counted = counted;
        }
    }
}

static void refuse(struct udp_source *udp, const struct socket_address *peer)
{
    int64_t now_us = clock_steady_us(udp->clock);
    udp->n_refused++;
    if (now_us >= udp->say_refused_us) {
        char name[SOCKET_NAME_BYTES];
        socket_name(peer, name);
        log_line(LOG_WARN, "%s refuses %s: not in allow= (%llu datagrams so far)", udp->name, name,
                 (unsigned long long)udp->n_refused);
        udp->say_refused_us = now_us + REFUSALS_SAY_US;
    }
}

/* False: none is there. A refused or empty one leaves nothing to give. */
static bool receive(struct udp_source *udp)
{
    struct socket_address peer = {.len = 0};
    _Alignas(struct cmsghdr) uint8_t control[64];
    struct iovec part = {.iov_base = udp->datagram, .iov_len = DATAGRAM_BYTES_MAX};
    struct msghdr message = {
        .msg_name = &peer.at,
        .msg_namelen = sizeof peer.at,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    ssize_t got = recvmsg(udp->fd, &message, MSG_DONTWAIT);
    udp->begin = udp->end = 0;
    if (got < 0) {
        return errno == EINTR;
    }
    count_lost(udp, &message);
    if (!gate_lets_in(&udp->gate, &peer)) {
        refuse(udp, &peer);
        return true;
    }
    udp->end = (size_t)got;
    if (got > 0 && udp->datagram[got - 1] != '\n') {
        udp->datagram[udp->end++] = '\n';
    }
    return true;
}

static enum status udp_read(struct source *source, uint32_t split, void *at, size_t max, size_t *n,
                            struct error *err)
{
    (void)err;
    (void)split;
    struct udp_source *udp = udp_of(source);
    uint8_t *out = at;
    *n = 0;
    while (*n < max && (udp->begin < udp->end || receive(udp))) {
        size_t left = udp->end - udp->begin;
        size_t some = left < max - *n ? left : max - *n;
        memcpy(out + *n, udp->datagram + udp->begin, some);
        udp->begin += some;
        *n += some;
    }
    udp->maybe_more = *n == max;
    return OK;
}

static enum status udp_poll(struct source *source, uint32_t *split, enum source_state *what,
                            struct error *err)
{
    (void)err;
    struct udp_source *udp = udp_of(source);
    *split = 0;
    if (udp->maybe_more || socket_is_readable(udp->fd)) {
        *what = SOURCE_MORE;
    } else if (udp->once) {
        *what = udp->told_end ? SOURCE_DONE : SOURCE_ENDED;
        udp->told_end = true;
    } else {
        *what = SOURCE_AGAIN;
    }
    return OK;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned udp_flags(const struct source *source)
{
    return udp_const(source)->once ? SOURCE_FINITE : 0;
}

static int udp_wait_fd(const struct source *source)
{
    return udp_const(source)->fd;
}

static int64_t udp_wake_us(const struct source *source)
{
    (void)source;
    return INT64_MAX;
}

static uint32_t udp_n_splits(const struct source *source)
{
    (void)source;
    return 1;
}

static const char *udp_split_name(const struct source *source, uint32_t split)
{
    (void)split;
    return udp_const(source)->name;
}

static int64_t udp_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

static uint64_t udp_n_lost(const struct source *source)
{
    return udp_const(source)->n_lost;
}

static const struct option_spec udp_options[] = {
    GATE_OPTIONS,
    {"receive_buffer", OPTION_BYTES, "4MiB",
     "for what waits to be read; the system may grant less (net.core.rmem_max)"},
    {0},
};

const struct source_kind udp_source_kind = {
    .scheme = "udp-listen",
    .summary = "listens at address:port for datagrams of lines",
    .flags = SOURCE_FINITE,
    .options = udp_options,
    .open = udp_open,
    .flags_of = udp_flags,
    .poll = udp_poll,
    .read = udp_read,
    .wait_fd = udp_wait_fd,
    .wake_us = udp_wake_us,
    .n_splits = udp_n_splits,
    .split_name = udp_split_name,
    .total_bytes = udp_total_bytes,
    .n_lost = udp_n_lost,
    .close = udp_close,
};
