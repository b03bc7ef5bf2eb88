/* snapshot_file: see snapshot_file.h. */
#include "engine/run/snapshot_file.h"

#include "engine/base/codec.h"
#include "engine/run/state_file.h"

enum { BLOCK_BYTES_MAX = 64 << 10, SNAPSHOT_VERSION = 1 };

/* A snapshot is as large as the state may be, and a little for each block. */
#define SNAPSHOT_BYTES_MAX ((size_t)16 << 30)

/* ---- writing ------------------------------------------------------------------------------------
 */

struct snapshot_writer {
    const struct state_dir *dir;
    int fd;
    uint64_t salt;
    struct frame frame; /* of the next block */
    struct bytebuf out;
};

static enum status put_block(struct snapshot_writer *writer, uint8_t type, struct slice payload,
                             struct error *err)
{
    writer->frame.type = type;
    writer->frame.seq++;
    writer->frame.payload = payload;
    frame_put(&writer->out, writer->salt, &writer->frame);
    TRY(fs_write_all(writer->dir->fs, writer->fd, writer->out.at, writer->out.len, err));
    bytebuf_clear(&writer->out);
    return OK;
}

static enum status put_blocks(struct snapshot_writer *writer, struct slice state, struct error *err)
{
    for (size_t at = 0; at < state.len; at += BLOCK_BYTES_MAX) {
        size_t left = state.len - at;
        size_t len = left < BLOCK_BYTES_MAX ? left : BLOCK_BYTES_MAX;
        TRY(put_block(writer, FRAME_BLOCK, slice_of(state.at + at, len), err));
    }
    struct bytebuf total = {0};
    codec_put_u64(&total, state.len);
    enum status status = put_block(writer, FRAME_META, bytebuf_slice(&total), err);
    bytebuf_release(&total);
    return status == OK ? writer->dir->fs->sync(writer->dir->fs, writer->fd, err) : status;
}

static enum status write_aside(const struct state_dir *dir, const char *path,
                               const struct frame_header *header, uint64_t epoch,
                               struct slice state, struct error *err)
{
    struct snapshot_writer writer = {
        .dir = dir,
        .salt = header->salt,
        .frame = {.epoch = epoch, .version = SNAPSHOT_VERSION},
    };
    TRY(dir->fs->open(dir->fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &writer.fd, err));
    frame_header_put(&writer.out, FRAME_FILE_SNAPSHOT, header->number, header->salt);
    enum status status = put_blocks(&writer, state, err);
    dir->fs->close(dir->fs, writer.fd);
    bytebuf_release(&writer.out);
    return status;
}

enum status snapshot_file_write(const struct state_dir *dir, uint64_t generation, uint64_t epoch,
                                struct slice state, struct error *err)
{
    struct bytebuf aside = {0};
    struct bytebuf name = {0};
    const struct frame_header header = {generation, state_dir_salt(dir, "snap", generation)};
    const char *from = state_dir_file(dir, "snap.tmp", 0, &aside);
    enum status status = write_aside(dir, from, &header, epoch, state, err);
    if (status == OK) {
        status =
            dir->fs->rename(dir->fs, from, state_dir_file(dir, "snap", generation, &name), err);
    }
    bytebuf_release(&name);
    bytebuf_release(&aside);
    return state_dir_failed(dir, status, err);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

/* Appends what is in the blocks. False if anything about them is not as it was written. */
static bool read_blocks(struct slice bytes, uint64_t salt, uint64_t *epoch, struct bytebuf *state)
{
    struct frame frame;
    size_t start = state->len;
    size_t at = FRAME_HEADER_BYTES;
    for (uint64_t seq = 1; frame_next(bytes, &at, salt, &frame) == FRAME_WHOLE; seq++) {
        if (frame.seq != seq) {
            return false;
        }
        if (frame.type == FRAME_META) {
            struct reader in = reader_of(frame.payload);
            uint64_t total = reader_u64(&in);
            *epoch = frame.epoch;
            return reader_ok(&in) && total == state->len - start && at == bytes.len;
        }
        bytebuf_add(state, frame.payload.at, frame.payload.len);
    }
    return false;
}

enum status snapshot_file_read(const struct state_dir *dir, uint64_t generation, uint64_t *epoch,
                               struct bytebuf *state, struct error *err)
{
    const struct state_file file = {FRAME_FILE_SNAPSHOT, generation, SNAPSHOT_BYTES_MAX};
    struct bytebuf bytes = {0};
    struct frame_header header;
    size_t start = state->len;
    uint64_t end;
    TRY(state_file_read(dir, &file, &bytes, &header, err));
    bool whole = read_blocks(bytebuf_slice(&bytes), header.salt, &end, state);
    bytebuf_release(&bytes);
    if (!whole) {
        state->len = start;
        return state_file_damaged(dir, &file, "it is damaged", err);
    }
    *epoch = end;
    return OK;
}
