/* sources: see sources.h. */
#include "sources/sources.h"

const struct source_kind *const source_kinds[] = {
    &file_source_kind,
    &stdin_source_kind,
    &tail_source_kind,
    &dir_source_kind,
    &tcp_source_kind,
    &listen_source_kind,
    &unix_source_kind,
    &udp_source_kind,
    &gen_source_kind,
    &kafka_source_kind,
    NULL,
};

const struct decoder_kind *const decoder_kinds[] = {
    &csv_decoder_kind,    &tsv_decoder_kind,    &json_decoder_kind,  &logfmt_decoder_kind,
    &line_decoder_kind,   &apache_decoder_kind, &nginx_decoder_kind, &apache_error_decoder_kind,
    &syslog_decoder_kind, &regex_decoder_kind,  &grok_decoder_kind,  NULL,
};
