/* One client's connection.
 *
 *     CONN_UNSIGNED ──auth frame──► CONN_SIGNING_IN ──conversations read──► CONN_READY
 *            └─ 5 s: 4408            (header: begins here)
 *     any ──► closed
 *
 * Frames that come while signing in wait (door.h), and are handled once ready. */
#ifndef CHATAPP_CHAT_CONN_H
#define CHATAPP_CHAT_CONN_H

#include "auth/token.h"
#include "conn_table.h"
#include "frames_out.h"
#include "server.h"
#include "ws/ws_server.h"

enum conn_state { CONN_UNSIGNED, CONN_SIGNING_IN, CONN_READY };

struct door;      /* door.c */
struct positions; /* positions.c */
struct sync;      /* sync.c */

struct conn {
    struct server *server;
    struct ws_conn *ws; /* NULL before `opened` */
    struct user *user;  /* held; NULL before sign-in */
    struct conn_ref ref;
    enum conn_state state;
    uint32_t load;      /* asked of Redis and not answered yet; too much, and it is not read from */
    struct rate frames; /* other than `send` */
    char session[ID_LEN + 1];
    bool throttled;
    uint16_t refusals;           /* frames over a rate, since it was last throttled for that */
    const char *address;         /* the tally's */
    struct door *door;           /* NULL once ready */
    struct positions *positions; /* what `ready` stood for; NULL a while later */
    struct sync *syncs;          /* the first one is under way */
};

extern const struct ws_handlers CONN_HANDLERS; /* context: the server */

/* Becomes ready: counted as one of its user's, `ready` (the frame's JSON) sent, early frames handled. */
void conn_ready(struct conn *conn, str ready);

void conn_send(struct conn *conn, str frame);
/* One frame, shared, to all connections of a user, or of everybody in a room, but `except` (NULL: none). The caller
 * keeps its reference. Returns to how many. */
int64_t conn_send_to_user(const struct user *user, struct frame *frame, const struct conn *except);
int64_t conn_send_to_room(const struct room *room, struct frame *frame, const struct conn *except);
void conn_error(struct conn *conn, str id, enum error_code code, const char *field,
                const char *message);

/* Is its user among those who get the conversation's frames here? */
bool conn_is_subscribed(const struct conn *conn, str conversation);

/* Answers `rate_limited`. Who takes no notice is not read from for a while: refusing costs as much as serving. */
void conn_refuse(struct conn *conn, str id, const char *message);
/* Counts a frame that is no message (or no good one); false: over the rate, and refused. */
bool conn_allows_frame(struct conn *conn, str id);
/* Reads again from those; every 100 ms. */
void conn_unthrottle(struct server *server);

/* A request of the connection goes to Redis, and has come back (the connection may be gone by then). */
#define CONN_LOAD_SMALL 1
#define CONN_LOAD_PAGE 16
void conn_load(struct conn *conn, uint32_t load);
void conn_unload(struct server *server, struct conn_ref ref, uint32_t load);

/* Closes every connection that has signed in. */
void conn_close_all(struct server *server, enum ws_close_code code, const char *reason);

#endif
