/* The URL under which others reach a daemon: --advertise-url, or what follows from --listen and the port. */
#ifndef CHATAPP_DAEMON_ADVERTISE_H
#define CHATAPP_DAEMON_ADVERTISE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define ADVERTISE_MAX 200 /* bytes of a URL that is given */

/* `scheme` is http or ws, of which the one with an s behind it is as good. `url` is that, a host, perhaps a port and a
 * path, and nothing else; "" is good. ERR_INVALID: *why says what is wrong. Pure. */
MUST_USE enum err advertise_check(str url, const char *scheme, struct buf *why);

/* Appends `given`, with `path` where it has none; or, if it is "", the URL of the address and the port. Pure. */
void advertise_url(str given, const char *scheme, const char *address, int port, const char *path,
                   struct buf *out);

/* For who listens on all addresses (0.0.0.0 or ::): this machine's own, by which it reaches others; 127.0.0.1 when it
 * reaches none. Any other `listen` is its own answer. */
void advertise_address(const char *listen, char *address_out, size_t size);

#endif
