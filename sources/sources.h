/* sources: all kinds of sources and formats there are. The shell puts the two tables into struct
 * kinds; to add a kind, write its file and add one line here and one in sources.c. */
#ifndef SOURCES_SOURCES_H
#define SOURCES_SOURCES_H

#include "engine/io/decoder.h"
#include "engine/io/source.h"

/* Both end with NULL. */
extern const struct source_kind *const source_kinds[];
extern const struct decoder_kind *const decoder_kinds[];

/* Where bytes come from. memory: is made at run time (memory_source.h). */
extern const struct source_kind file_source_kind;
extern const struct source_kind stdin_source_kind;
extern const struct source_kind tail_source_kind;
extern const struct source_kind dir_source_kind;
extern const struct source_kind tcp_source_kind;
extern const struct source_kind listen_source_kind;
extern const struct source_kind unix_source_kind;
extern const struct source_kind udp_source_kind;
extern const struct source_kind gen_source_kind;
extern const struct source_kind kafka_source_kind;

/* What they mean. */
extern const struct decoder_kind csv_decoder_kind;
extern const struct decoder_kind tsv_decoder_kind;
extern const struct decoder_kind json_decoder_kind;
extern const struct decoder_kind logfmt_decoder_kind;
extern const struct decoder_kind line_decoder_kind;
extern const struct decoder_kind apache_decoder_kind;
extern const struct decoder_kind nginx_decoder_kind;
extern const struct decoder_kind apache_error_decoder_kind;
extern const struct decoder_kind syslog_decoder_kind;
extern const struct decoder_kind regex_decoder_kind;
extern const struct decoder_kind grok_decoder_kind;

#endif
