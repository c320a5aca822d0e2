/* From a good token to `ready`: is the session alive, who are the user's contacts, and what are those?
 *
 * Sign-ins take turns at asking Redis, a few at a time: however many come at once, those who are there already go on as
 * before, and nobody is refused. */
#ifndef CHATAPP_PRESENCE_SIGN_IN_H
#define CHATAPP_PRESENCE_SIGN_IN_H

#include <stddef.h>

#include "auth/token.h"

struct conn;
struct server;
struct user;

struct sign_in_line { /* those whose turn will come */
    struct sign_in *first;
    struct sign_in *last;
    size_t asking;
};

/* Ends in conn_ready() or in closing the connection. */
void sign_in_begin(struct conn *conn, const struct claims *claims);
/* All that the user watches is known now: those of the user that wait for it go on. */
void sign_in_finish(struct server *server, struct user *user);
/* It could not be found out. */
void sign_in_give_up(struct server *server, struct user *user);
/* The process ends: forgets those that wait. */
void sign_in_fini(struct server *server);

#endif
