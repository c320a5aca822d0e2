/* A message for a conversation that the sender is not subscribed to here, or is by now, while messages to it still wait:
 * first the sender must be in. Messages to the same conversation that come meanwhile wait in line, until the last of them
 * is on its way. */
#ifndef CHATAPP_CHAT_OPENING_H
#define CHATAPP_CHAT_OPENING_H

#include "send.h"

/* Do messages of its sender to its conversation wait already? Then it must not overtake them, though the sender may be
 * subscribed by now. */
bool opening_waits_for(const struct outgoing *out);

/* Both take over `out`, and end in send_append() or send_fail() for it. */

/* The first message to a user: makes the direct conversation when there is none, in an order that a crash in between
 * does not harm (both lists name it before it exists), and tells the servers where the two are connected. */
void opening_direct(struct outgoing *out, str peer);
/* To one named by its id: the sender is just being added, or is a stranger. */
void opening_known(struct outgoing *out);

#endif
