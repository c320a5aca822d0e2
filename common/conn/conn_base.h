/* The life of a client's connection, as far as all daemons share it.
 *
 *     CONN_UNSIGNED ──auth frame──► CONN_SIGNING_IN ──the daemon knows enough──► CONN_READY
 *            └─ 5 s: 4408            (header: begins here)
 *     any ──► closed
 *
 * Frames that come while signing in wait (door.h), and are handled once ready. */
#ifndef CHATAPP_CONN_CONN_BASE_H
#define CHATAPP_CONN_CONN_BASE_H

#include "base/ids.h"
#include "base/rate.h"
#include "conn/conn_server.h"
#include "conn/frame_out.h"

enum conn_state { CONN_UNSIGNED, CONN_SIGNING_IN, CONN_READY };

struct conn_base { /* the first member of the daemon's struct conn */
    struct conn_server *owner;
    struct ws_conn *ws; /* NULL before `opened` */
    struct conn_ref ref;
    enum conn_state state;
    uint32_t load;      /* conn_pace.h */
    struct rate frames; /* other than those with a rate of their own */
    char session[ID_LEN + 1];
    bool throttled;
    uint16_t refusals;   /* frames over a rate, since it was last throttled for that */
    const char *address; /* the tally's */
    struct door *door;   /* NULL once ready */
};

static inline struct conn_base *conn_base(struct conn *conn)
{
    return (struct conn_base *)conn;
}

static inline const struct conn_base *conn_base_const(const struct conn *conn)
{
    return (const struct conn_base *)conn;
}

extern const struct ws_handlers CONN_HANDLERS; /* context: the struct conn_server */

/* The daemon begins to sign it in: it has the session of the token. */
void conn_begin_sign_in(struct conn *conn, const struct claims *claims);
/* Becomes ready: `ready` (the frame's JSON) sent, early frames handled, and the session looked up again when it ended
 * meanwhile. */
void conn_become_ready(struct conn *conn, str ready);

void conn_send(struct conn *conn, str frame);
/* If it is still there. */
void conn_close(const struct conn_server *owner, struct conn_ref ref, enum ws_close_code code,
                const char *reason);
void conn_error(struct conn *conn, str id, enum error_code code, const char *field,
                const char *message);

#endif
