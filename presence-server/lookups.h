/* Reads from Redis what those are who are watched here: once when the first one begins to watch, and then only in case news
 * was lost: after a gap, after Redis was away, and every other minute in any case. A bounded number at a time; those who
 * sign in wait for theirs, so they come first. */
#ifndef CHATAPP_PRESENCE_LOOKUPS_H
#define CHATAPP_PRESENCE_LOOKUPS_H

#include "server.h"

struct lookups;

struct lookups *lookups_open(struct server *server);
void lookups_close(struct lookups **lookups);

/* It is watched, and not known yet. */
void lookups_now(struct lookups *lookups, struct subject *subject);
/* All that are watched: news was lost, or is understood only now. */
void lookups_all(struct lookups *lookups);
/* The same once all servers have found their way back to Redis, and have told it what it may have lost. */
void lookups_all_later(struct lookups *lookups);

#endif
