/* udp_source: udp-listen://address:port, datagrams of one or more whole lines each. */
#ifndef SOURCES_UDP_SOURCE_H
#define SOURCES_UDP_SOURCE_H

#include "engine/io/source.h"

/* The port it listens at: what the system chose where the URI says port 0. */
uint16_t udp_source_port(const struct source *source);

#endif
