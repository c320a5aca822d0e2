#include "conn.h"

#include "announce.h"
#include "status_frame.h"

static void made(struct conn *conn, void *server)
{
    conn->server = server;
    conn->device.conn = conn;
}

static void closed(struct conn *conn)
{
    struct users *users = &conn->server->users;

    if (conn->base.state == CONN_READY) {
        users_remove_device(users, conn->user, &conn->device, server_now());
        announce_soon(conn->server->announce);
    }
    if (conn->user != NULL)
        users_release(users, conn->user);
}

static str user_of(const struct conn *conn)
{
    return username_view(&conn->user->name);
}

void conn_ready(struct conn *conn, str ready)
{
    users_add_device(&conn->server->users, conn->user, &conn->device, server_now());
    announce_soon(conn->server->announce);
    conn_become_ready(conn, ready);
}

void conn_send_to_user(const struct user *user, struct frame *frame)
{
    for (uint32_t i = 0; i < user->devices_n; i++)
        ws_send(user->devices[i]->conn->base.ws, frame_ref(frame));
    frame_unref(frame);
}

static bool has_user(void *context, str user)
{
    return users_get(&((struct server *)context)->users, user) != NULL;
}

static void session_gone(void *context, str name, str session)
{
    struct server *server = context;
    const struct user *user = users_get(&server->users, name);

    for (uint32_t i = 0; user != NULL && i < user->devices_n; i++) {
        const struct conn_base *base = &user->devices[i]->conn->base;
        if (str_eq(str_of(base->session), session))
            ws_close(base->ws, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
    }
}

static const struct frame_type FRAMES[] = {
    {STR("status"), status_frame, false},
    {STR("ping"), conn_ping, false},
};

const struct conn_kind PRESENCE_CONN = {.path = "/presence",
                                        .conn_size = sizeof(struct conn),
                                        .frames = FRAMES,
                                        .frames_n = sizeof FRAMES / sizeof FRAMES[0],
                                        .made = made,
                                        .sign_in = sign_in_begin,
                                        .closed = closed,
                                        .user = user_of,
                                        .has_user = has_user,
                                        .session_gone = session_gone};
