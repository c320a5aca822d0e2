/* A connection: established → (receive | flush)* → closing → closed.
 *
 * Writing. ws_send() queues and puts the connection on the list of those with something to say. At the end of the
 * turn (uv_prepare, just before the loop blocks) each of them gathers its whole queue into one buffer and writes it
 * with LWS_WRITE_RAW: the frames are framed already, and one system call carries them all. What the socket does not
 * take lws keeps and sends later; until then the connection waits for WRITEABLE and its queue grows, up to
 * queue_max.
 *
 * Closing. ws_close() puts a close frame at the end of the queue; the connection ends when the peer answers with its
 * own, or when it has not done so in time (ws_sweep.c). lws's way, lws_close_reason() and -1 from a callback, does
 * not work here: Debian's build closes twice with libuv, and drops the socket before the close frame is written. */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "ws/ws_private.h"

#define TURN_STEPS_MAX 128
#define HOLD_CONNS_MIN 64
#define HOLD_US_PER_CONN 2
#define HOLD_TIMER_MS 2

static struct metric connections = {
    .name = "chatapp_ws_connections", .kind = METRIC_GAUGE, .help = "Open WebSocket connections"};
static struct metric bytes_out = {.name = "chatapp_ws_sent_bytes_total",
                                  .kind = METRIC_COUNTER,
                                  .help = "Bytes of frames given to the kernel"};
static struct metric writes = {
    .name = "chatapp_ws_writes_total",
    .kind = METRIC_COUNTER,
    .help = "Writes to sockets; frames divided by writes is how well they are gathered"};
static struct metric frames_out = {.name = "chatapp_ws_sent_frames_total",
                                   .kind = METRIC_COUNTER,
                                   .help = "Frames queued for a connection"};
static struct metric slow_consumers = {.name = "chatapp_ws_slow_consumers_total",
                                       .kind = METRIC_COUNTER,
                                       .help = "Connections closed because they did not read"};

/* ---- lists ---- */

static void list_add(struct ws_conn_list *list, struct ws_conn *conn)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->v = mem_array(list->v, list->cap, sizeof(struct ws_conn *));
    }
    list->v[list->n++] = conn;
}

static void conns_add(struct ws_conn *conn)
{
    conn->index = (uint32_t)ws.conns.n;
    list_add(&ws.conns, conn);
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

static void dirty_add(struct ws_conn *conn)
{
    if (conn->dirty)
        return;
    conn->dirty = true;
    list_add(&ws.dirty, conn);
}

static void dirty_remove(struct ws_conn *conn)
{
    if (!conn->dirty)
        return;
    for (size_t i = 0; i < ws.dirty.n; i++)
        if (ws.dirty.v[i] == conn)
            ws.dirty.v[i] = NULL;
}

/* ---- writing ---- */

void ws_conn_kill(struct ws_conn *conn)
{
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void flush(struct ws_conn *conn)
{
    while (!outq_is_empty(&conn->out)) {
        if (lws_partial_buffered(conn->wsi) && !outq_is_begun(&conn->out))
            break; /* a frame that was begun goes to lws whole: it may put a PONG behind what it keeps */
        size_t n = outq_gather(&conn->out, ws.gather + LWS_PRE, GATHER_MAX);
        metric_add(&bytes_out, (int64_t)n);
        metric_add(&writes, 1);
        if (lws_write(conn->wsi, ws.gather + LWS_PRE, n, LWS_WRITE_RAW) < 0) {
            outq_clear(&conn->out);
            ws_conn_kill(conn);
            return;
        }
    }
    if (lws_partial_buffered(conn->wsi)) {
        (void)lws_callback_on_writable(conn->wsi);
    } else if (conn->closing) {
        (void)shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR); /* nothing follows a close frame */
    } else if (conn->tells_written) {
        conn->tells_written = false;
        ws.handlers.written(conn->session);
    }
}

static void hold_is_over(uv_timer_t *timer)
{
    (void)timer; /* the turn that this woke ends in ws_flush_dirty() */
}

/* A system call for each connection is what fan-out costs, so when many connections are to be written to and more is
 * on its way from Redis, waiting for it is cheaper than writing twice. The wait is bounded by a share of the time that
 * the writing itself takes; few connections (direct messages) never wait. */
static bool should_hold(void)
{
    int64_t now_us = clock_mono_us();

    if (ws.dirty.n < HOLD_CONNS_MIN || ws.options.more_is_coming == NULL ||
        !ws.options.more_is_coming(ws.context))
        return false;
    if (ws.held_us == 0) {
        ws.held_us = now_us;
        (void)uv_timer_start(&ws.hold, hold_is_over, HOLD_TIMER_MS, 0);
    }
    return now_us - ws.held_us < (int64_t)ws.dirty.n * HOLD_US_PER_CONN;
}

void ws_flush_dirty(void)
{
    if (should_hold())
        return;
    if (ws.held_us != 0)
        (void)uv_timer_stop(&ws.hold);
    ws.held_us = 0;
    for (size_t i = 0; i < ws.dirty.n; i++) {
        struct ws_conn *conn = ws.dirty.v[i];
        if (conn == NULL)
            continue;
        conn->dirty = false;
        flush(conn);
    }
    ws.dirty.n = 0;
}

void ws_turn_step(unsigned steps)
{
    ws.steps += steps;
    if (ws.steps < TURN_STEPS_MAX)
        return;
    ws.steps = 0;
    if (ws.options.flush_store != NULL)
        ws.options.flush_store(ws.context);
    ws_flush_dirty();
}

void ws_send(struct ws_conn *conn, struct frame *frame)
{
    if (conn->closing) {
        frame_unref(frame);
        return;
    }
    struct outq *q = conn->held != NULL ? conn->held : &conn->out;
    outq_push(q, frame);
    metric_add(&frames_out, 1);
    if (q->bytes > ws.options.queue_max && q->n > 1) { /* a single frame may be longer */
        outq_clear(&conn->out);
        metric_add(&slow_consumers, 1);
        ws_close(conn, WS_CLOSE_SLOW_CONSUMER, "slow consumer");
        return;
    }
    if (q == &conn->out)
        dirty_add(conn);
}

void ws_send_ahead(struct ws_conn *conn, struct frame *frame)
{
    if (conn->closing) {
        frame_unref(frame);
        return;
    }
    outq_push(&conn->out, frame);
    metric_add(&frames_out, 1);
    dirty_add(conn);
}

static void drop_held(struct ws_conn *conn)
{
    if (conn->held == NULL)
        return;
    outq_clear(conn->held);
    free(conn->held);
    conn->held = NULL;
}

void ws_hold(struct ws_conn *conn)
{
    if (conn->held == NULL && !conn->closing)
        conn->held = mem_zalloc(sizeof *conn->held);
}

void ws_release(struct ws_conn *conn)
{
    if (conn->held == NULL)
        return;
    if (!outq_is_empty(conn->held)) {
        outq_append(&conn->out, conn->held);
        dirty_add(conn);
    }
    drop_held(conn);
}

size_t ws_queued(const struct ws_conn *conn)
{
    return conn->out.bytes;
}

void ws_tell_when_written(struct ws_conn *conn)
{
    conn->tells_written = true;
    dirty_add(conn);
}

void ws_send_text(struct ws_conn *conn, str payload)
{
    ws_send(conn, frame_text(payload));
}

void ws_close(struct ws_conn *conn, enum ws_close_code code, const char *reason)
{
    if (conn->closing)
        return;
    ws_resume(conn); /* to hear the peer's answer */
    drop_held(conn);
    conn->closing = true;
    conn->heard_s = ws_now_s();
    buf_fini(&conn->in);
    outq_push(&conn->out, frame_close(code, reason));
    dirty_add(conn);
}

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

bool ws_is_closing(const struct ws_conn *conn)
{
    return conn->closing;
}

void ws_limit_message(struct ws_conn *conn, size_t bytes)
{
    conn->in_max = (uint32_t)bytes;
}

void ws_conn_writeable(struct ws_conn *conn)
{
    flush(conn);
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
    dirty_remove(conn);
    conns_remove(conn);
    outq_clear(&conn->out);
    drop_held(conn);
    buf_fini(&conn->in);
    trace_leave();
    trace_ref_fini(&conn->trace);
}

void ws_conn_drop_queue(struct ws_conn *conn)
{
    outq_clear(&conn->out);
}

void ws_conn_start(void)
{
    (void)uv_timer_init(ws.loop, &ws.hold);
    metric_register(&connections);
    metric_register(&bytes_out);
    metric_register(&frames_out);
    metric_register(&writes);
    metric_register(&slow_consumers);
}
