/* One WebSocket client on a non-blocking socket, made for speed: all frames that one read brings are looked at
 * where they lie; only an incomplete one at the end is kept. */
#ifndef CHATAPP_BENCH_WS_CLIENT_H
#define CHATAPP_BENCH_WS_CLIENT_H

#include <netinet/in.h>

#include "base/buf.h"

enum ws_client_state { WS_CLIENT_NONE = 0, WS_CLIENT_UPGRADING, WS_CLIENT_OPEN, WS_CLIENT_CLOSED };

struct ws_client {
    int fd;
    enum ws_client_state state;
    struct buf unread; /* the beginning of a frame, or of the answer to the upgrade */
    struct buf unsent; /* what the socket has not taken yet */
};

/* Called for every text frame; pings are answered without asking. */
typedef void ws_client_text_fn(void *context, struct ws_client *client, str text);

/* Begins to connect from `source` (INADDR_ANY: the kernel chooses) and to ask for the upgrade with `token` as Bearer
 * (NULL: without): the rest goes out with ws_client_flush(). When refused, the first read makes it closed. */
void ws_client_open(struct ws_client *client, const struct sockaddr_in *server,
                    struct in_addr source, const char *path, const char *token);
void ws_client_close(struct ws_client *client);
/* Reads once. `room` of `room_n` bytes is lent for the call; all clients may share one. A close frame or the
 * end of the stream makes it WS_CLIENT_CLOSED; a refused upgrade ends the program. */
void ws_client_read(struct ws_client *client, char *room, size_t room_n, ws_client_text_fn *on_text,
                    void *context);
/* Writes as much as the socket takes; the rest waits in `unsent` for ws_client_flush(). */
void ws_client_send(struct ws_client *client, str text);
void ws_client_flush(struct ws_client *client);

#endif
