/* From a frame of a signed-in client to its handler: the daemon's table of frames. */
#ifndef CHATAPP_CONN_CONN_DISPATCH_H
#define CHATAPP_CONN_CONN_DISPATCH_H

#include "conn/frame_in.h"

struct conn;

struct frame_type {
    str type;
    void (*handle)(struct conn *conn, struct frame_in *f);
    bool has_own_rate; /* the handler counts it */
};

void conn_dispatch(struct conn *conn, str text);
/* The handler of `ping`, the same for all. */
void conn_ping(struct conn *conn, struct frame_in *f);

#endif
