/* apache_line: one line of an Apache or nginx access log taken apart (common, combined, and
 * vhost_combined log formats):
 *
 *     [vhost:port] host ident user [time] "request" status bytes ["referer" ["agent"]] …
 *
 * What stands behind the agent is not looked at; a referer or agent that is not closed ends with
 * the line. Fields stay as they are in the log: \" and \x16 within quotes are not undone. */
#ifndef SOURCES_APACHE_LINE_H
#define SOURCES_APACHE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/column.h"
#include "sources/line_index.h"

enum apache_field {
    APACHE_VHOST,
    APACHE_HOST,
    APACHE_IDENT,
    APACHE_USER,
    APACHE_TS,
    APACHE_METHOD,
    APACHE_PATH,
    APACHE_PROTOCOL,
    APACHE_STATUS,
    APACHE_BYTES,
    APACHE_REFERER,
    APACHE_AGENT,
    APACHE_REQUEST, /* method, path and protocol as they came */
    APACHE_FIELDS,
};

/* Names of the fields, in order, then NULL. */
extern const char *const apache_field_names[];

/* Offsets within the block. Bracketed and quoted parts are without brackets and quotes. */
struct apache_line {
    uint32_t begin;
    uint32_t end;
    uint32_t head_end; /* of [vhost] host ident user */
    uint32_t time;
    uint32_t time_end;
    uint32_t request;
    uint32_t request_end;
    uint32_t status_end; /* it begins behind request_end */
    uint32_t bytes_end;  /* they begin behind status_end */
    uint32_t referer;    /* 0 = none */
    uint32_t referer_end;
    uint32_t agent; /* 0 = none */
    uint32_t agent_end;
};

/* `marks` are the places of '"' and '[' in the line. Returns NULL, or the reason why the line is
 * none. */
const char *apache_line_split(const uint8_t *bytes, const struct line *line, const uint32_t *marks,
                              struct apache_line *out);

/* One field of rows[0..n) of `lines`, null_field() for a part that is not there or "-" where that
 * means none: a loop without a switch in it. */
void apache_line_gather(const uint8_t *bytes, const struct apache_line *lines, const uint32_t *rows,
                        uint32_t n, enum apache_field field, bool has_vhost, struct text *out);

#endif
