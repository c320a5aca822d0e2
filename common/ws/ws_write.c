/* What leaves a connection. ws_send() queues and puts the connection on the list of those with something to say. At the
 * end of the turn (uv_prepare, just before the loop blocks) each of them gathers its whole queue into one buffer and
 * writes it with LWS_WRITE_RAW: the frames are framed already, and one system call carries them all. What the socket does
 * not take lws keeps and sends later; until then the connection waits for WRITEABLE and its queue grows, up to
 * queue_max. */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ws/ws_private.h"

#define TURN_STEPS_MAX 128
#define HOLD_CONNS_MIN 64
#define HOLD_US_PER_CONN 2
#define HOLD_TIMER_MS 2

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

/* ---- who has something to say ---- */

void ws_write_soon(struct ws_conn *conn)
{
    if (conn->dirty)
        return;
    conn->dirty = true;
    ws_conn_list_add(&ws.dirty, conn);
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

static void flush(struct ws_conn *conn)
{
    while (!outq_is_empty(&conn->out)) {
        if (lws_partial_buffered(conn->wsi) && !outq_is_begun(&conn->out))
            break; /* a frame that was begun goes to lws whole: it may put a PONG behind what it keeps */
        size_t n = outq_gather(&conn->out, ws.gather + LWS_PRE, GATHER_MAX);
        ws.counts.bytes += (int64_t)n;
        ws.counts.writes++;
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

void ws_conn_writeable(struct ws_conn *conn)
{
    flush(conn);
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

static void count(void)
{
    metric_add(&frames_out, ws.counts.queued);
    metric_add(&writes, ws.counts.writes);
    metric_add(&bytes_out, ws.counts.bytes);
    ws.counts = (struct ws_counts){0};
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
    count();
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

/* ---- queueing ---- */

void ws_send(struct ws_conn *conn, struct frame *frame)
{
    if (conn->closing) {
        frame_unref(frame);
        return;
    }
    struct outq *q = conn->held != NULL ? conn->held : &conn->out;
    outq_push(q, frame);
    ws.counts.queued++;
    if (q->bytes > ws.options.queue_max && q->n > 1) { /* a single frame may be longer */
        outq_clear(&conn->out);
        metric_add(&slow_consumers, 1);
        ws_close(conn, WS_CLOSE_SLOW_CONSUMER, "slow consumer");
        return;
    }
    if (q == &conn->out)
        ws_write_soon(conn);
}

void ws_send_ahead(struct ws_conn *conn, struct frame *frame)
{
    if (conn->closing) {
        frame_unref(frame);
        return;
    }
    outq_push(&conn->out, frame);
    ws.counts.queued++;
    ws_write_soon(conn);
}

void ws_send_text(struct ws_conn *conn, str payload)
{
    ws_send(conn, frame_text(payload));
}

void ws_drop_held(struct ws_conn *conn)
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
        ws_write_soon(conn);
    }
    ws_drop_held(conn);
}

size_t ws_queued(const struct ws_conn *conn)
{
    return conn->out.bytes;
}

void ws_tell_when_written(struct ws_conn *conn)
{
    conn->tells_written = true;
    ws_write_soon(conn);
}

void ws_conn_drop_queue(struct ws_conn *conn)
{
    outq_clear(&conn->out);
}

void ws_write_forget(struct ws_conn *conn)
{
    dirty_remove(conn);
    outq_clear(&conn->out);
    ws_drop_held(conn);
}

void ws_write_start(void)
{
    (void)uv_timer_init(ws.loop, &ws.hold);
    metric_register(&bytes_out);
    metric_register(&frames_out);
    metric_register(&writes);
    metric_register(&slow_consumers);
}
