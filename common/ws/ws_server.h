/* Singleton: the process's one WebSocket server (RFC 6455, 7692 not offered) on libwebsockets and libuv; also
 * answers /healthz, /readyz and /metrics. Nobody above knows libwebsockets (ws_private.h).
 *
 * A connection's life: upgrade → opened → text … → closed. Writing never blocks: frames are queued, and all that a
 * connection has queued in one turn of the loop leaves in one write at the turn's end. */
#ifndef CHATAPP_WS_WS_SERVER_H
#define CHATAPP_WS_WS_SERVER_H

#include <uv.h>

#include "base/err.h"
#include "ws/frame.h"

/* Close codes: RFC 6455 7.4.1, and ours from 4000 on. */
enum ws_close_code {
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_NOT_TEXT = 1003,
    WS_CLOSE_NOT_UTF8 = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_RESTART = 1012,
    WS_CLOSE_OVERLOADED = 1013,
    WS_CLOSE_SLOW_CONSUMER = 4001,
    WS_CLOSE_NO_PONG = 4002,
    WS_CLOSE_NOT_SIGNED_IN = 4401,
    WS_CLOSE_REFUSED = 4403,
    WS_CLOSE_NO_AUTH_IN_TIME = 4408,
    WS_CLOSE_TOO_MANY = 4429,
};

struct ws_conn; /* a connection; valid from `opened` until `closed` returns */

/* Headers of the upgrade; borrowed for the call. Missing ones are empty. */
struct ws_request {
    str path;
    str authorization;
    char address[46]; /* the client's, as text */
};

struct ws_handlers {
    /* May this client come in? The status of a refusal (401, 404, 429, 503), or 0 and the owner's session for the
     * connection; `closed` will be called for it in any case. */
    int (*upgrade)(void *context, const struct ws_request *request, void **session_out);
    void (*opened)(void *session, struct ws_conn *conn);
    void (*text)(void *session, str message); /* a whole message, valid UTF-8; borrowed */
    void (*closed)(void *session);            /* free it */
    bool (*busy)(
        void *session); /* is something it sent not answered yet? For the drain; may be NULL */
    void (*written)(void *session); /* as asked for with ws_tell_when_written(); may be NULL */
};

struct ws_options {
    const char *allowed_origins; /* origin.h */
    size_t message_max;          /* bytes of a client's message; more is closed with 1009 */
    size_t queue_max;            /* bytes waiting for one connection; more is closed with 4001 */
    size_t connections_max;      /* more are refused with 503; 0: any number */
    /* Will there be more to write within a moment? Then a write to many connections waits for it (ws_write.c). May be
     * NULL. Called with the handlers' context. */
    bool (*more_is_coming)(void *context);
    /* Sends what waits for the store: called in the middle of a long turn, see ws_turn_step(). May be NULL. */
    void (*flush_store)(void *context);
    int ping_s; /* silence before a ping; after as much again it is closed with 4002 */
};

/* Takes over a socket that listens; who connects waits until ws_server_accept(). ERR_IO: logged. Keeps the options'
 * texts and the context. */
MUST_USE enum err ws_server_open(uv_loop_t *loop, int listen_fd, const struct ws_options *options,
                                 const struct ws_handlers *handlers, void *context);
void ws_server_accept(void);
size_t ws_server_connections(void);
size_t ws_server_connections_max(void); /* 0: any number */

/* Queues the frame; takes over the caller's reference. Nothing happens on a connection that is closing. */
void ws_send(struct ws_conn *conn, struct frame *frame);
void ws_send_text(struct ws_conn *conn, str payload);
/* A batch: from ws_hold() on, what ws_send() is given waits aside (within queue_max, as ever), so that frames of
 * ws_send_ahead() form an unbroken run; ws_release() lets it go. Whoever sends ahead keeps an eye on ws_queued(),
 * for which there is no limit, and may ask to be told, once, when everything is written. */
void ws_hold(struct ws_conn *conn);
void ws_release(struct ws_conn *conn);
void ws_send_ahead(struct ws_conn *conn, struct frame *frame);
size_t ws_queued(const struct ws_conn *conn);
void ws_tell_when_written(struct ws_conn *conn);
/* Closes once what is queued is written (not what is held). `reason` ends up in the close frame, at most 123 bytes. */
void ws_close(struct ws_conn *conn, enum ws_close_code code, const char *reason);
bool ws_is_closing(const struct ws_conn *conn);
/* Stops reading, so that TCP holds the peer back, and goes on. */
void ws_pause(struct ws_conn *conn);
void ws_resume(struct ws_conn *conn);
/* The longest message from now on: short before sign-in. */
void ws_limit_message(struct ws_conn *conn, size_t bytes);

/* No new connections; those there are closed with 1012, evenly over drain_ms; then `drained` is called, once. */
void ws_server_drain(int64_t drain_ms, void (*drained)(void *context), void *context);
/* Ends all connections at once (`closed` is called for each) and lets go of the loop, which must then run until
 * nothing is left in it; after that ws_server_free(). */
void ws_server_close(void);
void ws_server_free(void);

#endif
