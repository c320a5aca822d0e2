/* Putting things right after Redis, or the subscription to our channel, was away: bells were missed, and Redis may
 * have forgotten that we listen. Every room registers again and reads on in its log, every user registers again and is
 * looked up for conversations joined meanwhile; a few at a time, so that the loop goes on serving. */
#ifndef CHATAPP_CHAT_RESYNC_H
#define CHATAPP_CHAT_RESYNC_H

#include "server.h"

struct resync;

struct resync *resync_open(struct server *server);
/* Begins, or begins again from the start. */
void resync_begin(struct resync *resync);
/* Begins in a moment: something could not be asked for. */
void resync_later(struct resync *resync);
void resync_close(struct resync **resync);

#endif
