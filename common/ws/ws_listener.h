/* The listening socket, our own rather than libwebsockets's, so that a drain can stop listening while connections live
 * on, and running out of file descriptors only pauses it. */
#ifndef CHATAPP_WS_WS_LISTENER_H
#define CHATAPP_WS_WS_LISTENER_H

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"

struct ws_listener;

/* `accepted` owns the socket: connected, non-blocking, close-on-exec, TCP_NODELAY. */
typedef void ws_accepted_fn(void *context, int fd);

/* ERR_IO: *why names the address and says what to do. */
MUST_USE enum err ws_listener_open(uv_loop_t *loop, const char *address, int port,
                                   ws_accepted_fn *accepted, void *context,
                                   struct ws_listener **listener_out, struct buf *why);
int ws_listener_port(const struct ws_listener *listener);
/* Stops listening; *listener is NULL afterwards. NULL inside is fine. */
void ws_listener_close(struct ws_listener **listener);

#endif
