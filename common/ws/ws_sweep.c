/* Time: pings and their answers, peers that do not take a close frame, and the drain. There is no timer for any
 * single connection; each tick looks at a share of them. */
#include "base/clock.h"
#include "ws/ws_private.h"

#define CLOSING_MAX_S 5
#define SWEEP_TICK_MS 100
#define SWEEP_CYCLE 10 /* ticks until every connection was looked at */
#define SWEEP_S 1      /* that is */
#define DRAIN_TICK_MS 100

static void look_after(struct ws_conn *conn)
{
    uint32_t silent_s = ws_now_s() - conn->heard_s;

    if (conn->closing) {
        if (silent_s >= CLOSING_MAX_S)
            ws_conn_kill(conn);
        return;
    }
    if (conn->paused) { /* its answers are not read either */
        conn->heard_s = ws_now_s();
        return;
    }
    /* A sweep early, so that a dead peer is found within two intervals. */
    uint32_t interval_s = (uint32_t)ws.options.ping_s;
    uint32_t ping_s = interval_s > 2 * SWEEP_S ? interval_s - SWEEP_S : interval_s;
    if (silent_s >= 2 * ping_s) {
        ws_conn_drop_queue(conn);
        ws_close(conn, WS_CLOSE_NO_PONG, "no answer to ping");
    } else if (silent_s >= ping_s && !conn->pinged) {
        conn->pinged = true;
        ws_send_ahead(conn, frame_ref(ws.ping));
    }
}

static void sweep(uv_timer_t *timer)
{
    (void)timer;
    size_t share = ws.conns.n / SWEEP_CYCLE + 1;
    for (size_t i = 0; i < share && ws.conns.n > 0; i++) {
        ws.sweep_at = ws.sweep_at + 1 < ws.conns.n ? ws.sweep_at + 1 : 0;
        look_after(ws.conns.v[ws.sweep_at]);
    }
}

static bool is_busy(const struct ws_conn *conn)
{
    return ws.handlers.busy != NULL && ws.handlers.busy(conn->session);
}

static void drain_some(uv_timer_t *timer)
{
    int64_t left_ms = ws.drain_until_ms - clock_mono_ms();
    size_t open = 0;

    for (size_t i = 0; i < ws.conns.n; i++)
        open += !ws.conns.v[i]->deaf;
    if (ws.conns.n == 0 || left_ms <= 0) {
        (void)uv_timer_stop(timer);
        ws.drained(ws.drained_context);
        return;
    }
    /* All are told by two thirds of the time; the rest is for their answers. */
    int64_t ticks = left_ms * 2 / 3 / DRAIN_TICK_MS;
    size_t share = ticks > 0 ? open / (size_t)ticks + 1 : open;
    /* First deaf, and closed when what it had sent before is stored and answered, or at two thirds of the time. */
    for (size_t i = 0; i < ws.conns.n; i++) {
        struct ws_conn *conn = ws.conns.v[i];
        if (conn->deaf && (ticks <= 0 || !is_busy(conn)))
            ws_close(conn, WS_CLOSE_RESTART, "restart");
    }
    for (size_t i = 0; i < ws.conns.n && share > 0; i++) {
        if (ws.conns.v[i]->deaf)
            continue;
        ws.conns.v[i]->deaf = true;
        share--;
    }
}

void ws_server_drain(int64_t drain_ms, void (*drained)(void *context), void *context)
{
    ws.drained = drained;
    ws.drained_context = context;
    ws.drain_until_ms = clock_mono_ms() + drain_ms;
    ws_listener_close(&ws.listener);
    (void)uv_timer_start(&ws.drain, drain_some, 0, DRAIN_TICK_MS);
}

void ws_sweep_start(void)
{
    (void)uv_timer_init(ws.loop, &ws.sweep);
    (void)uv_timer_start(&ws.sweep, sweep, SWEEP_TICK_MS, SWEEP_TICK_MS);
    (void)uv_timer_init(ws.loop, &ws.drain);
}
