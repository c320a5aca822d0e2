/* Sockets that listen for TCP connections: non-blocking, close-on-exec, a long queue. */
#ifndef CHATAPP_DAEMON_LISTENING_H
#define CHATAPP_DAEMON_LISTENING_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* One socket, or several on one port, among which the kernel spreads the connections (SO_REUSEPORT). Port 0: any
 * that is free. ERR_IO: *why names the setting and says what to do, and nothing is open; a port that another program
 * listens on, be it one of ours with several sockets, is refused. */
MUST_USE enum err listening_open(const char *address, int port, int *fds_out, size_t n,
                                 struct buf *why);
int listening_port(int fd);

#endif
