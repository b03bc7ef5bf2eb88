/* syslog_data: the structured data of a syslog message (RFC 5424 §6.3):
 *
 *     [exampleSDID@32473 iut="3" eventID="1011"][examplePriority@32473 class="high"]
 */
#ifndef SOURCES_SYSLOG_DATA_H
#define SOURCES_SYSLOG_DATA_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"

/* Cuts all elements off the front of *rest. False: the first bytes are no structured data, or it
 * is not well formed; *rest is undefined then. Adds {"ID":{"NAME":"VALUE", …}, …} to `json`, which
 * may be NULL. */
bool syslog_data_cut(struct slice *rest, struct bytebuf *json);

#endif
