/* The first message to a user: makes the direct conversation when there is none, in an order that a crash in between
 * does not harm (both lists name it before it exists), tells the servers where the two are connected, and subscribes
 * the sender. Messages to the same user that come meanwhile wait in line. */
#ifndef CHATAPP_CHAT_OPEN_DIRECT_H
#define CHATAPP_CHAT_OPEN_DIRECT_H

#include "send.h"

/* Takes over `out`. Ends in send_append() or send_fail() for it. */
void open_direct(struct outgoing *out, str peer);

#endif
