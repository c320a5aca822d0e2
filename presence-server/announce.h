/* Tells what has changed, a few times a second at most: what this server's users are, to Redis and to the other servers;
 * and what those who are watched here have become, to those who watch them. */
#ifndef CHATAPP_PRESENCE_ANNOUNCE_H
#define CHATAPP_PRESENCE_ANNOUNCE_H

#include "server.h"

struct announce;

struct announce *announce_open(struct server *server);
void announce_close(struct announce **announce);

/* Something has changed: tells it at the end of this turn of the loop, or ANNOUNCE_MS after the last time. */
void announce_soon(struct announce *announce);
/* Those whom Redis does not have, after it has come back or did not take them. */
void announce_retry(struct announce *announce);

/* What the watchers of a subject are shown; views borrow. */
struct presence_view announce_view(const struct subject *subject);
/* To one user alone. */
void announce_to(const struct user *user, const struct presence_view *view);

#endif
