/* From a good token to `ready`: is the session alive, which conversations has the user, what is there to know of each?
 * This server registers for all of them before it reads where they stand, so that nothing falls between.
 *
 * Sign-ins take turns at asking Redis, a few questions in all at a time: however many come at once, those who are
 * there already go on as before, and nobody is refused. */
#ifndef CHATAPP_CHAT_SIGN_IN_H
#define CHATAPP_CHAT_SIGN_IN_H

#include <stddef.h>

#include "auth/token.h"

struct conn;

struct sign_in_line { /* those whose turn will come */
    struct sign_in *first;
    struct sign_in *last;
    size_t asking; /* questions on their way to Redis and back */
};

/* Ends in conn_ready() or in closing the connection. */
void sign_in_begin(struct conn *conn, const struct claims *claims);

#endif
