/* The epoch names the store's lifetime: it changes when data was lost (Redis came back empty, or behind what was
 * delivered already), so that clients know that their positions mean nothing any more. */
#ifndef CHATAPP_CHAT_EPOCH_H
#define CHATAPP_CHAT_EPOCH_H

#include "server.h"

/* Reads it, or makes it: at start and whenever Redis is there again. When it is another than before, all positions are
 * forgotten and all connections closed with 1012, so that their clients begin anew. */
void epoch_read(struct server *server);
/* The log ends before what was delivered: begins a new epoch. */
void epoch_lost(struct server *server);

#endif
