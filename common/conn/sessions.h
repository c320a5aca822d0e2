/* Connections live as long as their session does. That one ended is heard through session/ended.h, and then looked up,
 * since an ending may be announced before or after it took place; and because what is heard may be lost, every open
 * connection's session is looked up twice a minute anyway. */
#ifndef CHATAPP_CONN_SESSIONS_H
#define CHATAPP_CONN_SESSIONS_H

#include "base/str.h"

struct conn_server;
struct sessions;

struct sessions *sessions_open(struct conn_server *server);
void sessions_close(struct sessions **sessions);

/* Closes the connections of the session with 4401 if it is gone: looks now, and again a moment later. */
void sessions_verify(struct sessions *sessions, str user, str session);

#endif
