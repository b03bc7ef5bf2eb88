/* sinks: see sinks.h. */
#include "sinks/sinks.h"

#include "sinks/console_sink.h"
#include "sinks/file_sink.h"
#include "sinks/kafka_sink.h"
#include "sinks/sqlite_sink.h"

const struct sink_kind *const sink_kinds[] = {&console_sink, &file_sink, &sqlite_sink, &kafka_sink,
                                              NULL};
