/* A connection: established → (receive | flush)* → closing → closed.
 *
 * ws_close() puts a close frame at the end of the queue; the connection ends when the peer answers with its
 * own, or when it has not done so in time (ws_sweep.c). lws's way, lws_close_reason() and -1 from a callback, does
 * not work here: Debian's build closes twice with libuv, and drops the socket before the close frame is written. */
#include <sys/socket.h>

#include "base/check.h"
#include "daemon/log.h"
#include "ws/ws_private.h"

static struct metric connections = {
    .name = "chatapp_ws_connections", .kind = METRIC_GAUGE, .help = "Open WebSocket connections"};

/* ---- all of them ---- */

static void conns_add(struct ws_conn *conn)
{
    conn->index = (uint32_t)ws.conns.n;
    ws_conn_list_add(&ws.conns, conn);
    metric_set(&connections, (int64_t)ws.conns.n);
}

static void conns_remove(struct ws_conn *conn)
{
    struct ws_conn *last = ws.conns.v[--ws.conns.n];
    CHECK(ws.conns.v[conn->index] == conn);
    ws.conns.v[conn->index] = last;
    last->index = conn->index;
    metric_set(&connections, (int64_t)ws.conns.n);
}

/* ---- closing ---- */

void ws_conn_kill(struct ws_conn *conn)
{
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void ws_close(struct ws_conn *conn, enum ws_close_code code, const char *reason)
{
    if (conn->closing)
        return;
    ws_resume(conn); /* to hear the peer's answer */
    ws_drop_held(conn);
    conn->closing = true;
    conn->heard_s = ws_now_s();
    buf_fini(&conn->in);
    outq_push(&conn->out, frame_close(code, reason));
    ws_write_soon(conn);
}

bool ws_is_closing(const struct ws_conn *conn)
{
    return conn->closing;
}

/* At once, past the queue: lws drops the socket as soon as we return. */
static void say_close(struct ws_conn *conn, enum ws_close_code code)
{
    if (conn->closing || lws_partial_buffered(conn->wsi))
        return;
    struct frame *frame = frame_close(code, "");
    (void)send(lws_get_socket_fd(conn->wsi), frame->bytes, frame->n, MSG_DONTWAIT | MSG_NOSIGNAL);
    frame_unref(frame);
    conn->closing = true;
}

bool ws_conn_peer_closes(struct ws_conn *conn, str payload)
{
    conn->peer_closes = true;
    if (payload.n == 1)
        say_close(conn, WS_CLOSE_PROTOCOL_ERROR);
    else if (payload.n > 2 && !str_is_utf8(str_skip(payload, 2)))
        say_close(conn, WS_CLOSE_NOT_UTF8);
    return conn->closing;
}

void ws_conn_dropped(struct ws_conn *conn)
{
    if (!conn->peer_closes)
        say_close(conn, WS_CLOSE_PROTOCOL_ERROR);
}

/* ---- reading ---- */

void ws_pause(struct ws_conn *conn)
{
    if (conn->paused || conn->closing)
        return;
    conn->paused = true;
    (void)lws_rx_flow_control(conn->wsi, 0);
}

void ws_resume(struct ws_conn *conn)
{
    if (!conn->paused)
        return;
    conn->paused = false;
    (void)lws_rx_flow_control(conn->wsi, 1);
}

void ws_limit_message(struct ws_conn *conn, size_t bytes)
{
    conn->in_max = (uint32_t)bytes;
}

static void deliver(struct ws_conn *conn, str message)
{
    if (!str_is_utf8(message)) {
        ws_close(conn, WS_CLOSE_NOT_UTF8, "not UTF-8");
        return;
    }
    ws.handlers.text(conn->session, message);
}

void ws_conn_heard(struct ws_conn *conn)
{
    if (!conn->closing)
        conn->heard_s = ws_now_s();
    conn->pinged = false;
}

void ws_conn_receive(struct ws_conn *conn, str piece)
{
    size_t left = lws_remaining_packet_payload(conn->wsi);
    bool complete = left == 0 && lws_is_final_fragment(conn->wsi);

    ws_conn_heard(conn);
    if (conn->closing || conn->peer_closes || conn->deaf)
        return;
    if (lws_frame_is_binary(conn->wsi)) {
        ws_close(conn, WS_CLOSE_NOT_TEXT, "text frames only");
        return;
    }
    if (conn->in.n + piece.n + left > conn->in_max) {
        ws_close(conn, WS_CLOSE_TOO_BIG, "message too big");
        return;
    }
    if (complete && conn->in.n == 0) {
        deliver(conn, piece);
        return;
    }
    buf_add_str(&conn->in, piece);
    if (!complete)
        return;
    struct buf whole = conn->in;
    conn->in = (struct buf){0};
    deliver(conn, buf_view(&whole));
    buf_fini(&whole);
}

/* ---- life ---- */

void ws_conn_established(struct ws_conn *conn, struct lws *wsi, void *session,
                         struct trace_ref trace)
{
    conn->wsi = wsi;
    conn->session = session;
    conn->trace = trace;
    trace_enter_ref(&conn->trace);
    log_debug("connected");
    conn->in_max = (uint32_t)ws.options.message_max;
    conn->heard_s = ws_now_s();
    conns_add(conn);
    ws.handlers.opened(session, conn);
}

void ws_conn_closed(struct ws_conn *conn)
{
    log_debug("disconnected");
    ws.handlers.closed(conn->session);
    conn->session = NULL;
    ws_write_forget(conn);
    conns_remove(conn);
    buf_fini(&conn->in);
    trace_leave();
    trace_ref_fini(&conn->trace);
}

void ws_conn_start(void)
{
    metric_register(&connections);
}
