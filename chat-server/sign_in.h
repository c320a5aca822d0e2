/* From a good token to `ready`: is the session alive, which conversations has the user, what is there to know of each?
 * This server registers for all of them before it reads where they stand, so that nothing falls between. */
#ifndef CHATAPP_CHAT_SIGN_IN_H
#define CHATAPP_CHAT_SIGN_IN_H

#include "auth/token.h"

struct conn;

#define READY_CONVERSATIONS_MAX 100
#define READY_BYTES_MAX (512 * 1024)

/* Ends in conn_ready() or in closing the connection. */
void sign_in_begin(struct conn *conn, const struct claims *claims);

#endif
