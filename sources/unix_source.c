/* unix_source: unix:/path, a stream socket in the file system that reads what local clients send.
 * The file is made with mode 0600, so only its owner (and root) can connect, and taken away at the
 * end. A socket file that a process left when it was killed is replaced; one that somebody still
 * listens at is not, and neither is any other file. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "sources/server.h"
#include "sources/sources.h"

enum { FILE_MODE = 0600 };

struct unix_source {
    struct server server; /* first member */
    const struct fs *fs;
    char *path;
    struct fs_stat made; /* the file, if there is one of ours */
    bool is_made;
};

static struct unix_source *unix_of(struct source *source)
{
    return (struct unix_source *)source;
}

/* Takes the file away if it is still the one that was made here. */
static void remove_file(struct unix_source *local)
{
    struct fs_stat now;
    struct error err;
    bool is_ours = local->is_made && local->fs->stat(local->fs, local->path, &now, &err) == OK &&
                   now.inode == local->made.inode && now.device == local->made.device;
    if (is_ours && local->fs->unlink(local->fs, local->path, &err) != OK) {
        log_line(LOG_WARN, "%s", err.text);
    }
}

static void unix_close(struct source *source)
{
    struct unix_source *local = unix_of(source);
    remove_file(local);
    server_release(&local->server);
    mem_free(local->path);
    mem_free(local);
}

static enum status make_address(const char *path, struct sockaddr_un *out, struct error *err)
{
    size_t len = strlen(path);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0) {
        return error_set(err, ERR_OPTION, "unix: needs a path, as in unix:/run/tailrace.sock");
    }
    if (len >= sizeof out->sun_path) {
        return error_set(err, ERR_OPTION, "the path of a socket has at most %zu bytes, \"%s\" %zu",
                         sizeof out->sun_path - 1, path, len);
    }
    memcpy(out->sun_path, path, len + 1);
    return OK;
}

/* Somebody answers at the address. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                             errno != ECONNREFUSED);
    if (fd >= 0) {
        close(fd);
    }
    return alive;
}

/* Makes way for the socket file. */
static enum status remove_stale(struct unix_source *local, const struct sockaddr_un *address,
                                struct error *err)
{
    struct fs_stat stat;
    struct error none;
    if (local->fs->stat(local->fs, local->path, &stat, &none) != OK) {
        return OK; /* there is none, or bind will say what is wrong */
    }
    if (!stat.is_socket) {
        error_set(err, ERR_IO, "\"%s\" is there and no socket", local->path);
        error_hint(err, "give unix: a path of its own");
        return ERR_IO;
    }
    if (is_alive(address)) {
        return error_set(err, ERR_IO, "another process listens at \"%s\"", local->path);
    }
    return local->fs->unlink(local->fs, local->path, err);
}

/* Linux gives the file the mode of the socket, less the umask: it never has another one. */
static enum status bind_path(struct unix_source *local, const struct sockaddr_un *address, int fd,
                             struct error *err)
{
    if (fchmod(fd, FILE_MODE) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        return error_set_errno(err, errno, "cannot listen at \"%s\"", local->path);
    }
    TRY(local->fs->stat(local->fs, local->path, &local->made, err));
    local->is_made = true;
    if (listen(fd, SOCKET_BACKLOG) != 0) {
        return error_set_errno(err, errno, "cannot listen at \"%s\"", local->path);
    }
    return OK;
}

static enum status unix_setup(struct unix_source *local, const struct source_config *config,
                              struct error *err)
{
    struct sockaddr_un address;
    TRY(make_address(local->path, &address, err));
    TRY(remove_stale(local, &address, err));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return error_set_errno(err, errno, "cannot make a socket for \"%s\"", local->path);
    }
    enum status status = bind_path(local, &address, fd, err);
    if (status != OK) {
        close(fd);
        return status;
    }
    return server_start(&local->server, config, fd, err);
}

static enum status unix_open(const struct source_config *config, struct source **out,
                             struct error *err)
{
    struct unix_source *local = mem_zalloc(sizeof *local);
    server_init(&local->server, &unix_source_kind, config);
    local->fs = config->fs;
    local->path = mem_text(config->uri->path.at, config->uri->path.len);
    enum status status = unix_setup(local, config, err);
    if (status != OK) {
        unix_close(&local->server.base);
        return status;
    }
    *out = &local->server.base;
    return OK;
}

static const struct option_spec unix_options[] = {SERVER_OPTIONS, {0}};

const struct source_kind unix_source_kind = {
    .scheme = "unix",
    .summary = "listens at a socket file and reads what local clients send",
    .flags = SOURCE_PARTITIONED | SOURCE_FINITE,
    .options = unix_options,
    .open = unix_open,
    .flags_of = server_flags,
    .poll = server_poll,
    .read = server_read,
    .wait_fd = server_wait_fd,
    .wake_us = server_wake_us,
    .n_splits = server_n_splits,
    .split_name = server_split_name,
    .total_bytes = server_total_bytes,
    .done = server_done,
    .close = unix_close,
};
