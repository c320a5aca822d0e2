#include "conn/conn_base.h"

#include <stdlib.h>

#include "auth/bearer.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conn/sessions.h"

#define MS_PER_S 1000

enum {
    HTTP_OK = 0,
    HTTP_UNAUTHORIZED = 401,
    HTTP_NOT_FOUND = 404,
    HTTP_TOO_MANY = 429,
    HTTP_UNAVAILABLE = 503
};

/* With an Authorization header the token is checked here, so that a bad one gets HTTP 401. */
static int check_header(struct conn_server *owner, str header, struct claims **claims_out)
{
    struct claims claims;
    str token;

    *claims_out = NULL;
    if (header.n == 0)
        return HTTP_OK;
    if (bearer_parse(header, &token) != OK)
        return HTTP_UNAUTHORIZED;
    if (!keyring_is_ready(owner->keyring))
        return HTTP_UNAVAILABLE;
    if (keyring_open_token(owner->keyring, token, &claims) != OK)
        return HTTP_UNAUTHORIZED;
    *claims_out = mem_alloc(sizeof claims);
    **claims_out = claims;
    return HTTP_OK;
}

static int upgrade(void *context, const struct ws_request *request, void **session_out)
{
    struct conn_server *owner = context;
    struct claims *claims;

    if (!str_eq(request->path, str_of(owner->kind->path)))
        return HTTP_NOT_FOUND;
    int status = check_header(owner, request->authorization, &claims);
    if (status != HTTP_OK)
        return status;
    const char *address = tally_add(&owner->addresses, str_of(request->address),
                                    owner->settings->max_connections_per_address);
    if (address == NULL) {
        free(claims);
        return HTTP_TOO_MANY;
    }
    struct conn *conn = mem_zalloc(owner->kind->conn_size);
    struct conn_base *base = conn_base(conn);
    base->owner = owner;
    base->address = address;
    base->door = door_new(conn, claims);
    base->ref = conn_table_add(&owner->table, conn);
    owner->kind->made(conn, owner->context);
    *session_out = conn;
    return HTTP_OK;
}

static void opened(void *session, struct ws_conn *ws)
{
    struct conn *conn = session;
    struct conn_base *base = conn_base(conn);
    const struct claims *claims = door_claims(base->door);

    base->ws = ws;
    if (claims != NULL) {
        base->owner->kind->sign_in(conn, claims);
        return;
    }
    ws_limit_message(ws, FRAME_MAX_BEFORE_SIGN_IN);
    door_expect_auth(base->door,
                     clock_mono_ms() + base->owner->settings->auth_timeout_s * MS_PER_S);
}

static void closed(void *session)
{
    struct conn *conn = session;
    struct conn_base *base = conn_base(conn);
    struct conn_server *owner = base->owner;

    conn_table_remove(&owner->table, base->ref);
    tally_remove(&owner->addresses, str_of(base->address));
    owner->kind->closed(conn);
    door_free(&base->door);
    free(conn);
}

static void refuse_sign_in(struct conn *conn, const char *why)
{
    conn_error(conn, STR_NONE, ERROR_UNAUTHORIZED, NULL, why);
    ws_close(conn_base(conn)->ws, WS_CLOSE_NOT_SIGNED_IN, "not signed in");
}

static void sign_in_by_frame(struct conn *conn, str text)
{
    const struct conn_base *base = conn_base(conn);
    struct keyring *keyring = base->owner->keyring;
    struct frame_in f;
    struct claims claims;

    door_auth_came(base->door);
    if (frame_in_parse(text, &f) != OK || !str_eq(f.type, STR("auth"))) {
        refuse_sign_in(conn, "the first frame must be auth");
        return;
    }
    if (!keyring_is_ready(keyring)) {
        ws_close(base->ws, WS_CLOSE_OVERLOADED, "try again");
        return;
    }
    str token = frame_in_plain(&f, "token");
    enum err err = str_is_none(token) ? ERR_DENIED : keyring_open_token(keyring, token, &claims);
    if (err != OK) {
        refuse_sign_in(conn,
                       err == ERR_EXPIRED ? "the token has expired" : "the token is not valid");
        return;
    }
    ws_limit_message(base->ws, FRAME_MAX);
    base->owner->kind->sign_in(conn, &claims);
}

static void text(void *session, str message)
{
    struct conn *conn = session;
    const struct conn_base *base = conn_base(conn);

    switch (base->state) {
    case CONN_UNSIGNED: sign_in_by_frame(conn, message); break;
    case CONN_SIGNING_IN:
        if (!door_keep(base->door, message))
            ws_close(base->ws, WS_CLOSE_POLICY, "too much before ready");
        break;
    case CONN_READY: conn_dispatch(conn, message); break;
    }
}

void conn_begin_sign_in(struct conn *conn, const struct claims *claims)
{
    struct conn_base *base = conn_base(conn);

    base->state = CONN_SIGNING_IN;
    memcpy(base->session, claims->session, sizeof base->session);
}

void conn_become_ready(struct conn *conn, str ready)
{
    struct conn_base *base = conn_base(conn);
    str session = str_of(base->session);
    str early;

    CHECK(base->state == CONN_SIGNING_IN);
    base->state = CONN_READY;
    conn_send(conn, ready);
    while (!ws_is_closing(base->ws) && !str_is_none(early = door_take(base->door)))
        conn_dispatch(conn, early);
    door_free(&base->door);
    if (ended_has(base->owner->ended, session)) /* announced while this was going on */
        sessions_verify(base->owner->sessions, base->owner->kind->user(conn), session);
}

static bool busy(void *session)
{
    return conn_base(session)->load > 0;
}

static void written(void *session)
{
    struct conn *conn = session;
    const struct conn_kind *kind = conn_base(conn)->owner->kind;

    if (kind->written != NULL)
        kind->written(conn);
}

void conn_send(struct conn *conn, str frame)
{
    ws_send_text(conn_base(conn)->ws, frame);
}

void conn_close(const struct conn_server *owner, struct conn_ref ref, enum ws_close_code code,
                const char *reason)
{
    struct conn *conn = conn_get(owner, ref);

    if (conn != NULL)
        ws_close(conn_base(conn)->ws, code, reason);
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
