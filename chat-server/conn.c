#include "conn.h"

#include "dispatch.h"
#include "positions.h"
#include "sign_in.h"
#include "sync.h"
#include "typing.h"

static void made(struct conn *conn, void *server)
{
    conn->server = server;
}

static void closed(struct conn *conn)
{
    struct hub *hub = &conn->server->hub;

    typing_forget(conn);
    if (conn->base.state == CONN_READY)
        hub_remove_conn(conn->user, conn);
    if (conn->user != NULL)
        hub_release_user(hub, conn->user);
    positions_drop(conn);
    sync_forget(conn);
}

static str user_of(const struct conn *conn)
{
    return username_view(&conn->user->name);
}

void conn_ready(struct conn *conn, str ready)
{
    hub_add_conn(conn->user, conn);
    conn_become_ready(conn, ready);
}

bool conn_is_subscribed(const struct conn *conn, str conversation)
{
    const struct room *room = hub_room(&conn->server->hub, conversation);
    return room != NULL && room->live && hub_subscription(conn->user, room) != NULL;
}

int64_t conn_send_to_user(const struct user *user, struct frame *frame, const struct conn *except)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < user->conns_n; i++) {
        if (user->conns[i] == except)
            continue;
        ws_send(user->conns[i]->base.ws, frame_ref(frame));
        n++;
    }
    return n;
}

int64_t conn_send_to_room(const struct room *room, struct frame *frame, const struct conn *except)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < room->subscriptions_n; i++)
        n += conn_send_to_user(room->subscriptions[i]->user, frame, except);
    return n;
}

void conn_close_all(struct server *server, enum ws_close_code code, const char *reason)
{
    const struct user *user;
    size_t at = 0;

    while ((user = map_next(&server->hub.users, &at)) != NULL)
        for (uint32_t i = 0; i < user->conns_n; i++)
            ws_close(user->conns[i]->base.ws, code, reason);
}

static bool has_user(void *context, str user)
{
    return hub_user(&((struct server *)context)->hub, user) != NULL;
}

static void session_gone(void *context, str name, str session)
{
    struct server *server = context;
    const struct user *user = hub_user(&server->hub, name);

    for (uint32_t i = 0; user != NULL && i < user->conns_n; i++)
        if (str_eq(str_of(user->conns[i]->base.session), session))
            ws_close(user->conns[i]->base.ws, WS_CLOSE_NOT_SIGNED_IN, "the session has ended");
}

static bool more_is_coming(void *context)
{
    return ((const struct server *)context)->appends > 0;
}

const struct conn_kind CHAT_CONN = {.path = "/chat",
                                    .conn_size = sizeof(struct conn),
                                    .frames = CHAT_FRAMES,
                                    .frames_n = CHAT_FRAMES_N,
                                    .made = made,
                                    .sign_in = sign_in_begin,
                                    .closed = closed,
                                    .written = sync_written,
                                    .user = user_of,
                                    .has_user = has_user,
                                    .session_gone = session_gone,
                                    .more_is_coming = more_is_coming};
