/* dated_parts: the files that a dated_file sink has begun and not sealed yet.
 *
 *     dated_parts_init(&parts, &config, folders_from);
 *     part = dated_parts_find(&parts, start);
 *     part = part != NULL ? part : dated_parts_begin(&parts, name, start, end);
 *     TRY(dated_parts_write(&parts, part, batch, err));
 *     TRY(dated_parts_commit(&parts, newest, err));      // parts that end by then are full
 *     TRY(dated_parts_seal(&parts, epoch, err));         // those that were full in that epoch
 *     dated_parts_release(&parts);
 */
#ifndef SINKS_DATED_PARTS_H
#define SINKS_DATED_PARTS_H

#include "engine/io/sink.h"
#include "sinks/name_pattern.h"

/* Parts with a descriptor; the others are opened again when rows come. */
enum { DATED_FILES_OPEN = 64 };

struct dated_part {
    char *path;       /* under which it will be sealed */
    int64_t start_us; /* of its period; TIME_NONE: rows without a time */
    int64_t end_us;
    struct sink *sink;       /* NULL: not open */
    struct bytebuf position; /* of the sink after its last commit, empty = it had none */
    uint64_t used;           /* when it was last written to: the oldest is closed first */
    uint64_t full_epoch;     /* it was full at the end of that epoch; 0 = rows may come */
};

struct dated_parts {
    struct arena life;
    struct sink_config config; /* of the file sinks */
    struct options none;
    struct uri uri;
    uint32_t n_max;      /* begun and not sealed; set by the owner */
    size_t folders_from; /* byte of a path from which on its folders are made */
    struct dated_part **at;
    uint32_t n;
    uint32_t room;
    uint32_t n_open;
    uint64_t epoch; /* set by the owner */
    uint64_t used;  /* counts writes */
};

/* What `config` points to must outlive the parts, except its uri. */
void dated_parts_init(struct dated_parts *parts, const struct sink_config *config,
                      size_t folders_from);
void dated_parts_release(struct dated_parts *parts); /* closes; seals nothing */

/* The part of the period to which rows may be added; NULL if there is none. */
struct dated_part *dated_parts_find(const struct dated_parts *parts, int64_t start_us);
/* A new one under `name`, or name.1, … if that is taken; NULL if there are too many. */
struct dated_part *dated_parts_begin(struct dated_parts *parts, struct slice name, int64_t start_us,
                                     int64_t end_us);
MUST_CHECK enum status dated_parts_write(struct dated_parts *parts, struct dated_part *part,
                                         const struct batch *batch, struct error *err);
MUST_CHECK enum status dated_parts_commit(struct dated_parts *parts, int64_t newest_us,
                                          struct error *err);
/* Seals what was full at the end of epoch `upto` or before. */
MUST_CHECK enum status dated_parts_seal(struct dated_parts *parts, uint64_t upto,
                                        struct error *err);
/* Seals everything that was committed. */
MUST_CHECK enum status dated_parts_seal_all(struct dated_parts *parts, struct error *err);
void dated_parts_abort(struct dated_parts *parts);

/* A line for each part, and back. */
void dated_parts_print(const struct dated_parts *parts, struct bytebuf *out);
bool dated_parts_read(struct dated_parts *parts, struct slice line);
/* After all lines were read: seals what was to be sealed, cuts the others to what was committed. */
MUST_CHECK enum status dated_parts_resume(struct dated_parts *parts,
                                          const struct name_pattern *pattern, struct error *err);

#endif
