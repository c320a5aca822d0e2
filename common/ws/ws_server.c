#include "ws/ws_server.h"

#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "daemon/log.h"
#include "daemon/proxies.h"
#include "ws/origin.h"
#include "ws/ws_private.h"

#define RX_CHUNK                                                                                   \
    384 /* lws reads a connection in such pieces, and keeps a buffer of that size for each */
#define UPGRADE_STEPS 8 /* checking a token's signature takes long */
#define HANDSHAKE_MAX_S 5
#define FORWARDED_MAX 512

struct ws_server ws;

/* ---- life ---- */

static bool is_full(void)
{
    return ws.options.connections_max > 0 && ws.conns.n >= ws.options.connections_max;
}

/* 0, or the status to refuse with: a header that is too long is refused like a bad one. */
static int judge_origin(struct lws *wsi)
{
    char origin[512], host[512];
    str origin_text = ws_http_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin);
    str host_text = ws_http_header(wsi, WSI_TOKEN_HOST, host, sizeof host);

    if (str_is_none(host_text))
        return 400;
    if (str_is_none(origin_text) ||
        !origin_is_allowed(origin_text, host_text, str_of(ws.options.allowed_origins)))
        return 403;
    return 0;
}

/* The client's own address, also behind a proxy that is trusted. */
static void find_client(struct lws *wsi, char client_out[INET6_ADDRSTRLEN])
{
    char peer[INET6_ADDRSTRLEN] = "";
    char forwarded[FORWARDED_MAX];

    (void)lws_get_peer_simple(wsi, peer, sizeof peer);
    proxies_client(&trusted_proxies, str_of(peer),
                   ws_http_header(wsi, WSI_TOKEN_X_FORWARDED_FOR, forwarded, sizeof forwarded),
                   client_out);
}

static int ask_owner(struct lws *wsi)
{
    char path[256], authorization[HEADER_MAX];
    struct ws_request request;

    request.path = ws_http_header(wsi, WSI_TOKEN_GET_URI, path, sizeof path);
    request.authorization =
        ws_http_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization, sizeof authorization);
    find_client(wsi, request.address);
    if (str_is_none(request.path))
        return 404;
    if (str_is_none(request.authorization))
        return 401;
    if (ws.upgraded != NULL) { /* an earlier handshake ended between here and ESTABLISHED */
        ws.handlers.closed(ws.upgraded);
        ws.upgraded = NULL;
    }
    int status = ws.handlers.upgrade(ws.context, &request, &ws.upgraded);
    sodium_memzero(authorization, sizeof authorization);
    return status;
}

/* An earlier handshake may have ended between here and ESTABLISHED. */
static void name_upgrade(struct lws *wsi)
{
    trace_ref_fini(&ws.upgraded_trace);
    ws.upgraded_trace = ws_http_trace(wsi);
    trace_enter_ref(&ws.upgraded_trace);
}

static int refuse_or_upgrade(struct lws *wsi)
{
    char upgrade[32];
    str word = ws_http_header(wsi, WSI_TOKEN_UPGRADE, upgrade, sizeof upgrade);

    if (word.n != 9 || strncasecmp(word.p, "websocket", word.n) != 0)
        return -1; /* h2c leads to old HPACK code, and lws forgets that it refused the others already */
    name_upgrade(wsi);
    int status = ws_http_check_upgrade(wsi);
    if (status == 0)
        status = judge_origin(wsi);
    if (status == 0 && (is_full() || ws.listener == NULL))
        status = 503;
    if (status == 0)
        status = ask_owner(wsi);
    return status == 0 ? 0 : ws_http_refuse(wsi, status);
}

static int established(struct lws *wsi, struct ws_conn *conn)
{
    void *session = ws.upgraded;
    struct trace_ref trace = ws.upgraded_trace;

    ws.upgraded = NULL;
    ws.upgraded_trace = (struct trace_ref){0};
    if (session == NULL) {
        trace_ref_fini(&trace);
        return -1;
    }
    ws_conn_established(conn, wsi, session, trace);
    return 0;
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, struct ws_conn *conn, void *in,
                  size_t n)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP: return ws_http_answer(wsi, str_from(in, n));
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        ws_turn_step(UPGRADE_STEPS);
        return refuse_or_upgrade(wsi);
    case LWS_CALLBACK_ESTABLISHED: return established(wsi, conn);
    case LWS_CALLBACK_RECEIVE:
        ws_turn_step(1);
        ws_conn_receive(conn, str_from(in, n));
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG: ws_conn_heard(conn); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (conn->session != NULL)
            ws_conn_writeable(conn);
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return ws_conn_peer_closes(conn, str_from(in, n)) ? -1 : 0;
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
        if (conn != NULL && conn->session != NULL)
            ws_conn_dropped(conn);
        return 0;
    case LWS_CALLBACK_CLOSED:
        if (conn->session != NULL)
            ws_conn_closed(conn);
        ws_turn_step(1);
        return 0;
    default: return 0;
    }
}

/* What is logged on the way names the connection. */
static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct ws_conn *conn = user;
    bool is_conn = reason == LWS_CALLBACK_RECEIVE || reason == LWS_CALLBACK_CLOSED;

    if (is_conn && conn->session != NULL)
        trace_enter_ref(&conn->trace);
    int result = handle(wsi, reason, conn, in, n);
    trace_leave();
    return result;
}

static void accepted(void *context, int fd)
{
    (void)context;
    if (lws_adopt_socket_vhost(ws.vhost, fd) == NULL)
        log_debug("connection not adopted"); /* lws has closed the socket */
}

/* ---- the server ---- */

static void turn_end(uv_prepare_t *handle)
{
    (void)handle;
    ws.steps = 0;
    ws_flush_dirty();
}

static void lws_log(int level, const char *line)
{
    str text = str_of(line);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (level == LLL_ERR)
        log_debug("libwebsockets", F_STR("text", text)); /* its errors are mostly what clients do */
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = "chatapp",
     .callback = on_lws,
     .per_session_data_size = sizeof(struct ws_conn),
     .rx_buffer_size = RX_CHUNK,
     .tx_packet_size = GATHER_MAX},
    {0},
};

/* No validity timer for each connection: lws keeps them in one sorted list, which a storm makes quadratic. */
static const lws_retry_bo_t NO_VALIDITY_TIMER = {0};

static bool create_context(void)
{
    void *loops[] = {ws.loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = PROTOCOLS,
        .vhost_name = "default",
        .options = LWS_SERVER_OPTION_LIBUV,
        .foreign_loops = loops,
        .retry_and_idle_policy = &NO_VALIDITY_TIMER,
        .timeout_secs = HANDSHAKE_MAX_S,
        .keepalive_timeout = HANDSHAKE_MAX_S,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };

    lws_set_log_level(LLL_ERR, lws_log);
    ws.lws = lws_create_context(&info);
    if (ws.lws != NULL)
        ws.vhost = lws_get_vhost_by_name(ws.lws, "default");
    return ws.vhost != NULL;
}

enum err ws_server_open(uv_loop_t *loop, int listen_fd, const struct ws_options *options,
                        const struct ws_handlers *handlers, void *context)
{
    CHECK(ws.lws == NULL);
    ws.loop = loop;
    ws.options = *options;
    ws.handlers = *handlers;
    ws.context = context;
    ws.listener = ws_listener_open(loop, listen_fd, accepted, NULL);
    if (!create_context()) {
        log_error("cannot start", F_Z("why", "libwebsockets did not start; is the package "
                                             "libwebsockets-evlib-uv installed?"));
        return ERR_IO;
    }
    ws.ping = frame_ping();
    (void)uv_prepare_init(loop, &ws.turn_end);
    (void)uv_prepare_start(&ws.turn_end, turn_end);
    ws_sweep_start();
    ws_conn_start();
    ws_write_start();
    ws_http_start();
    return OK;
}

void ws_server_accept(void)
{
    ws_listener_accept(ws.listener);
}

size_t ws_server_connections(void)
{
    return ws.conns.n;
}

size_t ws_server_connections_max(void)
{
    return ws.options.connections_max;
}

void ws_server_close(void)
{
    ws_listener_close(&ws.listener);
    uv_close((uv_handle_t *)&ws.turn_end, NULL);
    uv_close((uv_handle_t *)&ws.sweep, NULL);
    uv_close((uv_handle_t *)&ws.hold, NULL);
    uv_close((uv_handle_t *)&ws.drain, NULL);
    lws_context_destroy(ws.lws);
    if (ws.upgraded != NULL)
        ws.handlers.closed(ws.upgraded);
    trace_ref_fini(&ws.upgraded_trace);
}

void ws_server_free(void)
{
    lws_context_destroy(ws.lws); /* the second half, once its handles have closed */
    frame_unref(ws.ping);
    free(ws.conns.v);
    free(ws.dirty.v);
    ws = (struct ws_server){0};
}
