#include "conn.h"

#include <stdlib.h>

#include "auth/bearer.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dispatch.h"
#include "door.h"
#include "frames_in.h"
#include "positions.h"
#include "sign_in.h"
#include "sync.h"
#include "typing.h"

#define LOAD_MAX 64 /* all connections of a user together stay below --redis-in-flight-max */
#define REFUSALS_MAX 32
#define MS_PER_S 1000

/* ---- life ---- */

enum {
    HTTP_OK = 0,
    HTTP_UNAUTHORIZED = 401,
    HTTP_NOT_FOUND = 404,
    HTTP_TOO_MANY = 429,
    HTTP_UNAVAILABLE = 503
};

/* With an Authorization header the token is checked here, so that a bad one gets HTTP 401. */
static int check_header(struct server *server, str header, struct claims **claims_out)
{
    struct claims claims;
    str token;

    *claims_out = NULL;
    if (header.n == 0)
        return HTTP_OK;
    if (bearer_parse(header, &token) != OK)
        return HTTP_UNAUTHORIZED;
    if (!keyring_is_ready(server->keyring))
        return HTTP_UNAVAILABLE;
    if (keyring_open_token(server->keyring, token, &claims) != OK)
        return HTTP_UNAUTHORIZED;
    *claims_out = mem_alloc(sizeof claims);
    **claims_out = claims;
    return HTTP_OK;
}

static int upgrade(void *context, const struct ws_request *request, void **session_out)
{
    struct server *server = context;
    struct claims *claims;

    if (!str_eq(request->path, STR("/chat")))
        return HTTP_NOT_FOUND;
    int status = check_header(server, request->authorization, &claims);
    if (status != HTTP_OK)
        return status;
    const char *address = tally_add(&server->addresses, str_of(request->address),
                                    server->settings.max_connections_per_address);
    if (address == NULL) {
        free(claims);
        return HTTP_TOO_MANY;
    }
    struct conn *conn = mem_zalloc(sizeof *conn);
    conn->server = server;
    conn->address = address;
    conn->door = door_new(conn, claims);
    conn->ref = conn_table_add(&server->conns, conn);
    *session_out = conn;
    return HTTP_OK;
}

static void opened(void *session, struct ws_conn *ws)
{
    struct conn *conn = session;
    const struct claims *claims = door_claims(conn->door);

    conn->ws = ws;
    if (claims != NULL) {
        sign_in_begin(conn, claims);
        return;
    }
    ws_limit_message(ws, FRAME_MAX_BEFORE_SIGN_IN);
    door_expect_auth(conn->door,
                     clock_mono_ms() + conn->server->settings.auth_timeout_s * MS_PER_S);
}

static void closed(void *session)
{
    struct conn *conn = session;
    struct server *server = conn->server;

    typing_forget(conn);
    conn_table_remove(&server->conns, conn->ref);
    tally_remove(&server->addresses, str_of(conn->address));
    if (conn->state == CONN_READY)
        hub_remove_conn(conn->user, conn);
    if (conn->user != NULL)
        hub_release_user(&server->hub, conn->user);
    positions_drop(conn);
    sync_forget(conn);
    door_free(&conn->door);
    free(conn);
}

/* ---- frames ---- */

static void sign_in_by_frame(struct conn *conn, str text)
{
    struct frame_in f;
    struct claims claims;

    door_auth_came(conn->door);
    if (frame_in_parse(text, &f) != OK || !str_eq(f.type, STR("auth"))) {
        conn_error(conn, STR_NONE, ERROR_UNAUTHORIZED, NULL, "the first frame must be auth");
        ws_close(conn->ws, WS_CLOSE_NOT_SIGNED_IN, "not signed in");
        return;
    }
    if (!keyring_is_ready(conn->server->keyring)) {
        ws_close(conn->ws, WS_CLOSE_OVERLOADED, "try again");
        return;
    }
    str token = frame_in_plain(&f, "token");
    enum err err =
        str_is_none(token) ? ERR_DENIED : keyring_open_token(conn->server->keyring, token, &claims);
    if (err != OK) {
        conn_error(conn, STR_NONE, ERROR_UNAUTHORIZED, NULL,
                   err == ERR_EXPIRED ? "the token has expired" : "the token is not valid");
        ws_close(conn->ws, WS_CLOSE_NOT_SIGNED_IN, "not signed in");
        return;
    }
    ws_limit_message(conn->ws, FRAME_MAX);
    sign_in_begin(conn, &claims);
}

static void text(void *session, str message)
{
    struct conn *conn = session;

    switch (conn->state) {
    case CONN_UNSIGNED: sign_in_by_frame(conn, message); break;
    case CONN_SIGNING_IN:
        if (!door_keep(conn->door, message))
            ws_close(conn->ws, WS_CLOSE_POLICY, "too much before ready");
        break;
    case CONN_READY: dispatch(conn, message); break;
    }
}

void conn_ready(struct conn *conn, str ready)
{
    CHECK(conn->state == CONN_SIGNING_IN);
    conn->state = CONN_READY;
    hub_add_conn(conn->user, conn);
    conn_send(conn, ready);
    str early;
    while (!ws_is_closing(conn->ws) && !str_is_none(early = door_take(conn->door)))
        dispatch(conn, early);
    door_free(&conn->door);
}

void conn_load(struct conn *conn, uint32_t load)
{
    conn->load += load;
    if (conn->load >= LOAD_MAX)
        ws_pause(conn->ws);
}

void conn_unload(struct server *server, struct conn_ref ref, uint32_t load)
{
    struct conn *conn = conn_table_get(&server->conns, ref);

    if (conn == NULL)
        return;
    CHECK(conn->load >= load);
    conn->load -= load;
    if (conn->load < LOAD_MAX / 2 && !conn->throttled)
        ws_resume(conn->ws);
}

void conn_refuse(struct conn *conn, str id, const char *message)
{
    struct server *s = conn->server;

    conn_error(conn, id, ERROR_RATE_LIMITED, NULL, message);
    if (++conn->refusals < REFUSALS_MAX || conn->throttled)
        return;
    conn->throttled = true;
    ws_pause(conn->ws);
    s->throttled = mem_array(s->throttled, s->throttled_n + 1, sizeof s->throttled[0]);
    s->throttled[s->throttled_n++] = conn->ref;
}

bool conn_allows_frame(struct conn *conn, str id)
{
    if (rate_allow(&conn->frames, conn->server->settings.rate_frames, clock_mono_us()))
        return true;
    conn_refuse(conn, id, "too many frames; slow down");
    return false;
}

void conn_unthrottle(struct server *server)
{
    while (server->throttled_n > 0) {
        struct conn *conn =
            conn_table_get(&server->conns, server->throttled[--server->throttled_n]);
        if (conn == NULL)
            continue;
        conn->throttled = false;
        conn->refusals = 0;
        if (conn->load < LOAD_MAX)
            ws_resume(conn->ws);
    }
}

bool conn_is_subscribed(const struct conn *conn, str conversation)
{
    const struct room *room = hub_room(&conn->server->hub, conversation);
    return room != NULL && room->live && hub_subscription(conn->user, room) != NULL;
}

static bool busy(void *session)
{
    return ((const struct conn *)session)->load > 0;
}

static void written(void *session)
{
    sync_written(session);
}

void conn_send(struct conn *conn, str frame)
{
    ws_send_text(conn->ws, frame);
}

int64_t conn_send_to_user(const struct user *user, struct frame *frame, const struct conn *except)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < user->conns_n; i++) {
        if (user->conns[i] == except)
            continue;
        ws_send(user->conns[i]->ws, frame_ref(frame));
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
            ws_close(user->conns[i]->ws, code, reason);
}

void conn_error(struct conn *conn, str id, enum error_code code, const char *field,
                const char *message)
{
    struct buf out = {0};

    frame_out_error(&out, id, code, field, message);
    conn_send(conn, buf_view(&out));
    buf_fini(&out);
}

const struct ws_handlers CONN_HANDLERS = {.upgrade = upgrade,
                                          .opened = opened,
                                          .text = text,
                                          .closed = closed,
                                          .busy = busy,
                                          .written = written};
