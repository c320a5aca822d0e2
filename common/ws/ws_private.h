/* What the files that know libwebsockets share: ws_server.c (the server and lws's callbacks), ws_conn.c (a connection),
 * ws_write.c (what leaves it), ws_sweep.c (pings, time-outs and the drain) and ws_http.c (plain HTTP and refused upgrades). */
#ifndef CHATAPP_WS_WS_PRIVATE_H
#define CHATAPP_WS_WS_PRIVATE_H

#include <libwebsockets.h>

#include "base/buf.h"
#include "base/mem.h"
#include "daemon/metrics.h"
#include "daemon/trace.h"
#include "ws/outq.h"
#include "ws/ws_listener.h"
#include "ws/ws_server.h"

#define HEADER_MAX 2048        /* of one header that we look at */
#define GATHER_MAX (64 * 1024) /* bytes of one write; lws's tx_packet_size, too */

struct ws_conn { /* lws's per-session data: zeroed by lws, freed by lws */
    struct lws *wsi;
    void *session;
    struct outq out;
    struct outq *held;      /* what waits behind a batch (ws_hold); NULL: nothing is held */
    struct trace_ref trace; /* of the upgrade, and so of the connection */
    struct buf in;          /* the message so far, when it did not come in one piece */
    uint32_t index;         /* in ws.conns */
    uint32_t in_max;
    uint32_t heard_s;   /* when the peer last gave a sign of life, or when closing began */
    bool tells_written; /* the owner wants to know when all is written */
    bool pinged;
    bool dirty;       /* in ws.dirty */
    bool paused;      /* not read from */
    bool closing;     /* our close frame is queued or sent */
    bool peer_closes; /* the peer's has come */
    bool deaf; /* draining: what it says now is not accepted, what was accepted is still answered */
};

struct ws_conn_list {
    struct ws_conn **v;
    size_t n;
    size_t cap;
};

struct ws_counts {  /* gathered for the metrics, which cost more than an addition */
    int64_t queued; /* frames */
    int64_t writes;
    int64_t bytes;
};

struct ws_server { /* the Singleton */
    struct ws_options options;
    struct ws_handlers handlers;
    void *context;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct ws_listener *listener; /* NULL while draining */
    uv_loop_t *loop;
    uv_prepare_t turn_end;
    uv_timer_t sweep;
    uv_timer_t drain;
    struct ws_conn_list conns;
    struct ws_conn_list dirty; /* with something to write; NULL: gone meanwhile */
    int64_t held_us;           /* since when they wait for more; 0: they do not */
    uv_timer_t hold;
    size_t sweep_at;
    unsigned steps;          /* of the turn so far */
    struct ws_counts counts; /* of the turn so far */
    struct frame *ping;
    /* Of the upgrade under way: lws goes on to ESTABLISHED in the same call. */
    void *upgraded; /* its session */
    struct trace_ref upgraded_trace;
    int64_t drain_until_ms;
    void (*drained)(void *context);
    void *drained_context;
    unsigned char gather[LWS_PRE + GATHER_MAX];
};

extern struct ws_server ws;

static inline uint32_t ws_now_s(void)
{
    return (uint32_t)(uv_now(ws.loop) / 1000);
}

static inline void ws_conn_list_add(struct ws_conn_list *list, struct ws_conn *conn)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->v = mem_array(list->v, list->cap, sizeof(struct ws_conn *));
    }
    list->v[list->n++] = conn;
}

/* ---- ws_conn.c ---- */

void ws_conn_established(struct ws_conn *conn, struct lws *wsi, void *session,
                         struct trace_ref trace);
void ws_conn_receive(struct ws_conn *conn, str piece);
void ws_conn_heard(struct ws_conn *conn);
/* The peer's close frame, with its code and reason: true when ours has been sent, and all is said. Else lws answers it. */
bool ws_conn_peer_closes(struct ws_conn *conn, str payload);
/* lws is about to drop the connection, perhaps because the peer broke the protocol: it should hear that (1002), which
 * lws forgets to say. */
void ws_conn_dropped(struct ws_conn *conn);
void ws_conn_closed(struct ws_conn *conn);
/* Ends it without a close frame. */
void ws_conn_kill(struct ws_conn *conn);
void ws_conn_start(void);

/* ---- ws_write.c ---- */

/* Something is in its queue: to be written at the end of this turn. */
void ws_write_soon(struct ws_conn *conn);
void ws_conn_writeable(struct ws_conn *conn);
void ws_conn_drop_queue(struct ws_conn *conn);
void ws_drop_held(struct ws_conn *conn);
/* All that it still had to say; it has gone. */
void ws_write_forget(struct ws_conn *conn);
/* At the end of a turn of the loop: all that was queued in it, unless it pays to wait for more. */
void ws_flush_dirty(void);
/* After each piece of work in a turn, of so many steps. libuv takes up to 48 times 1,024 events in one turn: after enough
 * of them what they have led to is sent, to Redis and to clients, though the turn goes on. */
void ws_turn_step(unsigned steps);
void ws_write_start(void);

/* ---- ws_sweep.c ---- */

void ws_sweep_start(void);

/* ---- ws_http.c ---- */

void ws_http_start(void);
/* The names under which the log and the answer know what is asked; the caller's to fini. */
struct trace_ref ws_http_trace(struct lws *wsi);
/* A plain GET: health, readiness, metrics, or an error. Returns what the lws callback must return. */
int ws_http_answer(struct lws *wsi, str path);
/* Refuses an upgrade with an HTTP status; returns what the lws callback must return. */
int ws_http_refuse(struct lws *wsi, int status);
/* The status to refuse a malformed upgrade with, or 0 (RFC 6455, 4.2.1). */
int ws_http_check_upgrade(struct lws *wsi);
/* A header's value into `text`, empty when there is none. STR_NONE: it is longer than `size`. */
str ws_http_header(struct lws *wsi, enum lws_token_indexes token, char *text, size_t size);

#endif
