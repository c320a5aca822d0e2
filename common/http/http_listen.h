/* The listening socket. */
#ifndef CHATAPP_HTTP_HTTP_LISTEN_H
#define CHATAPP_HTTP_HTTP_LISTEN_H

#include "base/buf.h"
#include "base/err.h"

/* `address` is numeric, IPv4 or IPv6 (:: takes both); port 0 picks a free one. */
MUST_USE enum err http_listen(const char *address, int64_t port, int *fd_out, int *port_out,
                              struct buf *why);

#endif
