/* What all connections of one process share, whatever the daemon serves: who may come in, how many and for how long,
 * and when they have to go; and what the process is to the other servers: an id, and channels in Redis on which they
 * ring for it.
 *
 *     ws_server ── conn_base ── door ──auth──► the daemon's sign-in ──► conn_become_ready ── conn_dispatch ──► its frames
 *                                  │                                          │
 *                              keyring: tokens                    sessions, ended: until the session ends
 *
 * A daemon describes itself in a struct conn_kind and a struct conn_events, and has a `struct conn` that begins with a
 * struct conn_base. */
#ifndef CHATAPP_CONN_CONN_SERVER_H
#define CHATAPP_CONN_CONN_SERVER_H

#include "auth/token.h"
#include "base/ids.h"
#include "conn/conn_dispatch.h"
#include "conn/conn_settings.h"
#include "conn/conn_table.h"
#include "conn/door.h"
#include "conn/tally.h"
#include "session/ended.h"
#include "session/keyring.h"
#include "ws/ws_daemon.h"

struct conn_kind {
    const char *path; /* of the upgrade */
    size_t conn_size; /* of its struct conn */
    const struct frame_type *frames;
    size_t frames_n;
    void (*made)(struct conn *conn, void *context); /* at the upgrade: the rest is zero */
    /* The token is good. Ends in conn_become_ready() or in closing the connection. */
    void (*sign_in)(struct conn *conn, const struct claims *claims);
    void (*closed)(struct conn *conn);    /* about to be freed; in any state */
    void (*written)(struct conn *conn);   /* ws_server.h; may be NULL */
    str (*user)(const struct conn *conn); /* whose it is, once it is ready */
    /* A session has ended: is anybody of that user here; and, when it is certain, their connections must go. */
    bool (*has_user)(void *context, str user);
    void (*session_gone)(void *context, str user, str session);
    bool (*more_is_coming)(void *context); /* ws_server.h; may be NULL */
};

/* What happens on the daemon's event loop, each called with its context. It listens to one channel of its own, which ends
 * with its id, to one that all servers of its kind share (may be NULL), and to CHANNEL_ENDED. */
struct conn_events {
    const char *own_channel; /* what it begins with */
    const char *shared_channel;
    void (*redis_up)(void *context); /* Redis is there (again); its channels perhaps not yet */
    void (*bells_up)(void *context); /* both are: what rang before was missed */
    void (*bell)(void *context, str channel, str payload);
    void (*tick)(void *context, int64_t now_ms); /* ten times a second, for what expires */
};

/* The first five are the daemon's to fill in, and stay. */
struct conn_server {
    const struct conn_kind *kind;
    const struct conn_events *events;
    const struct conn_settings *settings;
    void *context; /* for its kind and its events */
    struct ws_daemon *daemon;
    struct id node; /* new at each start */
    struct redis_subscriber *subscriber;
    uv_timer_t tick;
    struct conn_table table;
    struct tally addresses;
    struct door_line doors;
    struct conn_ref *throttled; /* those that are not read from until the next tick */
    size_t throttled_n;
    struct keyring *keyring;
    struct ended *ended;
    struct sessions *sessions;
};

/* Initialises the daemon. Nothing happens before its loop runs. ERR_INVALID: the URL of Redis is not good; logged. */
MUST_USE enum err conn_server_open(struct conn_server *s, const struct daemon_settings *common);
/* ERR_IO: logged. Owns the socket, which listens. */
MUST_USE enum err conn_server_listen(struct conn_server *s, int listen_fd);
/* Is Redis there, and can clients sign in? Else a line is appended to `why`. */
bool conn_server_is_ready(const struct conn_server *s, struct buf *why);
/* Before ws_daemon_fini(), and after it. */
void conn_server_close(struct conn_server *s);
void conn_server_fini(struct conn_server *s);

/* NULL when gone. */
static inline struct conn *conn_get(const struct conn_server *s, struct conn_ref ref)
{
    return conn_table_get(&s->table, ref);
}

#endif
