/* One client's connection (conn/conn_base.h): a device of its user. */
#ifndef CHATAPP_PRESENCE_CONN_H
#define CHATAPP_PRESENCE_CONN_H

#include "conn/conn_base.h"
#include "server.h"

struct conn {
    struct conn_base base; /* first */
    struct server *server;
    struct user *user; /* NULL before sign-in */
    struct device device;
};

extern const struct conn_kind PRESENCE_CONN; /* context: the server */

/* Becomes ready: one of its user's devices, `ready` (the frame's JSON) sent, early frames handled. */
void conn_ready(struct conn *conn, str ready);
/* One frame to all devices of a user; takes over the caller's reference. */
void conn_send_to_user(const struct user *user, struct frame *frame);

#endif
