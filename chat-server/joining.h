/* A user who is connected becomes a member of a conversation, or is found to be one: the user's connections get a
 * `conversation` frame, then every frame since the user joined, and from then on what is delivered. */
#ifndef CHATAPP_CHAT_JOINING_H
#define CHATAPP_CHAT_JOINING_H

#include "server.h"

typedef void joining_done_fn(void *context, enum err err);

#define JOINED_UNKNOWN (-1) /* begin after what the user has read, which joining sets */

/* `after`: frames beyond this seq are new to the user. Nothing happens when the user is subscribed or joining
 * already. */
void joining_begin(struct server *server, struct user *user, str conversation, int64_t after);
/* The same; `done` is called once the user is subscribed (at once when it is so already), or with ERR_NOT_FOUND (no
 * member) or ERR_UNAVAILABLE. At most one caller waits for one joining. */
void joining_wait(struct server *server, struct user *user, str conversation, int64_t after,
                  joining_done_fn *done, void *context);

/* A connection became ready, and its `ready` names the conversation up to seq: it needs no more of it than what comes
 * after. To be told before the connection's sign-in ends. */
void joining_knows(struct user *user, struct conn_ref conn, str conversation, int64_t seq);
/* The user's sign-ins are over: go on with what has waited for that. */
void joining_unpark(struct server *server, struct user *user);

/* Goes on with those that a Redis away has stopped half-way; to be called several times a second. */
void joining_retry(struct server *server);
/* Ends them; before the hub does. */
void joining_give_up(struct server *server);

#endif
