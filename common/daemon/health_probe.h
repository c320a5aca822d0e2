/* --check-health: asks the daemon that runs with these settings whether it is ready, for those who look after
 * containers and services, where there is no other HTTP client. */
#ifndef CHATAPP_DAEMON_HEALTH_PROBE_H
#define CHATAPP_DAEMON_HEALTH_PROBE_H

#include <stdbool.h>

#include "base/buf.h"

/* GET /readyz on the address (for 0.0.0.0 and ::, the loopback) and port. True when the answer is 200. *said is what the
 * daemon answered, or why there is no answer. Takes at most three seconds. */
bool health_probe(const char *listen, int port, struct buf *said);

#endif
