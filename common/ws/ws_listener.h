/* The listening socket, our own rather than libwebsockets's, so that a drain can stop listening while connections live
 * on, and running out of file descriptors only pauses it. In a storm those who connect are accepted at once and then
 * taken in at a pace, a few in each turn of the loop, so that they do not hold up those who are there. */
#ifndef CHATAPP_WS_WS_LISTENER_H
#define CHATAPP_WS_WS_LISTENER_H

#include <uv.h>

struct ws_listener;

/* `accepted` owns the socket: connected, non-blocking, close-on-exec, TCP_NODELAY. */
typedef void ws_accepted_fn(void *context, int fd);

/* Takes over the socket, which listens already; what comes waits in its queue until ws_listener_accept(). */
struct ws_listener *ws_listener_open(uv_loop_t *loop, int fd, ws_accepted_fn *accepted,
                                     void *context);
void ws_listener_accept(struct ws_listener *listener);
/* Stops listening; *listener is NULL afterwards. NULL inside is fine. */
void ws_listener_close(struct ws_listener **listener);

#endif
