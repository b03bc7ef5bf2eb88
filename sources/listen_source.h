/* listen_source: tcp-listen://address:port, a server that reads what its clients send. */
#ifndef SOURCES_LISTEN_SOURCE_H
#define SOURCES_LISTEN_SOURCE_H

#include "engine/io/source.h"

/* The port it listens at: what the system chose where the URI says port 0. */
uint16_t listen_source_port(const struct source *source);

#endif
