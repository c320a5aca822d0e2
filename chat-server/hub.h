/* Who is here and who hears what, on this server alone: users with at least one connection, the conversations that
 * they are in ("rooms" here, direct ones too), and the subscriptions between them. Pure bookkeeping: no sockets, no
 * Redis, no time.
 *
 * A user stays as long as somebody holds it (connections, operations under way); a room as long as it has a
 * subscription or a hold. */
#ifndef CHATAPP_CHAT_HUB_H
#define CHATAPP_CHAT_HUB_H

#include "base/ids.h"
#include "base/map.h"
#include "base/username.h"

struct conn;    /* conn.h */
struct frame;   /* ws/frame.h */
struct arrival; /* delivery.c */
struct opening; /* open_direct.c */
struct joining; /* joining.c */

struct subscription {
    struct user *user;
    struct room *room;
    uint32_t in_user; /* index in user->subscriptions */
    uint32_t in_room; /* index in room->subscriptions */
};

/* A user who is signing in was taken out of a conversation: what was read of it before that seq is void. */
struct departure {
    struct conversation_id id;
    int64_t seq;
};

struct user {
    struct username name;
    struct conn **conns; /* those that are ready */
    uint32_t conns_n;
    uint32_t conns_cap;
    struct subscription **subscriptions;
    uint32_t subscriptions_n;
    uint32_t subscriptions_cap;
    uint32_t holds;
    uint32_t signing_in;          /* connections that are doing so */
    struct departure *departures; /* kept while they do */
    uint32_t departures_n;
    struct opening *openings; /* direct conversations being opened */
    struct joining *joinings; /* conversations being joined */
};

struct room {
    struct conversation_id id;
    bool live;          /* `delivered` is known */
    bool catching_up;   /* the log is being read */
    int64_t heard;      /* newest seq that a bell named before the room was live */
    int64_t delivered;  /* seq up to which this server's members have everything */
    struct frame *last; /* the frame of `delivered`, NULL when there is none */
    struct subscription **subscriptions;
    uint32_t subscriptions_n;
    uint32_t subscriptions_cap;
    uint32_t holds;
    uint32_t marked_over;    /* which connection to Redis; 0: none (due_marks.h) */
    int64_t marked_ms;       /* when it was last marked as written to */
    uint32_t mark;           /* whoever goes over many rooms may leave one (server->marks) */
    struct arrival *pending; /* frames beyond a gap, ascending */
};

struct hub {
    struct map users;                                    /* by name */
    struct map rooms;                                    /* by id */
    void (*room_gone)(void *context, struct room *room); /* the last one left; about to be freed */
    void (*user_gone)(void *context, struct user *user);
    void *context;
};

void hub_fini(struct hub *hub);

struct user *hub_user(struct hub *hub, str name); /* NULL when not here */
/* The user, made when not here yet, with one hold more. */
struct user *hub_hold_user(struct hub *hub, str name);
/* The last hold gone: the user's subscriptions end, and the user. */
void hub_release_user(struct hub *hub, struct user *user);

struct room *hub_room(struct hub *hub, str id);
struct room *hub_hold_room(struct hub *hub, str id);
void hub_release_room(struct hub *hub, struct room *room);

/* A ready connection of the user; the caller also holds the user for it. */
void hub_add_conn(struct user *user, struct conn *conn);
void hub_remove_conn(struct user *user, struct conn *conn);

struct subscription *hub_subscription(const struct user *user, const struct room *room);
/* Does nothing when there is one already. */
void hub_subscribe(struct user *user, struct room *room);
void hub_unsubscribe(struct hub *hub, struct user *user, struct room *room);

/* Begin and end of a sign-in; in between departures are remembered. */
void hub_sign_in_begins(struct user *user);
void hub_sign_in_ends(struct user *user);
void hub_note_departure(struct user *user, const struct room *room, int64_t seq);
/* Was the user taken out after `seq`? */
bool hub_has_departed(const struct user *user, const struct room *room, int64_t seq);

#endif
